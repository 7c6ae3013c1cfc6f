"""A recipe for an engagement model that tutorials give, and that leaks; kept to show what the leak check says of it.

Posts and their counts are joined by who wrote them, a key that repeats, and likes are among the features: in a project
that did so, 119 posts became 661 rows, and an error of 560 became about 3,000 when it was rebuilt honestly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyspark.ml import Pipeline
from pyspark.ml.evaluation import RegressionEvaluator
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from starling.gold.earned import COUNTS, last_counts
from starling.models.engagement import leaks
from starling.models.engagement.split import TEST, TRAIN, boundary, with_sides

# Authors with fewer posts do not repeat; those with more would be most of the rows.
_POSTS_PER_AUTHOR = (2, 10)
_HONEST = ("followers", "characters", "hashtag_count")
_TEST_SHARE = 0.2
EARNED = "earned"


@dataclass(frozen=True)
class Skill:
    """How good predictions are on test rows."""

    error: float
    r2: float

    def said(self) -> str:
        """For a reader.

        >>> Skill(1234.5, -0.25).said()
        'error 1,234, R² -0.25'
        """
        return f"error {self.error:,.0f}, R² {self.r2:.2f}"


@dataclass(frozen=True)
class Recipe:
    """What the recipe makes: its rows, and how good it is on paper and when it is rebuilt honestly.

    Errors are root mean squares, in likes + reposts + replies; both tests are of other posts, of which some earn far
    more than others, so that R² says more. `findings` is what the leak check says.
    """

    posts: int
    rows: int
    on_paper: Skill
    rebuilt: Skill
    findings: Sequence[str]

    def lines(self) -> Iterator[str]:
        """For a reader."""
        yield f"{self.posts:,} posts became {self.rows:,} rows"
        yield f"on paper:          {self.on_paper.said()}"
        yield f"rebuilt honestly:  {self.rebuilt.said()}"
        yield "the leak check refuses it:"
        yield from (f"  - {finding}" for finding in self.findings)


def follow(posts: DataFrame, engagement: DataFrame, seed: int) -> Recipe:
    """Follows the recipe, lets it be checked, and rebuilds it.

    Reads: silver.posts' and silver.engagement's columns.
    """
    counted = _counted(posts, engagement).cache()
    multiplied = _joined(counted).cache()
    sides = counted.transform(with_sides, boundary(counted, 0.3, 0.3)).cache()
    try:
        training, test = multiplied.randomSplit([1 - _TEST_SHARE, _TEST_SHARE], seed)
        leaky = [*_HONEST, *COUNTS]
        findings = [
            *leaks.of_names(leaky),
            *leaks.of_rows(training, test),
            *leaks.of_reproduction(training, leaky, EARNED),
        ]
        honest = [sides.where(F.col("side") == side) for side in (TRAIN, TEST)]
        return Recipe(
            posts=counted.count(),
            rows=multiplied.count(),
            on_paper=_skill(training, test, leaky, seed),
            rebuilt=_skill(honest[0], honest[1], _HONEST, seed),
            findings=findings,
        )
    finally:
        sides.unpersist()
        multiplied.unpersist()
        counted.unpersist()


def _counted(posts: DataFrame, engagement: DataFrame) -> DataFrame:
    """One row a post of an author with some posts. Adds: what is known, likes, reposts, replies and their sum."""
    of_author = F.count("*").over(Window.partitionBy("platform", "author"))
    counts = last_counts(engagement).drop("observed_at").fillna(0)
    return (
        posts.where(F.col("author").isNotNull())
        .withColumn("of_author", of_author)
        .where(F.col("of_author").between(*_POSTS_PER_AUTHOR))
        .join(counts, ["platform", "post_id"])
        .withColumn(EARNED, F.col("likes") + F.col("reposts") + F.col("replies"))
        .withColumn("followers", F.coalesce("followers", F.lit(0)))
        .withColumn("characters", F.length("text"))
        .withColumn("hashtag_count", F.size("hashtags"))
        .select("platform", "post_id", "author", "created_at", "text_hash", *_HONEST, *COUNTS, EARNED)
    )


def _joined(counted: DataFrame) -> DataFrame:
    """The mistake: the counts of each of an author's posts beside each of the author's posts."""
    counts = counted.select("platform", "author", *COUNTS, EARNED)
    return counted.drop(*COUNTS, EARNED).join(counts, ["platform", "author"])


def _skill(training: DataFrame, test: DataFrame, features: Sequence[str], seed: int) -> Skill:
    forest = RandomForestRegressor(labelCol=EARNED, seed=seed)
    assembler = VectorAssembler(inputCols=list(features), outputCol="features")
    said = Pipeline(stages=[assembler, forest]).fit(training).transform(test).cache()
    evaluator = RegressionEvaluator(labelCol=EARNED)
    error, r2 = (float(evaluator.setMetricName(name).evaluate(said)) for name in ("rmse", "r2"))
    said.unpersist()
    return Skill(error, r2)
