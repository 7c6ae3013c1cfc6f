"""ops.erasures: the receipts of what was taken out of the tables: deleted posts, and payloads that are too old."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructType, TimestampType

from starling.tables import Table, column

# Why something is taken out: the post is deleted, its author is forgotten, the payload is too old.
DELETION, AUTHOR, RETENTION = "deletion", "author", "retention"
_TIMES = ("erased_at", "files_gone_at")

TABLE = Table(
    name="ops.erasures",
    comment="One row a table that something was taken out of, by one erasure",
    schema=StructType(
        [
            column("erasure_id", StringType(), "of this erasure, which goes through all tables", nullable=False),
            column("table_name", StringType(), "the table that something was taken out of", nullable=False),
            column("version", LongType(), "version of the table that is without it", nullable=False),
            column("rows", LongType(), "rows that left, or whose payload was made null", nullable=False),
            column("posts", LongType(), "deleted posts that these are of; 0 where none is deleted", nullable=False),
            column("reason", StringType(), "deletion, author (forgotten) or retention", nullable=False),
            column("erased_at", TimestampType(), "when it was out of all tables, UTC", nullable=False),
            column("files_gone_at", TimestampType(), "when no file had it any more, UTC; null until then"),
        ]
    ),
    keys=("erasure_id", "table_name"),
    statistics=("table_name", "version", "erased_at"),
)


@dataclass(frozen=True)
class Receipt:
    """A row of the table."""

    erasure_id: str
    table_name: str
    version: int
    rows: int
    posts: int
    reason: str
    erased_at: datetime
    files_gone_at: datetime | None = None


def rows(spark: SparkSession, receipts: Sequence[Receipt]) -> DataFrame:
    """The receipts as rows of the table."""
    return spark.createDataFrame([astuple(receipt) for receipt in receipts], TABLE.schema)


def of(table: DataFrame, ids: Sequence[str]) -> list[Receipt]:
    """The receipts of these erasures, table by table."""
    # Seconds since 1970 are exact; what PySpark makes of a timestamp depends on this machine's time zone.
    exact = table.where(F.col("erasure_id").isin(*ids)).withColumns({name: F.unix_micros(name) for name in _TIMES})
    return [_receipt(row.asDict()) for row in exact.orderBy("erased_at", "erasure_id", "table_name").collect()]


def _receipt(row: dict[str, Any]) -> Receipt:
    times = {name: row[name] and datetime.fromtimestamp(row[name] / 1e6, timezone.utc) for name in _TIMES}
    return Receipt(**row | times)
