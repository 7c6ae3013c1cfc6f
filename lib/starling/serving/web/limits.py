"""How much a visitor may ask: so many analyses a minute from one address."""

import threading
import time
from collections.abc import Callable

from flask import abort, request

# Addresses that are remembered at once; with more, those that asked longest ago are forgotten.
_MOST_ADDRESSES = 10_000


class Limit:
    """A bucket of tokens for each address: filled at a steady rate, emptied by its requests."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_minute = a_minute
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # by address, what was left and when, the last asker last
        self._lock = threading.Lock()

    def seconds_to_wait(self, address: str) -> float:
        """0 where the address may ask, which counts as asked; else how long until it may."""
        with self._lock:
            now = self._clock()
            left, at = self._left.pop(address, (float(self._a_minute), now))
            left = min(float(self._a_minute), left + (now - at) * self._a_minute / 60)
            allowed = left >= 1
            self._left[address] = (left - 1 if allowed else left, now)
            if len(self._left) > _MOST_ADDRESSES:
                self._left.pop(next(iter(self._left)))
            return 0.0 if allowed else (1 - left) * 60 / self._a_minute


def within(limit: Limit) -> None:
    """Ends the request with 429 where its address asks too often."""
    wait = limit.seconds_to_wait(request.remote_addr or "")
    if wait:
        abort(429, f"too many texts in a minute from this address; try again in {wait:.0f} s")
