"""Which posts train, and which are kept back to test: those of other authors, and later.

A split by rows alone puts an author's posts on both sides, and one by authors alone trains on the future.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from starling.errors import NotEnoughData

TRAIN, TEST, ASIDE, COPY = "train", "test", "aside", "copy"
# Folds of the authors that training rows are searched with.
FOLDS = 3
# Rows of either side below which nothing can be learnt, or said.
MIN_ROWS: Mapping[str, int] = {TRAIN: 50, TEST: 20}
TOP_QUARTER = 0.75
# Posts that an author's own quarter is read off, at least.
MIN_OWN_POSTS = 20


@dataclass(frozen=True)
class Boundary:
    """Test rows are of the held-out share of authors and published from `held_out_from` on; training rows neither."""

    held_out_authors: float
    held_out_from: datetime


def boundary(rows: DataFrame, held_out_authors: float, held_out_time: float) -> Boundary:
    """The boundary from which on the newest share `held_out_time` of the rows is published.

    Reads: created_at. Raises NotEnoughData where there are no rows.
    """
    found = rows.agg(F.percentile(F.unix_micros("created_at"), 1 - held_out_time).alias("micros")).first()
    if found is None or found.micros is None:
        raise NotEnoughData("not enough data: no post with settled counts of its likes, reposts or replies")
    return Boundary(held_out_authors, datetime.fromtimestamp(found.micros / 1e6, timezone.utc))


def with_sides(rows: DataFrame, at: Boundary) -> DataFrame:
    """Says of each row which side of the boundary it is on. Grain: one row a post, still.

    Reads: platform, post_id, author, created_at, text_hash. Adds: side string: train; test; copy, a test row whose text
    a training row has too; aside, on one side by its author and on the other by its time; fold int, 0 to FOLDS - 1,
    the same for all of an author's rows.
    """
    is_late = F.col("created_at") >= F.lit(at.held_out_from)
    is_out = _share(_digits(1)) < at.held_out_authors
    by_boundary = F.when(is_late & is_out, TEST).when(~is_late & ~is_out, TRAIN).otherwise(ASIDE)
    is_copy = (F.col("side") == TEST) & F.bool_or(F.col("side") == TRAIN).over(Window.partitionBy("text_hash"))
    return (
        rows.withColumn("side", by_boundary)
        .withColumn("side", F.when(is_copy, COPY).otherwise(F.col("side")))
        .withColumn("fold", (_digits(9) % FOLDS).cast("int"))
    )


def _digits(start: int) -> Column:
    """Eight hex digits of the author's SHA-256 as a number: chance that falls the same at every training."""
    author = F.concat_ws(":", "platform", F.coalesce("author", "post_id"))
    return F.conv(F.substring(F.sha2(author, 256), start, 8), 16, 10).cast("long")


def _share(digits: Column) -> Column:
    return digits / F.lit(16**8)


def with_top_quarter(rows: DataFrame, at: Boundary) -> DataFrame:
    """Adds whether a post is in its author's, or else its platform's, top quarter. Grain: one row a post, still.

    The author's quarter holds where `MIN_OWN_POSTS` of the author's posts were published before the boundary; else the
    platform's does, as training rows have it. So no threshold knows what was earned later, or by test rows.
    Reads: platform, author, created_at, side, log_engagement. Adds: threshold double, the log_engagement above which
    the quarter lies, own_threshold boolean, top_quarter double 0 or 1.
    """
    earlier = F.when(F.col("created_at") < F.lit(at.held_out_from), F.col("log_engagement"))
    author = Window.partitionBy("platform", F.coalesce("author", F.concat(F.lit("post "), "post_id")))
    has_own = F.count(earlier).over(author) >= MIN_OWN_POSTS
    own = F.percentile(earlier, TOP_QUARTER).over(author)
    return (
        rows.withColumn("own_threshold", has_own)
        .withColumn("own", F.when(F.col("own_threshold"), own))
        .join(F.broadcast(platform_thresholds(rows)), "platform", "left")
        .withColumn("threshold", F.coalesce("own", "platform_threshold"))
        .withColumn("top_quarter", (F.col("log_engagement") > F.col("threshold")).cast("double"))
        .drop("own", "platform_threshold")
    )


def platform_thresholds(rows: DataFrame) -> DataFrame:
    """Above which log_engagement a platform's top quarter of training rows lies. Grain: one row a platform of rows.

    A platform without training rows has that of all. Adds: platform_threshold double.
    """
    trained = F.when(F.col("side") == TRAIN, F.col("log_engagement"))
    overall = rows.agg(F.percentile(trained, TOP_QUARTER).alias("overall"))
    by_platform = rows.groupBy("platform").agg(F.percentile(trained, TOP_QUARTER).alias("theirs"))
    return by_platform.crossJoin(overall).select(
        "platform", F.coalesce("theirs", "overall").alias("platform_threshold")
    )
