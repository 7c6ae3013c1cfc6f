"""gold.hashtag_trends: which hashtags an hour spoke of, how it read, and how unusual that is."""

from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StringType, StructType, TimestampType

from starling.gold.sentiment_by_hour import mean_compound
from starling.tables import Table, column

TABLE = Table(
    name="gold.hashtag_trends",
    comment="One row a platform, hour of publication and hashtag",
    schema=StructType(
        [
            column("platform", StringType(), "where the posts were published", nullable=False),
            column("hour", TimestampType(), "start of the hour of publication, UTC", nullable=False),
            column("hashtag", StringType(), "in lower case, without #", nullable=False),
            column("posts", LongType(), "posts with the hashtag", nullable=False),
            column("authors", LongType(), "distinct authors of these", nullable=False),
            column("scored", LongType(), "of these posts, those with a sentiment score", nullable=False),
            column("mean_compound", DoubleType(), "mean compound score, -1 to 1; null where none is scored"),
            column(
                "burst_score", DoubleType(), "(posts - usual) / sqrt(usual + 1), usual = mean an hour before", False
            ),
        ]
    ),
    keys=("platform", "hour", "hashtag"),
    statistics=("platform", "hour"),
)


def hashtag_counts(posts: DataFrame) -> DataFrame:
    """gold.hashtag_trends' rows for all hours in `posts`, but for their burst scores.

    Reads: platform, created_at, author, hashtags, compound. Grain: one row a platform, hour and hashtag.
    """
    return (
        posts.withColumn("hour", F.date_trunc("hour", "created_at"))
        .withColumn("hashtag", F.explode("hashtags"))
        .groupBy("platform", "hour", "hashtag")
        .agg(
            F.count("*").alias("posts"),
            F.count_distinct("author").alias("authors"),
            F.count("compound").alias("scored"),
            mean_compound(),
        )
    )


def hashtag_trends(counts: DataFrame, baseline_hours: int) -> DataFrame:
    """gold.hashtag_trends' rows from `hashtag_counts`.

    An hour's burst score is right only where `counts` holds the `baseline_hours` before it as well.
    """
    return counts.withColumn("burst_score", _burst_score(baseline_hours)).select(*TABLE.columns)


def _burst_score(baseline_hours: int) -> Column:
    """How far an hour's posts lie above the mean of the hours before it, in units of a Poisson count's spread.

    An hour without the hashtag has no row, and so adds nothing to the sum: it counts as zero. The 1 under the root
    keeps a hashtag's first post from being infinitely unusual.
    """
    span = int(timedelta(hours=baseline_hours).total_seconds())
    before = Window.partitionBy("platform", "hashtag").orderBy(F.col("hour").cast("long")).rangeBetween(-span, -1)
    usual = F.coalesce(F.sum("posts").over(before), F.lit(0)) / F.lit(baseline_hours)
    return (F.col("posts") - usual) / F.sqrt(usual + 1)
