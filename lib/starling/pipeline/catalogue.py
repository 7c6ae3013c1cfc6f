"""Every table there is, upstream first."""

from functools import partial

from pyspark.sql import SparkSession

from starling import delta
from starling.bronze import events
from starling.gold import hashtag_trends, sentiment_by_hour
from starling.ops import ledger
from starling.pipeline.together import together
from starling.silver import deletions, engagement, posts, rejected

TABLES = (
    events.TABLE,
    posts.TABLE,
    engagement.TABLE,
    deletions.TABLE,
    rejected.TABLE,
    sentiment_by_hour.TABLE,
    hashtag_trends.TABLE,
    ledger.TABLE,
)


def create_all(spark: SparkSession, lake: str) -> None:
    """Makes every table that is missing under `lake`."""
    together(spark, *(partial(delta.create, spark, table, lake) for table in TABLES))
