"""Gold, computed again from silver for the hours that a micro-batch touches.

So late posts, and whatever went wrong before, are right at once; the cost follows the touched hours, not the tables.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from pyspark.sql import SparkSession

from starling import delta
from starling.gold import hashtag_trends, sentiment_by_hour
from starling.hours import Range, sql_within, widened, within
from starling.silver import posts


def refreshes(spark: SparkSession, lake: str, ranges: Sequence[Range], baseline_hours: int) -> list[Callable[[], None]]:
    """One write for each table of gold, in any order, or at once."""
    return [
        lambda: _sentiment(spark, lake, ranges),
        lambda: _trends(spark, lake, ranges, timedelta(hours=baseline_hours)),
    ]


def _sentiment(spark: SparkSession, lake: str, ranges: Sequence[Range]) -> None:
    touched = delta.read(spark, posts.TABLE, lake).where(within("created_at", ranges))
    rows = sentiment_by_hour.sentiment_by_hour(touched)
    delta.replace(rows, sentiment_by_hour.TABLE, lake, sql_within("hour", ranges))


def _trends(spark: SparkSession, lake: str, ranges: Sequence[Range], baseline: timedelta) -> None:
    """An hour is in the baseline of the hours after it, and has those before it in its own."""
    changed = widened(ranges, before=timedelta(0), after=baseline)
    needed = widened(ranges, before=baseline, after=baseline)
    recent = delta.read(spark, posts.TABLE, lake).where(within("created_at", needed))
    rows = hashtag_trends.hashtag_trends(recent, baseline // timedelta(hours=1)).where(within("hour", changed))
    delta.replace(rows, hashtag_trends.TABLE, lake, sql_within("hour", changed))
