"""VADER's scores for a column of texts.

Hutto, C.J. & Gilbert, E.E. (2014): VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text.
The numbers are those of the reference implementation, vaderSentiment, to the last bit, and its tables are read from it;
`columnar` and `scalar` come by them faster.
"""

from importlib.metadata import version

import pyarrow as pa
import pyarrow.compute as pc

from starling.sentiment import columnar, scalar

# Whose numbers these are, whatever computes them: a row scored by the reference itself says the same.
SCORER = f"vaderSentiment {version('vaderSentiment')}"
# The reference's own thresholds for calling a text positive or negative.
THRESHOLD = 0.05


def scores(texts: pa.Array) -> pa.StructArray:
    """SCORES of each text: compound in [-1, 1], the shares in [0, 1]; null where the text is null."""
    # A quarter of real posts repeat another's text: each distinct one is scored once a batch.
    encoded = texts.dictionary_encode()
    return columnar.scores(encoded.dictionary).take(encoded.indices)


def labels(compounds: pa.Array) -> pa.Array:
    """string: "positive" from 0.05 on, "negative" from -0.05 down, else "neutral"; null where unscored."""
    is_positive, is_negative = pc.greater_equal(compounds, THRESHOLD), pc.less_equal(compounds, -THRESHOLD)
    return pc.if_else(is_positive, "positive", pc.if_else(is_negative, "negative", "neutral"))


def score(text: str) -> dict[str, float]:
    """The four scores of one text.

    >>> score("VADER is smart, handsome, and funny!")["compound"]
    0.8439
    """
    return scalar.score(text)
