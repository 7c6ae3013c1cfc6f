"""silver.deletions: tombstones."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType, TimestampType

from starling.bronze.events import COORDINATE_COLUMNS, INGESTED_AT
from starling.tables import Table, column

TABLE = Table(
    name="silver.deletions",
    comment="One row a post that its platform says is deleted; a copy that comes later is rejected",
    schema=StructType(
        [
            column("platform", StringType(), "where the post was published", nullable=False),
            column("post_id", StringType(), "the deleted post", nullable=False),
            column("deleted_at", TimestampType(), "when it was deleted, at the latest, UTC", nullable=False),
            column("source", StringType(), "which parser read the record", nullable=False),
            *COORDINATE_COLUMNS,
            INGESTED_AT,
        ]
    ),
    keys=("platform", "post_id"),
    statistics=("platform", "post_id", "topic", "partition", "offset"),
)


def deletions(records: DataFrame) -> DataFrame:
    """silver.deletions' columns from records of deletions. Grain: one row a record."""
    deleted_at = F.coalesce("created_at", "collected_at", "kafka_timestamp")
    return records.withColumn("deleted_at", deleted_at).select(*TABLE.columns)
