"""How far a batch reaches: its offsets by partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F

from starling.pipeline.facts import moment


@dataclass(frozen=True)
class Extent:
    """One partition's part of a batch; the offsets are [from_offset, until_offset)."""

    topic: str
    partition: int
    from_offset: int
    until_offset: int
    records: int
    newest_record_at: datetime


def of(records: pd.DataFrame) -> list[Extent]:
    """The extents of a batch, given as its records' facts: one a partition, and none for an empty batch."""
    return [
        Extent(
            topic=str(rows["topic"].iloc[0]),
            partition=int(rows["partition"].iloc[0]),
            from_offset=int(rows["offset"].min()),
            until_offset=int(rows["offset"].max()) + 1,
            records=len(rows),
            newest_record_at=moment(rows["kafka_us"].max()),
        )
        for _, rows in records.groupby(["topic", "partition"])
    ]


def same_records(extents: Sequence[Extent]) -> Column:
    """Whether a row's coordinates lie in the batch."""
    within = F.lit(False)
    for e in extents:
        in_partition = (F.col("topic") == e.topic) & (F.col("partition") == e.partition)
        within = within | (in_partition & F.col("offset").between(e.from_offset, e.until_offset - 1))
    return within
