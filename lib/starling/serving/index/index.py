"""The index as a whole: opened, kept up with the lake, asked by many at once."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from starling.errors import StorageError
from starling.failures import in_one_line
from starling.serving.index.mirror import Mirror, Standing
from starling.serving.index.mirrored import MIRRORED, SCORES
from starling.serving.index.scored import Scored
from starling.serving.index.tags import Tags
from starling.settings import Settings

# What the index is made like: another number, and an index made before is made anew.
_MADE_LIKE = 3
_LOG = logging.getLogger(__name__)


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
        file = Path(settings.paths.work).resolve() / "dashboard" / "index.duckdb"
        self._connection = _opened(file, settings.serve.memory_mb)
        self._connection.execute("CREATE TABLE IF NOT EXISTS files (path VARCHAR, name VARCHAR, number INTEGER)")
        self._connection.execute("CREATE SEQUENCE IF NOT EXISTS file_numbers START 1")  # none is ever used twice
        tags = Tags(self._connection)
        self._mirrors = [Mirror(self._connection, one, one.table.path(settings.lake), tags) for one in MIRRORED]
        self._scored = Scored(self._connection)
        self._changed = threading.Condition()
        self.changes = 0
        self.refreshes = Refreshes()
        self.trouble: str | None = None
        self.ending = False

    def refresh(self) -> bool:
        """Takes over what is new in the lake; whether anything was. What stands in the way is kept as `trouble`."""
        started = time.monotonic()
        changed, trouble = False, None
        for mirror in self._mirrors:
            try:
                new = mirror.refresh()
                if new and mirror.mirrored is SCORES:
                    self._scored.spread()
                changed |= new
            except Exception as error:  # a lake that is away for a while, or a table that is damaged: the rest goes on
                mirror.forget()
                trouble = f"{mirror.mirrored.table.name} cannot be read: {_briefly(error)}"
                _LOG.warning("%s", trouble)
        self._tell(changed or trouble != self.trouble, trouble)
        self.refreshes = self.refreshes.followed_by(time.monotonic() - started)
        return changed

    @property
    def standings(self) -> Mapping[str, Standing]:
        """How each table of the lake stands, by its name in the lake."""
        return {mirror.mirrored.table.name: mirror.standing for mirror in self._mirrors}

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
        return self._connection.cursor()

    def close(self) -> None:
        """Lets the file go."""
        self._connection.close()

    def _tell(self, changed: bool, trouble: str | None) -> None:
        with self._changed:
            self.trouble = trouble
            if changed:
                self.changes += 1
                self._changed.notify_all()


def _opened(file: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o700)
    try:
        connection = _connected(file, memory_mb)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StorageError(f"{file} is in use: another dashboard of this work folder runs; stop it first") from None
        raise StorageError(f"{file} cannot be opened: {_briefly(error)}; it can be deleted, nothing is lost") from None
    made_like = connection.execute("SELECT max(number) FROM made_like").fetchall()[0][0] if _has(connection) else None
    if made_like != _MADE_LIKE:
        connection.close()
        file.unlink()
        connection = _connected(file, memory_mb)
        connection.execute("CREATE TABLE made_like AS SELECT ? AS number", [_MADE_LIKE])
    return connection


def _connected(file: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        str(file),
        config={
            "memory_limit": f"{memory_mb}MB",
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_access": "false",
        },
    )


def _has(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'made_like'").fetchall()
    return bool(found[0][0])


def _briefly(error: BaseException) -> str:
    return in_one_line(error)[:300]
