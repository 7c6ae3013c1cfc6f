"""An answer that takes longer than a page may: worked out in a thread of its own, again when its table has changed."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import Generic, TypeVar

import duckdb

from starling.serving.index.index import Index

T = TypeVar("T")
# So many times as long as the work takes it rests: a stream that changes the table all the time leaves room for pages.
_REST = 4
# So long a new answer is waited for while there is an old one: most lakes are small.
_PATIENCE_SECONDS = 0.15


class Watched(Generic[T]):
    """The newest answer there is; asking for it starts the work where the table has changed since."""

    def __init__(self, index: Index, table: str, work: Callable[[duckdb.DuckDBPyConnection], T]) -> None:
        self._index = index
        self._table = table
        self._work = work
        self._lock = threading.Lock()
        self._answer: Future[T] | None = None  # the last one that is done
        self._coming: Future[T] | None = None
        self._of: object = None  # what the table was like when the work began
        self._rests_until = 0.0

    def value(self, seconds: float) -> T | None:
        """The newest answer; where there is none yet, it is waited for so long; None if that was too short.

        Raises what the work raised.
        """
        with self._lock:
            if self._coming is None and self._is_old():
                self._begin()
            known, coming = self._answer, self._coming
        if coming is not None:
            try:
                return coming.result(seconds if known is None else _PATIENCE_SECONDS)
            except TooLate:
                pass
        return None if known is None else known.result()

    def _is_old(self) -> bool:
        changed = self._of != self._index.standings[self._table]
        return self._answer is None or (changed and time.monotonic() >= self._rests_until)

    def _begin(self) -> None:
        self._of = self._index.standings[self._table]
        self._coming = Future()
        threading.Thread(target=self._run, args=(self._coming,), name="watched", daemon=True).start()

    def _run(self, coming: "Future[T]") -> None:
        started = time.monotonic()
        try:
            with self._index.cursor() as cursor:
                answer = self._work(cursor)
        except BaseException as error:  # whoever waits for it is told
            # It is tried again by the next who asks; an answer from before is better than none.
            with self._lock:
                self._coming, self._of = None, None
                self._rest_since(started)
                coming.set_exception(error)
        else:
            with self._lock:
                self._coming, self._answer = None, coming
                self._rest_since(started)
                coming.set_result(answer)

    def _rest_since(self, started: float) -> None:
        self._rests_until = time.monotonic() + _REST * (time.monotonic() - started)
