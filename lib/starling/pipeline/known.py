"""What the tables hold of a batch, read from the few files that can hold it."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import delta
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.hours import hour_ranges, within
from starling.pipeline.extent import Extent, hours, same_records
from starling.silver import deletions, engagement, posts, rejected
from starling.silver.outcomes import OBSERVATION_KEY, POST_KEY, Known
from starling.tables import Table


def known(records: DataFrame, extents: Sequence[Extent], lake: str, *, may_repeat: bool, deletions_are: bool) -> Known:
    """What `judged` compares the records with.

    A copy of a post carries the same created_at, so the posts and observations of the batch's own hours are enough.
    `may_repeat` says whether records of the batch may have been read before, `deletions_are` whether any is known.
    """
    spark = records.sparkSession
    ranges = hour_ranges(hours(extents))
    posts_then = delta.read(spark, posts.TABLE, lake).where(within("created_at", ranges))
    counts_then = delta.read(spark, engagement.TABLE, lake).where(within("record_created_at", ranges))
    gone = delta.read(spark, deletions.TABLE, lake) if deletions_are else None
    return Known(
        posts=_having(posts_then, records, POST_KEY),
        observations=_having(counts_then, records, OBSERVATION_KEY),
        deletions=None if gone is None else _having(gone, records, POST_KEY),
        events=_of_batch(spark, events.TABLE, extents, lake) if may_repeat else None,
        rejected=_of_batch(spark, rejected.TABLE, extents, lake) if may_repeat else None,
    )


def _having(rows: DataFrame, records: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """The rows whose key is in the batch. The batch is broadcast, so the table is neither shuffled nor collected."""
    keys = records.where(F.col("reason").isNull()).select(*key).distinct()
    found = rows.join(F.broadcast(keys), list(key), "left_semi")
    return found.select(*dict.fromkeys((*key, *COORDINATES)))


def _of_batch(spark: SparkSession, table: Table, extents: Sequence[Extent], lake: str) -> DataFrame:
    return delta.read(spark, table, lake).where(same_records(extents)).select(*COORDINATES)
