"""bronze.events: one row a Kafka record, as it came."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, IntegerType, LongType, StringType, StructType, TimestampType

from starling.tables import Table, column

# Where a record stands in Kafka: no two rows of a table that is made of records share these.
COORDINATES = ("topic", "partition", "offset")

COORDINATE_COLUMNS = [
    column("topic", StringType(), "Kafka topic of the record", nullable=False),
    column("partition", IntegerType(), "Kafka partition of the record", nullable=False),
    column("offset", LongType(), "Kafka offset of the record", nullable=False),
]
INGESTED_AT = column("ingested_at", TimestampType(), "start of the micro-batch that wrote the row, UTC", nullable=False)

TABLE = Table(
    name="bronze.events",
    comment="One row a Kafka record, altered only by a deletion or by retention",
    schema=StructType(
        [
            column("source", StringType(), "header source: which parser reads the payload; null where it is missing"),
            column("key", StringType(), "record key, platform:post_id"),
            column("payload", StringType(), "record value as text; U+FFFD stands where it is not UTF-8"),
            column("raw", BinaryType(), "record value as bytes, only where it is not UTF-8"),
            *COORDINATE_COLUMNS,
            column("kafka_timestamp", TimestampType(), "when the broker took the record, UTC", nullable=False),
            column("collected_at", TimestampType(), "header collected_at: when the source was read, UTC"),
            INGESTED_AT,
        ]
    ),
    keys=COORDINATES,
    statistics=("topic", "partition", "offset", "kafka_timestamp"),
)


def from_kafka(stream: DataFrame) -> DataFrame:
    """bronze.events' columns from what Spark's Kafka source gives (with headers).

    Reads: key binary, value binary, topic, partition, offset, timestamp, headers. Grain: one row a record, still.
    In a stream `current_timestamp` is the micro-batch's start, and the same when the batch is run again.
    """
    value = F.col("value").cast("string")
    return stream.select(
        _header("source").alias("source"),
        F.make_valid_utf8(F.col("key").cast("string")).alias("key"),
        F.make_valid_utf8(value).alias("payload"),
        F.when(~F.is_valid_utf8(value), F.col("value")).alias("raw"),
        *COORDINATES,
        F.col("timestamp").alias("kafka_timestamp"),
        F.try_to_timestamp(_header("collected_at")).alias("collected_at"),
        F.current_timestamp().alias("ingested_at"),
    )


def _header(name: str) -> Column:
    """string: the value of the first header of that name; null where there is none or it is not UTF-8."""
    headers = F.filter(F.coalesce("headers", F.array()), lambda header: header["key"] == name)
    return F.try_validate_utf8(F.get(headers, 0)["value"].cast("string"))
