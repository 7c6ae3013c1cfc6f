"""What a post has earned: its counts as they were last known, and one number for them."""

from datetime import timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

POST = ("platform", "post_id")
COUNTS = ("likes", "reposts", "replies")


def with_earned(posts: DataFrame, engagement: DataFrame, settle_hours: int) -> DataFrame:
    """Adds what each post had earned when it was last observed. Grain: one row a post, still.

    Reads: platform, post_id, created_at; silver.engagement's columns. Adds: likes, reposts, replies long, null where
    unknown; settled boolean, whether the post was `settle_hours` old by then, null where no count is known;
    log_engagement double ≥ 0, log1p of the counts' sum with nulls as 0, and null where the post is not settled.
    """
    age = F.col("observed_at") - F.col("created_at")
    total = reduce(Column.__add__, (F.coalesce(name, F.lit(0)) for name in COUNTS))
    return (
        posts.join(last_counts(engagement), list(POST), "left")
        .withColumn("settled", age >= F.lit(timedelta(hours=settle_hours)))
        .withColumn("log_engagement", F.when(F.col("settled"), F.log1p(total)))
        .drop("observed_at")
    )


def last_counts(engagement: DataFrame) -> DataFrame:
    """Each count as the last observation that knows it says. Grain: one row a post of which any count is known.

    Reads: silver.engagement's columns. Adds: likes, reposts, replies long; observed_at timestamp, the last of these.
    """
    known = F.coalesce(*COUNTS).isNotNull()
    return (
        engagement.filter(known)
        .groupBy(*POST)
        .agg(*(_last_known(name) for name in COUNTS), F.max("observed_at").alias("observed_at"))
    )


def _last_known(count: str) -> Column:
    """A repost's observation may know no likes. Of observations at one moment the greatest holds, in any order."""
    said = F.when(F.col(count).isNotNull(), F.struct("observed_at", count))
    return F.max(said)[count].alias(count)
