"""The index as a whole: opened, kept up with the lake, made anew, asked by many at once."""

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from starling.serving.index import made
from starling.serving.index.erased import Erased
from starling.serving.index.made import Made
from starling.serving.index.mirror import Standing
from starling.settings import Settings

# After an index is made anew, it rests so many times as long from doing so again, however much is deleted meanwhile.
_REST = 10
# Until it is done there are two. It has half the memory, with which it is made as fast; with very little it fails.
_LEAST_MEMORY_MB = 100


@dataclass(frozen=True)
class Refreshes:
    """The refreshes so far: how many, the seconds they took together, and the last one."""

    count: int = 0
    seconds: float = 0.0
    last_seconds: float = 0.0

    def followed_by(self, seconds: float) -> "Refreshes":
        """With one that took so long."""
        return Refreshes(self.count + 1, self.seconds + seconds, seconds)


class Index:
    """The lake's tables in one DuckDB file. One thread refreshes it, any number ask it.

    Raises StorageError where another dashboard has the file.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = place(settings)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.parent.chmod(0o700)
        self._erased = Erased(settings.lake)
        self._made = Made(self._file, settings, self._erased.count() or 0)
        made.delete_beside(self._file)
        self._rests_until = 0.0
        self._swapping = threading.Lock()
        self._changed = threading.Condition()
        self.changes = 0
        self.refreshes = Refreshes()
        self.trouble: str | None = None
        self.ending = False

    def refresh(self) -> bool:
        """Takes over what is new in the lake; whether anything was. What stands in the way is kept as `trouble`."""
        started = time.monotonic()
        changed, trouble = self._made.refresh()
        erased = self._erased.count()
        if not (trouble or erased is None or erased == self._made.erased) and started >= self._rests_until:
            trouble = self._make_anew(erased, started)
        self._tell(changed or trouble != self.trouble, trouble)
        self.refreshes = self.refreshes.followed_by(time.monotonic() - started)
        return changed

    @property
    def standings(self) -> Mapping[str, Standing]:
        """How each table of the lake stands, by its name in the lake."""
        return {mirror.mirrored.table.name: mirror.standing for mirror in self._made.mirrors}

    def wait(self, seen: int, seconds: float) -> int:
        """Waits until there have been more changes than `seen`, or for so long; how many there have been."""
        with self._changed:
            self._changed.wait_for(lambda: self.changes != seen or self.ending, seconds)
            return self.changes

    def end_waiting(self) -> None:
        """Lets go whoever waits, for good: the index is about to be closed."""
        with self._changed:
            self.ending = True
            self._changed.notify_all()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """To ask with, from any thread."""
        with self.new_cursor() as cursor:
            yield cursor

    def new_cursor(self) -> duckdb.DuckDBPyConnection:
        """The same, for whoever closes it."""
        with self._swapping:
            return self._made.connection.cursor()

    def close(self) -> None:
        """Lets the file go."""
        self._made.close()

    def _make_anew(self, erased: int, started: float) -> str | None:
        """Puts an index without anything that was erased in the place of this one; what stands in the way.

        Those who ask meanwhile are answered by this one; its file is gone from the disk when the last of them is.
        """
        file = self._file.with_name(f"index-{uuid.uuid4().hex}.duckdb")
        fresh = Made(file, self._settings, erased, max(_LEAST_MEMORY_MB, self._settings.serve.memory_mb // 2))
        _, trouble = fresh.refresh()
        if trouble is None:
            fresh.take_all_memory()
            with self._swapping:
                # The one before closes by itself with the last of its cursors; closed here, it would break off answers.
                self._made = fresh
            made.delete(self._file)
            file.rename(self._file)
        else:
            fresh.close()
            made.delete(file)
        self._rests_until = time.monotonic() + _REST * (time.monotonic() - started)
        return trouble

    def _tell(self, changed: bool, trouble: str | None) -> None:
        with self._changed:
            self.trouble = trouble
            if changed:
                self.changes += 1
                self._changed.notify_all()


def place(settings: Settings) -> Path:
    """Where the index of a work folder is."""
    return Path(settings.paths.work).resolve() / "dashboard" / "index.duckdb"


def discard(settings: Settings) -> bool:
    """Takes the index away, which the next dashboard makes again; False where one has it, and sees to it itself."""
    file = place(settings)
    if file.exists():
        try:
            made.connected(file, settings.serve.memory_mb).close()
        except duckdb.IOException as error:
            if "lock" in str(error):
                return False
        made.delete(file)
        made.delete_beside(file)
    return True
