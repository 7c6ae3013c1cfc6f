"""VADER's scores for a column of texts.

Hutto, C.J. & Gilbert, E.E. (2014): VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text.
The numbers are those of the reference implementation, vaderSentiment, to the last bit, and its tables are read from it;
`columnar` and `scalar` come by them faster.
"""

from collections.abc import Callable
from importlib.metadata import version

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import DoubleType, StructField, StructType

from starling import failpoints
from starling.sentiment import columnar, scalar
from starling.sentiment.columnar import SCORES

# Whose numbers these are, whatever computes them: a row scored by the reference itself says the same.
SCORER = f"vaderSentiment {version('vaderSentiment')}"
# The reference's own thresholds for calling a text positive or negative.
THRESHOLD = 0.05

SCORES_TYPE = StructType([StructField(name, DoubleType()) for name in SCORES])


def scores(text: Column) -> Column:
    """struct<compound, pos, neu, neg double>: compound in [-1, 1], the shares in [0, 1]; null where text is null."""
    return _scores_udf()(text)


def label(compound: Column) -> Column:
    """string: "positive" from 0.05 on, "negative" from -0.05 down, else "neutral"; null where unscored."""
    return (
        F.when(compound >= THRESHOLD, "positive")
        .when(compound <= -THRESHOLD, "negative")
        .when(compound.isNotNull(), "neutral")
    )


def score(text: str) -> dict[str, float]:
    """The four scores of one text.

    >>> score("VADER is smart, handsome, and funny!")["compound"]
    0.8439
    """
    return scalar.score(text)


def _scores_udf() -> Callable[[Column], Column]:
    def score_all(texts: pa.Array) -> pa.Array:
        # A quarter of real posts repeat another's text: each distinct one is scored once a batch.
        encoded = texts.dictionary_encode()
        return columnar.scores(encoded.dictionary).take(encoded.indices)

    return arrow_udf(failpoints.in_udf(score_all), SCORES_TYPE)  # type: ignore[call-overload,no-any-return]
