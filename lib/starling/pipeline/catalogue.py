"""Every table there is, upstream first."""

from collections.abc import Sequence
from functools import partial

from pyspark.sql import SparkSession

from starling import delta
from starling.bronze import events
from starling.gold import (
    author_records,
    hashtag_trends,
    post_scores,
    sentiment_by_hour,
    topic_lineage,
    topics,
    word_clusters,
)
from starling.ops import erasures, gaps, ledger, promotions
from starling.pipeline.together import together
from starling.silver import deletions, engagement, posts, rejected
from starling.tables import Table

# What the stream writes whatever else there is.
STREAM_TABLES = (
    events.TABLE,
    posts.TABLE,
    engagement.TABLE,
    deletions.TABLE,
    rejected.TABLE,
    sentiment_by_hour.TABLE,
    hashtag_trends.TABLE,
    ledger.TABLE,
)
# What there is once there was an occasion for it.
OCCASIONAL_TABLES = (gaps.TABLE, erasures.TABLE)
# What there is once a model has been trained.
MODEL_TABLES = (
    topics.TABLE,
    topic_lineage.TABLE,
    word_clusters.TABLE,
    author_records.TABLE,
    post_scores.TABLE,
    promotions.TABLE,
)
TABLES = (*STREAM_TABLES, *OCCASIONAL_TABLES, *MODEL_TABLES)


def create_all(spark: SparkSession, lake: str, tables: Sequence[Table] = TABLES) -> None:
    """Makes every one of the tables that is missing under `lake`."""
    together(spark, *(partial(delta.create, spark, table, lake) for table in tables))
