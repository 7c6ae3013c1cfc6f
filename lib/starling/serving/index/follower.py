"""The thread that keeps the index up with the lake."""

import threading

from starling.serving.index.index import Index


class Follower:
    """Refreshes an index every so many seconds until it is closed."""

    def __init__(self, index: Index, seconds: float) -> None:
        self.index = index
        self.first_done = threading.Event()
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="index", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends after the refresh that runs."""
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.is_set():
            self.index.refresh()
            self.first_done.set()
            self._stop.wait(self._seconds)
