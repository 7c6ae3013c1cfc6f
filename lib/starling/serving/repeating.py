"""What the dashboard does again and again beside its pages."""

import threading
from collections.abc import Callable


class Repeating:
    """Does something every so many seconds, in a thread of its own, until it is closed."""

    def __init__(self, name: str, do: Callable[[], object], seconds: float) -> None:
        self._do = do
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends after what runs."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._do()
            self._stop.wait(self._seconds)
