"""One table of the lake followed into the index, file by file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from starling.gold import hashtag_trends, sentiment_by_hour
from starling.ops.ledger import ReadUntil
from starling.pipeline.refresh import counted_until
from starling.serving.index.files import Followed, Snapshot, rows
from starling.serving.index.mirrored import FILE, POSTS, Mirrored
from starling.serving.index.tags import Tags
from starling.serving.index.transactions import transaction

# The tables that note with each commit up to which records of silver they have counted.
COUNTING = (sentiment_by_hour.TABLE, hashtag_trends.TABLE)
# No table's id: what was taken over is to be compared anew.
_UNKNOWN = ("", -1)


@dataclass(frozen=True)
class Standing:
    """How a table stands in the index: its version and when that was written, UTC; None where there is no table.

    `counted_until`: of a table that is counted from silver, up to which records of Kafka it has counted; else None.
    """

    version: int | None = None
    written_at: datetime | None = None
    counted_until: ReadUntil | None = None


class Mirror:
    """Keeps the index's rows those of the files of the table's newest version.

    What is added, replaced, compacted or deleted in the lake is nothing but other files, so there is one rule: a row
    leaves with its file.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, mirrored: Mirrored, path: str, tags: Tags) -> None:
        self.mirrored = mirrored
        self.standing = Standing()
        self._taken_over: tuple[str, int] | None = None
        self._connection = connection
        self._tags = tags
        self._followed = Followed(path)
        self._path = path
        connection.execute(mirrored.ddl)

    def refresh(self) -> bool:
        """Takes over the newest version; whether it is another than before."""
        newest = self._followed.newest()
        if newest == self._taken_over:
            return False
        snapshot = Snapshot(None, {}) if newest is None else self._followed.snapshot()
        self._take_over(snapshot)
        self._taken_over = newest
        counts = newest is not None and self.mirrored.table in COUNTING
        until = counted_until(self._followed.note()) if counts else None
        self.standing = Standing(newest and newest[1], snapshot.written_at, until)
        return True

    def forget(self) -> None:
        """Looks at the table as if for the first time, next time."""
        self._followed.forget()
        self._taken_over = _UNKNOWN

    def _take_over(self, snapshot: Snapshot) -> None:
        indexed = self._indexed()
        gone = [number for name, number in indexed.items() if name not in snapshot.fragments]
        new = [name for name in snapshot.fragments if name not in indexed]
        # Where nothing is put in another's place, a file at a time: a large table at once would take all memory.
        for names in [new] if gone else [[name] for name in new]:
            self._replace(gone, names, snapshot)

    def _replace(self, gone: Iterable[int], new: Iterable[str], snapshot: Snapshot) -> None:
        try:
            with transaction(self._connection):
                self._remove(gone)
                for name in new:
                    self._add(name, snapshot)
        except BaseException:
            self._tags.forget_uncommitted()
            raise

    def _indexed(self) -> dict[str, int]:
        found = self._connection.execute("SELECT name, number FROM files WHERE path = ?", [self._path])
        return dict(found.fetchall())

    def _remove(self, numbers: Iterable[int]) -> None:
        gone = list(numbers)
        if gone:
            wanted = "IN (SELECT unnest(?::INTEGER[]))"
            self._connection.execute(f"DELETE FROM {self.mirrored.name} WHERE {FILE} {wanted}", [gone])  # noqa: S608
            self._connection.execute(f"DELETE FROM files WHERE number {wanted}", [gone])  # noqa: S608

    def _add(self, name: str, snapshot: Snapshot) -> None:
        ((number,),) = self._connection.execute("SELECT nextval('file_numbers')").fetchall()
        self._connection.execute("INSERT INTO files VALUES (?, ?, ?)", [self._path, name, number])
        for table in rows(snapshot.fragments[name], self.mirrored.reads):
            self._connection.register("staged", self._prepared(table))
            self._connection.execute(self.mirrored.insert, {"file": number, **self._times(table)})
            self._connection.unregister("staged")

    def _prepared(self, table: pa.Table) -> pa.Table:
        if self.mirrored is not POSTS:
            return table
        return table.append_column("tags", self._tags.encoded(table["hashtags"].combine_chunks()))

    def _times(self, table: pa.Table) -> dict[str, datetime]:
        if self.mirrored.timed is None:
            return {}
        times = pc.min_max(table[self.mirrored.timed])
        return {"first": times["min"].as_py(), "last": times["max"].as_py()}
