"""What an engagement model says of posts: one Arrow UDF that says what the model's own stages would."""

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import DoubleType, StructField, StructType

from starling.models.engagement.features import with_inputs, with_record_now
from starling.models.engagement.forests import CHANCES, PREDICTED
from starling.models.mllib.arrays import applied, inputs, step
from starling.models.mllib.saved import stages
from starling.models.trained import Loaded

_NUMBERS = ("predicted_engagement", "top_quarter_probability")
_SCORE = StructType([StructField(name, DoubleType()) for name in _NUMBERS])
# Of so many posts the features are held at once, a thousand numbers each.
_AT_ONCE = 1_000


def score(posts: DataFrame, author_records: DataFrame, loaded: Loaded) -> DataFrame:
    """Adds what each post will earn. Grain: one row a post, still.

    Reads: silver.posts' columns, terms; gold.author_records' columns.
    Adds: predicted_engagement double ≥ 0, likes + reposts + replies: as the forest is of logarithms, about what the
    middle one of such posts earns, and not their mean; top_quarter_probability double [0, 1]; engagement_reason
    string, null: something is known of every post.
    """
    known = posts.transform(with_record_now, author_records).transform(with_inputs)
    # The first stage is SQL, which Spark says best itself.
    scaled = loaded.pipeline.stages[0].transform(known)
    return (
        scaled.withColumn("earns", _said(loaded))
        .withColumn("engagement_reason", F.lit(None).cast("string"))
        .select(*posts.columns, "earns.*", "engagement_reason")
    )


@lru_cache(maxsize=4)
def _said(loaded: Loaded) -> Column:
    """The columns of _SCORE; read from the model's files, and packed for the workers, once a model."""
    assert loaded.files, "what scores posts was registered"
    _, *saved = stages(loaded.files)
    names, steps = inputs(saved), [step(stage) for stage in saved]

    def score_all(known: pa.Array) -> pa.Array:
        some = [_scores(known.slice(start, _AT_ONCE)) for start in range(0, len(known), _AT_ONCE)]
        return pa.concat_arrays(some or [_scores(known)])

    def _scores(known: pa.StructArray) -> pa.StructArray:
        columns = {name: _column(values) for name, values in zip(names, known.flatten(), strict=True)}
        said = applied(columns, steps)
        earned = np.expm1(np.maximum(said[PREDICTED], 0.0))
        return pa.StructArray.from_arrays([earned, said[CHANCES][:, 1]], names=_NUMBERS)

    udf = arrow_udf(score_all, _SCORE)  # type: ignore[call-overload]
    found: Column = udf(F.struct(*names))
    return found


def _column(values: pa.Array) -> Any:
    """Words as lists, numbers with NaN for those that are not known."""
    if pa.types.is_list(values.type):
        return values.to_pylist()
    return values.cast(pa.float64()).to_numpy(zero_copy_only=False)
