"""gold.author_records: what each author's posts had earned when the engagement model was last trained."""

from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StringType, StructType, TimestampType

from starling.gold.earned import with_earned
from starling.tables import Table, column

TABLE = Table(
    name="gold.author_records",
    comment="One row a (platform, author), as of the last training of the engagement model",
    schema=StructType(
        [
            column("platform", StringType(), "where the author publishes", nullable=False),
            column("author", StringType(), "keyed pseudonym of the author", nullable=False),
            column("posts", LongType(), "posts by then", nullable=False),
            column("settled_posts", LongType(), "of these, those old enough for their counts to say", nullable=False),
            column("mean_log_engagement", DoubleType(), "mean log1p(likes + reposts + replies) of the settled posts"),
            column("as_of", TimestampType(), "by when, UTC", nullable=False),
        ]
    ),
    keys=("platform", "author"),
    statistics=("platform",),
)


def author_records(posts: DataFrame, engagement: DataFrame, as_of: datetime, settle_hours: int) -> DataFrame:
    """gold.author_records' rows; posts without an author are nobody's, and posts after `as_of` are not there yet.

    Reads: silver.posts' and silver.engagement's columns. Grain: one row a platform and author.
    """
    settled = F.col("created_at") <= F.lit(as_of - timedelta(hours=settle_hours))
    return (
        posts.filter(F.col("author").isNotNull() & (F.col("created_at") <= F.lit(as_of)))
        .transform(with_earned, engagement, settle_hours)
        .withColumn("log_engagement", F.when(settled, F.col("log_engagement")))
        .groupBy("platform", "author")
        .agg(
            F.count("*").alias("posts"),
            F.count("log_engagement").alias("settled_posts"),
            F.try_divide(F.sum(exact("log_engagement")).cast("double"), F.count("log_engagement")).alias(
                "mean_log_engagement"
            ),
        )
        .withColumn("as_of", F.lit(as_of))
        .select(*TABLE.columns)
    )


def exact(column: str) -> Column:
    """The column as a decimal of twelve places, whose sum is the same whatever the order of the rows."""
    return F.col(column).cast("decimal(18,12)")
