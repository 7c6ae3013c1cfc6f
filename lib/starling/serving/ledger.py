"""The ledger as a page shows it: each micro-batch's sums, and which offsets of Kafka they cover."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from starling.ops.ledger import OUTCOMES, TABLE, Entry, ReadUntil
from starling.serving.index.mirror import Standing

PAGE = 50
MOST_PAGES = 500
_SUMS = ", ".join(f"coalesce(sum({name}), 0)" for name in ("records", *OUTCOMES, "repeated"))
ACCOUNTED = " + ".join(OUTCOMES)
_ENTRIES = """
SELECT {columns} FROM batches WHERE NOT $wrong OR records <> {accounted}
ORDER BY written_at DESC, batch_id DESC, topic, partition LIMIT {page} OFFSET $skip
"""
# Batches in the order of their offsets, each with how far those before it reach.
_REACHED = """
SELECT topic, partition, from_offset, until_offset, records,
       max(until_offset) OVER (
           PARTITION BY topic, partition ORDER BY from_offset, until_offset
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
       ) AS reached
FROM batches
"""
_PARTITIONS = f"""
SELECT topic, partition, min(from_offset), max(until_offset),
       sum(greatest(0, until_offset - greatest(from_offset, coalesce(reached, from_offset)))), count(*), sum(records),
       coalesce(list((reached, from_offset) ORDER BY reached) FILTER (from_offset > reached), [])
FROM ({_REACHED}) GROUP BY topic, partition ORDER BY topic, partition
"""  # noqa: S608 -- our own words
_UNCOUNTED = """
SELECT coalesce(sum(b.posts + b.deletions), 0), min(b.written_at)
FROM batches b LEFT JOIN (
    SELECT unnest($topics::VARCHAR[]) AS topic, unnest($partitions::INTEGER[]) AS partition,
           unnest($until::BIGINT[]) AS until
) c
     ON b.topic = c.topic AND b.partition = c.partition
WHERE b.until_offset > coalesce(c.until, 0) AND b.posts + b.deletions > 0
"""


@dataclass(frozen=True)
class Totals:
    """All rows of the ledger together; a record that was read again counts again."""

    rows: int
    unbalanced: int
    records: int
    posts: int
    engagement: int
    deletions: int
    rejected: int
    duplicates: int
    repeated: int

    @property
    def accounted(self) -> int:
        """Records of which it is known what became of them."""
        return sum(getattr(self, name) for name in OUTCOMES)


@dataclass(frozen=True)
class Partition:
    """What the ledger covers of a partition: `covered` offsets from `first` up to `until`, less the gaps."""

    topic: str
    number: int
    first: int
    until: int
    covered: int
    rows: int
    records: int
    gaps: Sequence[tuple[int, int]]  # from an offset up to the one that is covered again


@dataclass(frozen=True)
class Behind:
    """Rows of silver that a table of gold has not counted yet, and since when the oldest of them are there."""

    posts: int
    since: datetime | None


def totals(cursor: duckdb.DuckDBPyConnection) -> Totals:
    """The whole ledger."""
    asked = f"SELECT count(*), count_if(records <> {ACCOUNTED}), {_SUMS} FROM batches"  # noqa: S608
    return Totals(*cursor.execute(asked).fetchall()[0])


def entries(cursor: duckdb.DuckDBPyConnection, page: int = 1, *, wrong: bool = False) -> list[Entry]:
    """PAGE of the rows, newest first; `wrong`: of those that do not balance. `page` counts from 1.

    Times are in UTC, without a zone.
    """
    asked = _ENTRIES.format(columns=", ".join(TABLE.columns), accounted=ACCOUNTED, page=PAGE)
    return [Entry(*row) for row in cursor.execute(asked, {"wrong": wrong, "skip": PAGE * (page - 1)}).fetchall()]


def partitions(cursor: duckdb.DuckDBPyConnection) -> list[Partition]:
    """By topic and partition, which offsets were read. A look at all of the ledger."""
    return [Partition(*row) for row in cursor.execute(_PARTITIONS).fetchall()]


def behind(cursor: duckdb.DuckDBPyConnection, standings: Mapping[str, Standing]) -> dict[str, Behind]:
    """By its name, how far each table of gold that is counted from silver is behind the ledger."""
    return {
        name: _uncounted(cursor, one.counted_until) for name, one in standings.items() if one.counted_until is not None
    }


def _uncounted(cursor: duckdb.DuckDBPyConnection, until: ReadUntil) -> Behind:
    known: dict[str, Any] = {
        "topics": [topic for topic, _ in until],
        "partitions": [partition for _, partition in until],
        "until": list(until.values()),
    }
    return Behind(*cursor.execute(_UNCOUNTED, known).fetchall()[0])
