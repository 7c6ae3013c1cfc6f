"""How far a batch reaches: its offsets by partition, and the hours its posts were published in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Extent:
    """One partition's part of a batch; the offsets are [from_offset, until_offset)."""

    topic: str
    partition: int
    from_offset: int
    until_offset: int
    records: int
    newest_record_at: datetime
    hours: frozenset[datetime]


def of(records: DataFrame) -> list[Extent]:
    """The extents of a batch of parsed records, a partition each; none for an empty batch."""
    hour = F.when(F.col("reason").isNull(), F.date_trunc("hour", "created_at").cast("long"))
    found = (
        records.groupBy("topic", "partition")
        .agg(
            F.min("offset").alias("first"),
            F.max("offset").alias("last"),
            F.count("*").alias("records"),
            F.max(F.unix_micros("kafka_timestamp")).alias("newest_us"),
            F.collect_set(hour).alias("hours"),
        )
        .orderBy("topic", "partition")
        .collect()
    )
    return [
        Extent(
            topic=row.topic,
            partition=row.partition,
            from_offset=row.first,
            until_offset=row.last + 1,
            records=row.records,
            newest_record_at=_utc(row.newest_us / 1_000_000),
            hours=frozenset(_utc(seconds) for seconds in row.hours),
        )
        for row in found
    ]


def _utc(seconds: float) -> datetime:
    """Spark's own timestamps come back without a zone, in the machine's local time."""
    return datetime.fromtimestamp(0, timezone.utc) + timedelta(seconds=seconds)


def hours(extents: Sequence[Extent]) -> set[datetime]:
    """The hours of publication in the batch."""
    return {hour for extent in extents for hour in extent.hours}


def same_records(extents: Sequence[Extent]) -> Column:
    """Whether a row's coordinates lie in the batch."""
    within = F.lit(False)
    for e in extents:
        in_partition = (F.col("topic") == e.topic) & (F.col("partition") == e.partition)
        within = within | (in_partition & F.col("offset").between(e.from_offset, e.until_offset - 1))
    return within
