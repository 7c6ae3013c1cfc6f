"""One file of the index: opened or made, and what follows the tables into it."""

import logging
from pathlib import Path

import duckdb

from starling.errors import StorageError
from starling.failures import in_one_line
from starling.serving.index.mirror import Mirror
from starling.serving.index.mirrored import MIRRORED, SCORES
from starling.serving.index.scored import Scored
from starling.serving.index.tags import Tags
from starling.settings import Settings

# What the index is made like: another number, and an index made before is made anew.
_MADE_LIKE = 4
_LOG = logging.getLogger(__name__)


class Made:
    """The lake's tables in a DuckDB file.

    A row that leaves the file leaves its bytes in it. So the file knows how many erasures there had been when it was
    made, `erased`.
    """

    def __init__(self, file: Path, settings: Settings, erased: int, memory_mb: int | None = None) -> None:
        """Raises StorageError where another dashboard has the file, and where it is none of an index.

        `memory_mb` instead of the settings', until `take_all_memory`.
        """
        self._memory_mb = settings.serve.memory_mb
        self.connection, self.erased = _opened(file, memory_mb or self._memory_mb, erased)
        self.connection.execute("CREATE TABLE IF NOT EXISTS files (path VARCHAR, name VARCHAR, number INTEGER)")
        self.connection.execute("CREATE SEQUENCE IF NOT EXISTS file_numbers START 1")  # none is ever used twice
        tags = Tags(self.connection)
        self.mirrors = [Mirror(self.connection, one, one.table.path(settings.lake), tags) for one in MIRRORED]
        self._scored = Scored(self.connection)

    def refresh(self) -> tuple[bool, str | None]:
        """Takes over what is new in the lake; whether anything was, and what stands in the way."""
        changed, trouble = False, None
        for mirror in self.mirrors:
            try:
                new = mirror.refresh()
                if new and mirror.mirrored is SCORES:
                    self._scored.spread()
                changed |= new
            except Exception as error:  # a lake that is away for a while, or a table that is damaged: the rest goes on
                mirror.forget()
                trouble = f"{mirror.mirrored.table.name} cannot be read: {_briefly(error)}"
                _LOG.warning("%s", trouble)
        return changed, trouble

    def take_all_memory(self) -> None:
        """As much as the settings say."""
        self.connection.execute(f"SET memory_limit = '{self._memory_mb}MB'")

    def close(self) -> None:
        """Lets the file go."""
        self.connection.close()


def delete(file: Path) -> None:
    """Takes an index's file away, with what DuckDB keeps beside it."""
    for one in (file, file.with_name(f"{file.name}.wal")):
        one.unlink(missing_ok=True)


def delete_beside(file: Path) -> None:
    """Takes away what a dashboard that was killed left beside its index, when it had made that one anew.

    For who has the index itself: DuckDB goes on to keep its log under the name that a file was made with.
    """
    for one in file.parent.glob(f"{file.stem}-*"):
        one.unlink()


def _opened(file: Path, memory_mb: int, erased: int) -> tuple[duckdb.DuckDBPyConnection, int]:
    try:
        connection = connected(file, memory_mb)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StorageError(f"{file} is in use: another dashboard of this work folder runs; stop it first") from None
        raise StorageError(f"{file} cannot be opened: {_briefly(error)}; it can be deleted, nothing is lost") from None
    like, before = _made_like(connection)
    if like == _MADE_LIKE:
        return connection, before
    connection.close()
    delete(file)
    connection = connected(file, memory_mb)
    connection.execute("CREATE TABLE made_like AS SELECT ? AS number, ? AS erased", [_MADE_LIKE, erased])
    return connection, erased


def _made_like(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """What an index's file is made like, and the erasures by then; zeros for a file without."""
    asked = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'made_like' AND column_name = 'erased'"
    ((known,),) = connection.execute(asked).fetchall()
    if not known:
        return 0, 0
    ((number, erased),) = connection.execute("SELECT number, erased FROM made_like").fetchall()
    return int(number), int(erased)


def connected(file: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """A connection to the file, which is made where it is missing."""
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


def _briefly(error: BaseException) -> str:
    return in_one_line(error)[:300]
