"""The files that a version of a Delta table has, and the rows of one of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import DeltaTable

_ROWS_AT_ONCE = 50_000
_BYTES_AT_ONCE = 1 << 20  # of each column
# How far back a note is looked for: between two notes there are compactions alone.
_COMMITS = 20
# Asks after which a table is opened anew: another one in its place, of fewer versions, shows in no other way.
REOPENED = 60


@dataclass(frozen=True)
class Snapshot:
    """A version of a table: when it was written, UTC, and its files by name."""

    written_at: datetime | None
    fragments: Mapping[str, ds.Fragment]


class Followed:
    """A table in the lake, asked for its newest version."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._table: DeltaTable | None = None
        self._asked = 0

    def newest(self) -> tuple[str, int] | None:
        """The table's own id, and its newest version; None where there is no such table."""
        self._asked += 1
        if not DeltaTable.is_deltatable(self._path):
            self._table = None
            return None
        if self._table is None or not self._asked % REOPENED:
            self._table = DeltaTable(self._path)
        else:
            self._table.update_incremental()
        return str(self._table.metadata().id), self._table.version()

    def snapshot(self) -> Snapshot:
        """The version that was asked for last."""
        assert self._table is not None, "the newest was asked for, and there is one"
        fragments = {fragment.path: fragment for fragment in self._table.to_pyarrow_dataset().get_fragments()}
        return Snapshot(self._written_at(), fragments)

    def note(self) -> str | None:
        """What the last commit that has a note says with it; None where none of the last commits has one."""
        assert self._table is not None, "the newest was asked for, and there is one"
        notes = (commit.get("userMetadata") for commit in self._table.history(_COMMITS))
        return next((note for note in notes if note), None)

    def forget(self) -> None:
        """Opens the table anew next time: it may have been put in the place of another."""
        self._table = None

    def _written_at(self) -> datetime | None:
        assert self._table is not None
        for commit in self._table.history(1):
            return datetime.fromtimestamp(commit["timestamp"] / 1000, timezone.utc).replace(tzinfo=None)
        return None


def rows(fragment: ds.Fragment, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The file's rows, some at a time, with times as UTC without a zone."""
    # A dataset's own reader would have whole row groups in memory, as they are in the file and decoded.
    with pq.ParquetFile(fragment.open(), pre_buffer=False, buffer_size=_BYTES_AT_ONCE) as file:
        there = [name for name in columns if name in file.schema_arrow.names]
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=there, use_threads=False):
            if batch.num_rows:
                yield _complete(pa.Table.from_batches([batch]), columns)


def _complete(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    for name in columns:
        if name not in table.column_names:  # a file from before the column was
            table = table.append_column(name, pa.nulls(table.num_rows))
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.timestamp("us")))
    return table
