"""Scores of the posts that are in the tables already, written again."""

from contextlib import suppress

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

from starling import delta
from starling.errors import StorageError
from starling.gold import author_records, post_scores
from starling.models.scoring import Champions, scores
from starling.ops import ledger
from starling.pipeline.scored import turn
from starling.settings import Settings
from starling.silver import posts

# A stream on another machine may come between; each try is a write of scores that are computed.
_TRIES = 20


def rescore(spark: SparkSession, settings: Settings, champions: Champions) -> int:
    """Puts scores by `champions` in the place of those that gold.post_scores has; returns how many posts have them.

    A stream may run beside it. A micro-batch that is not in the ledger yet has offsets beyond the ledger's: its posts
    are left to it, and the scores it has written are left alone.
    """
    lake = settings.lake
    past = ledger.past(delta.read(spark, ledger.TABLE, lake))
    known = delta.read(spark, posts.TABLE, lake).where(past.before())
    rows = scores(known, champions, lambda: delta.read(spark, author_records.TABLE, lake))
    rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        count = rows.count()
        _replace(rows, settings, past.before("kafka_topic"))
    finally:
        rows.unpersist()
    return count


def _replace(rows: DataFrame, settings: Settings, where: str) -> None:
    for _ in range(_TRIES):
        with suppress(*delta.CONFLICTS), turn(settings):
            return delta.replace(rows, post_scores.TABLE, settings.lake, where)
    raise StorageError(
        f"table {post_scores.TABLE.name} cannot be written: others wrote it {_TRIES} times meanwhile; stop the stream "
        "for a moment, and try again"
    )
