"""Answers that cost a look at all posts: computed once for all who ask until the index changes."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar, cast

T = TypeVar("T")
_MOST = 32
# While the index changes every second, an answer may be so old: else each request would look at all posts.
_OLDEST_SECONDS = 5.0


class _Answer(NamedTuple):
    changes: int  # of the index, by then
    at: float
    value: Any


class Kept:
    """The newest answers: each as of the index's last change, or at most some seconds behind it."""

    def __init__(self, oldest_seconds: float = _OLDEST_SECONDS) -> None:
        self._oldest_seconds = oldest_seconds
        self._lock = threading.Lock()
        self._answers: dict[Hashable, _Answer] = {}
        self._computing: dict[Hashable, threading.Lock] = {}

    def get(self, name: Hashable, changes: int, compute: Callable[[], T]) -> T:
        """The answer of that name as of so many changes; who asks while it is computed waits for it."""
        with self._lock:
            computing = self._computing.setdefault(name, threading.Lock())
        with computing:
            known = self._answers.get(name)
            if known is None or not self._serves(known, changes):
                known = _Answer(changes, time.monotonic(), compute())
                self._keep(name, known)
        return cast(T, known.value)

    def _serves(self, known: _Answer, changes: int) -> bool:
        return known.changes == changes or time.monotonic() - known.at < self._oldest_seconds

    def _keep(self, name: Hashable, answer: _Answer) -> None:
        with self._lock:
            self._answers.pop(name, None)
            self._answers[name] = answer
            while len(self._answers) > _MOST:
                oldest = next(iter(self._answers))
                del self._answers[oldest]
                self._computing.pop(oldest, None)
