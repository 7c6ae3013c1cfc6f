"""silver.engagement: what was counted of a post, each time that something new was."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructType, TimestampType

from starling.bronze.events import COORDINATE_COLUMNS, INGESTED_AT
from starling.sources.record import REPOST
from starling.tables import Table, column

TABLE = Table(
    name="silver.engagement",
    comment="One row an observation of a post's likes, reposts, replies and quotes",
    schema=StructType(
        [
            column("platform", StringType(), "where the post was published", nullable=False),
            column("post_id", StringType(), "the post that was counted: of a repost, its original", nullable=False),
            column("observation_id", StringType(), "record_id/likes/reposts/replies/quotes", nullable=False),
            column("via", StringType(), "post: came with the post; update: with a copy; repost", nullable=False),
            column("record_id", StringType(), "the post or repost that brought the counts", nullable=False),
            column("record_created_at", TimestampType(), "when that was published, UTC", nullable=False),
            column("observed_at", TimestampType(), "when it was counted, at the latest, UTC", nullable=False),
            column("likes", LongType(), "likes; null where unknown"),
            column("reposts", LongType(), "reposts; null where unknown"),
            column("replies", LongType(), "replies; null where unknown"),
            column("quotes", LongType(), "quotes; null where unknown"),
            column("source", StringType(), "which parser read the record", nullable=False),
            *COORDINATE_COLUMNS,
            INGESTED_AT,
        ]
    ),
    keys=("platform", "observation_id"),
    statistics=("platform", "post_id", "record_created_at", "topic", "partition", "offset"),
)


def observations(records: DataFrame) -> DataFrame:
    """silver.engagement's columns from posts and reposts with counts.

    Reads: parse.COLUMNS, is_post, source, COORDINATES, collected_at, kafka_timestamp, ingested_at. Grain: one row a
    record.
    """
    via = F.when(F.col("kind") == REPOST, "repost").when(F.col("is_post"), "post").otherwise("update")
    return (
        records.withColumn("via", via)
        .withColumn("record_created_at", F.col("created_at"))
        .withColumn("observed_at", F.coalesce("collected_at", "kafka_timestamp"))
        .select(*TABLE.columns)
    )
