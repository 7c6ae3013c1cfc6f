"""The leak check: refuses a model that is judged by what it has seen, or that sees what it is to predict.

What it looks for is what Kaufman, S., Rosset, S. & Perlich, C. (2012): Leakage in Data Mining, and Kapoor, S. &
Narayanan, A. (2023): Leakage and the Reproducibility Crisis, find in published models.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pyspark.errors import PySparkException
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType

from starling.errors import ModelError
from starling.gold.earned import COUNTS, POST
from starling.models.engagement.features import INPUTS
from starling.models.trained import Interval

# Words in a column's name that say an outcome, whatever stands around them.
_OUTCOME = re.compile(
    r"like|favou?rite|repost|retweet|share(?:d|s|_count)|repl(?:y|ies)_count|replies|quote(?:s|_count)|engagement|"
    r"earned|interaction|top_quarter|impression",
)
# Inputs whose names say so, and that are about earlier posts, or about the text.
_KNOWN = frozenset(INPUTS)
# What one honest feature, and an honest model, never reach: engagement is a matter of chance too.
MOST_CORRELATION = 0.95
MOST_R2 = 0.95
# From here on, what was learnt of labels that chance alone has given is more than chance.
MOST_SHUFFLED_R2 = 0.05
CHANCE_LABEL = "chance_label"
# Rows that correlations are taken of, at most.
_MOST_ROWS = 50_000


class LeakError(ModelError):
    """A model that a leak has made: it must not be registered."""


def refuse(findings: Iterable[str]) -> None:
    """Raises LeakError where there is a finding."""
    found = list(findings)
    if found:
        raise LeakError(f"the model leaks, and is not registered: {'; '.join(found)}")


def of_names(inputs: Iterable[str]) -> Iterator[str]:
    """Inputs that are outcomes by their name."""
    for name in inputs:
        if name not in _KNOWN and _OUTCOME.search(name.lower()):
            yield f"{name} is an outcome, which nobody knows when a post is sent"


def of_pipeline(pipeline: PipelineModel, rows: DataFrame) -> Iterator[str]:
    """Whether the pipeline reads more than INPUTS: it is run without all else that the rows have."""
    try:
        pipeline.transform(rows.select(*INPUTS).limit(0))
    except (PySparkException, ValueError) as error:
        missing = [name for name in rows.columns if name not in _KNOWN and re.search(rf"\b{name}\b", str(error))]
        names = ", ".join(missing) or "a column"
        yield f"the pipeline reads {names}, which is not among what is known when a post is sent"


def of_rows(training: DataFrame, held_out: DataFrame) -> Iterator[str]:
    """Rows that are there more than once, and held-out rows that are, or whose text is, among the training rows.

    Reads: platform, post_id, text_hash.
    """
    both = training.select(*POST, "text_hash", F.lit(1).alias("trains"))
    both = both.unionByName(held_out.select(*POST, "text_hash", F.lit(0).alias("trains")))
    posts, texts = _counted(both, POST), _counted(both, ("text_hash",))
    if posts["repeated"]:
        yield f"{posts['keys']:,} posts have become {posts['rows']:,} rows: a join has multiplied them"
    if posts["shared"]:
        yield f"{posts['shared']:,} held-out posts are among the training rows"
    elif texts["shared"]:
        yield f"{texts['shared']:,} held-out texts are those of training rows too"


def _counted(both: DataFrame, columns: Sequence[str]) -> Row:
    """Rows, distinct keys, keys that are repeated on one side, and keys that are on both."""
    trains, held_out = F.count_if(F.col("trains") == 1), F.count_if(F.col("trains") == 0)
    by_key = both.groupBy(*columns).agg(trains.alias("trains"), held_out.alias("held_out"))
    found = by_key.agg(
        F.coalesce(F.sum(F.col("trains") + F.col("held_out")), F.lit(0)).alias("rows"),
        F.count("*").alias("keys"),
        F.count_if(F.greatest("trains", "held_out") > 1).alias("repeated"),
        F.count_if(F.least("trains", "held_out") > 0).alias("shared"),
    ).first()
    assert found is not None, "an aggregate without groups has one row"
    return found


def of_reproduction(rows: DataFrame, inputs: Sequence[str], outcome: str) -> Iterator[str]:
    """Single inputs that say the outcome again, in whatever unit: by the correlation of their ranks.

    Reads: the numeric ones of the inputs, and the outcome.
    """
    numeric = [name for name in inputs if isinstance(rows.schema[name].dataType, NumericType)]
    frame = rows.select(outcome, *numeric).limit(_MOST_ROWS).toPandas().astype(float)
    for name in numeric:
        correlation = frame[[name, outcome]].dropna().corr(method="spearman").to_numpy()[0, 1]
        if abs(correlation) > MOST_CORRELATION:
            yield f"{name} reproduces the outcome: the correlation of their ranks is {correlation:+.2f}"


def of_dependence(
    build: Callable[[DataFrame], DataFrame], engagement: DataFrame, posts: DataFrame, inputs: Sequence[str]
) -> Iterator[str]:
    """Inputs of a post that change when its own counts do: it is tried, on some posts.

    `build` makes rows with the inputs from silver.engagement's; `posts` are the ones to change, platform and post_id,
    and must be nobody's but their own author's last.
    """
    keys = posts.select(*POST).withColumn("changed", F.lit(True))
    more = {
        name: F.when(F.col("changed"), F.coalesce(name, F.lit(0)) * 3 + 1_000).otherwise(F.col(name)) for name in COUNTS
    }
    other = engagement.join(keys, list(POST), "left").withColumns(more).drop("changed")
    before, after = (
        build(counts).join(keys, list(POST)).select(*POST, F.struct(*inputs).alias(name))
        for counts, name in ((engagement, "before"), (other, "after"))
    )
    differs = [~F.col(f"before.{name}").eqNullSafe(F.col(f"after.{name}")) for name in inputs]
    counts = before.join(after, list(POST)).agg(*(F.count_if(d).alias(n) for n, d in zip(inputs, differs, strict=True)))
    found = counts.first()
    assert found is not None, "an aggregate without groups has one row"
    for name in inputs:
        if found[name]:
            yield f"{name} of a post changes with what the post itself has earned"


def of_skill(r2: float, shuffled_r2: Interval) -> Iterator[str]:
    """Whether it is too good to be true: by itself, or by what it has learnt of labels that chance has given.

    Of chance nothing can be learnt, unless rows are on both sides.
    """
    if r2 > MOST_R2:
        beside = f"and {shuffled_r2.estimate:.3f} with shuffled labels"
        yield f"R² is {r2:.3f} on held-out rows, {beside}: too good to be true"
    if shuffled_r2.low > MOST_SHUFFLED_R2:
        yield (
            f"R² is {shuffled_r2.estimate:.3f} (from {shuffled_r2.low:.3f}) on held-out rows with labels shuffled by "
            "chance, of which nothing can be learnt: held-out rows are known from training"
        )


def shuffled(rows: DataFrame, label: str, seed: int) -> DataFrame:
    """Adds chance_label double: a label drawn from the rows' own, by chance, and the same for copies of a text.

    Reads: text_hash, the label. Grain: one row a post, still.
    """
    found = rows.agg(F.percentile(label, [place / 999 for place in range(1_000)]).alias("labels")).first()
    assert found is not None, "an aggregate without groups has one row"
    drawn = F.pmod(F.xxhash64(F.lit(seed), "text_hash"), F.lit(1_000)).cast("int")
    return rows.withColumn(CHANCE_LABEL, F.get(F.lit(found.labels), drawn))
