"""silver.rejected: the records that could not be used, and why."""

from pyspark.sql import DataFrame
from pyspark.sql.types import BinaryType, StringType, StructType, TimestampType

from starling.bronze.events import COORDINATE_COLUMNS, COORDINATES, INGESTED_AT
from starling.tables import Table, column

TABLE = Table(
    name="silver.rejected",
    comment="One row a record that could not be used, with the reason",
    schema=StructType(
        [
            column("reason", StringType(), "a word for the rule that the record breaks", nullable=False),
            column("detail", StringType(), "what was found, and what was wanted"),
            column("source", StringType(), "header source"),
            column("key", StringType(), "record key"),
            column("payload", StringType(), "record value as text; null for a post that was deleted"),
            column("raw", BinaryType(), "record value as bytes, only where it is not UTF-8"),
            *COORDINATE_COLUMNS,
            column("kafka_timestamp", TimestampType(), "when the broker took the record, UTC", nullable=False),
            INGESTED_AT,
        ]
    ),
    keys=COORDINATES,
    statistics=("reason", "topic", "partition", "offset", "kafka_timestamp"),
)


def rejected(records: DataFrame) -> DataFrame:
    """silver.rejected's columns from records with a reason. Grain: one row a record."""
    return records.select(*TABLE.columns)
