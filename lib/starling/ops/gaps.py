"""ops.gaps: the records that were gone from Kafka before they were read, where the stream was told to go on."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import IntegerType, LongType, StringType, StructType, TimestampType

from starling.tables import Table, column

TABLE = Table(
    name="ops.gaps",
    comment="One row a range of offsets that Kafka no longer had when it was to be read",
    schema=StructType(
        [
            column("topic", StringType(), "Kafka topic", nullable=False),
            column("partition", IntegerType(), "Kafka partition", nullable=False),
            column("from_offset", LongType(), "first offset that is missing", nullable=False),
            column("until_offset", LongType(), "last offset that is missing, plus one", nullable=False),
            column("found_at", TimestampType(), "when that was found, UTC", nullable=False),
        ]
    ),
    keys=("topic", "partition", "from_offset"),
    statistics=("topic", "partition", "from_offset", "until_offset"),
)


@dataclass(frozen=True)
class Gap:
    """Offsets [from_offset, until_offset) that are gone; some of them may have been no record's."""

    topic: str
    partition: int
    from_offset: int
    until_offset: int
    found_at: datetime

    def __str__(self) -> str:
        """As a message says it.

        >>> str(Gap("posts", 0, 5, 9, datetime(2026, 1, 1)))
        'offsets 5 to 8 of posts-0'
        """
        return f"offsets {self.from_offset} to {self.until_offset - 1} of {self.topic}-{self.partition}"


def rows(spark: SparkSession, gaps: Sequence[Gap]) -> DataFrame:
    """The gaps as rows of the table."""
    return spark.createDataFrame([astuple(gap) for gap in gaps], TABLE.schema)


def same(gaps: Sequence[Gap]) -> str:
    """SQL: whether a row is one of the gaps, by its key.

    >>> same([Gap("posts", 0, 5, 9, datetime(2026, 1, 1))])
    "(topic = 'posts' AND partition = 0 AND from_offset = 5)"
    """
    return " OR ".join(
        f"(topic = '{gap.topic}' AND partition = {gap.partition} AND from_offset = {gap.from_offset})" for gap in gaps
    )
