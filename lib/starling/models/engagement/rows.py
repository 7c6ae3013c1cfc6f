"""The rows that a training reads: posts with settled counts, what was known of them, and their side of the split."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling.errors import NotEnoughData
from starling.gold.earned import POST, with_earned
from starling.models.engagement.features import INPUTS, with_inputs, with_record_before
from starling.models.engagement.forests import TOP_QUARTER
from starling.models.engagement.split import (
    FOLDS,
    MIN_ROWS,
    TEST,
    TRAIN,
    Boundary,
    boundary,
    with_sides,
    with_top_quarter,
)
from starling.models.engagement.stages import LABEL
from starling.models.trained import Corpus
from starling.models.words import with_terms
from starling.settings import Settings

# What is kept of a row beside the inputs.
ABOUT = ("platform", "post_id", "author", "created_at", "text_hash", "side", "fold", LABEL, TOP_QUARTER)
# Rows worth a partition of their own: with fewer, a forest's many short jobs cost more than they compute.
_ROWS_PER_PARTITION = 50_000


@dataclass(frozen=True)
class Prepared:
    """A corpus, cut. `rows`: one row a post with settled counts, INPUTS and ABOUT, in an order that does not change."""

    rows: DataFrame
    boundary: Boundary
    counts: dict[str, int]

    @property
    def training(self) -> DataFrame:
        """What the model may see."""
        return self.rows.where(F.col("side") == TRAIN)

    @property
    def held_out(self) -> DataFrame:
        """What it is judged by."""
        return self.rows.where(F.col("side") == TEST)


def known_when_sent(posts: DataFrame, engagement: DataFrame, settle_hours: int) -> DataFrame:
    """Adds log_engagement, and INPUTS but for the terms. Grain: one row a post, still.

    Reads: silver.posts' and silver.engagement's columns.
    """
    return (
        posts.transform(with_earned, engagement, settle_hours)
        .transform(with_record_before, settle_hours)
        .transform(with_inputs)
    )


@contextmanager
def prepared(corpus: Corpus, settings: Settings) -> Iterator[Prepared]:
    """The rows, cached until the end of the block; raises NotEnoughData where they cannot carry a training."""
    asked = settings.engagement
    known = known_when_sent(corpus.posts, corpus.engagement, asked.settle_hours)
    settled = known.where(F.col(LABEL).isNotNull()).transform(with_terms).cache()
    rows = None
    try:
        at = boundary(settled, asked.held_out_authors, asked.held_out_time)
        rows = in_order(split(settled, at), settled.count()).cache()
        yield Prepared(rows, at, _enough(rows))
    finally:
        if rows is not None:
            rows.unpersist()
        settled.unpersist()


def split(settled: DataFrame, at: Boundary) -> DataFrame:
    """Cuts at a boundary. Grain: one row a post, still. Columns: ABOUT and INPUTS."""
    names = dict.fromkeys([*ABOUT, *INPUTS])
    return settled.transform(with_sides, at).transform(with_top_quarter, at).select(*names)


def in_order(rows: DataFrame, count: int) -> DataFrame:
    """Few partitions, and the same rows in each of them in the same order, however they came."""
    return rows.repartition(1 + count // _ROWS_PER_PARTITION, *POST).sortWithinPartitions(*POST)


def _enough(rows: DataFrame) -> dict[str, int]:
    """Rows by side; raises NotEnoughData."""
    found = rows.groupBy("side").agg(
        F.count("*").alias("posts"),
        F.countDistinct(LABEL).alias("labels"),
        F.countDistinct(TOP_QUARTER).alias("classes"),
        F.countDistinct("fold").alias("folds"),
    )
    sides = {row.side: row for row in found.collect()}
    counts = {side: row.posts for side, row in sides.items()}
    if any(counts.get(side, 0) < least for side, least in MIN_ROWS.items()):
        raise NotEnoughData(
            f"not enough data: of {sum(counts.values()):,} posts with settled counts {counts.get(TRAIN, 0):,} are to "
            f"learn from ({MIN_ROWS[TRAIN]} are needed) and {counts.get(TEST, 0):,} are of held-out authors and times "
            f"({MIN_ROWS[TEST]} are needed)"
        )
    training = sides[TRAIN]
    if training.labels < 2 or training.classes < 2:
        raise NotEnoughData(f"not enough data: the {training.posts:,} posts to learn from have all earned the same")
    if training.folds < FOLDS:
        raise NotEnoughData(
            f"not enough data: the {training.posts:,} posts to learn from are of too few authors for {FOLDS} folds"
        )
    return counts
