"""The share of positive and of negative posts, corrected for what VADER is known to mistake.

VADER calls nearly half of the texts positive that people find neutral, so a count of its labels overstates positive
posts. Where each kind of text is mistaken as often as among the rated tweets, the shares that people would find follow
from the shares that VADER finds by solving a linear system: the adjusted count of Forman (2008), Quantifying counts and
costs via classification, which for two classes is the estimate of Rogan & Gladen (1978). The interval has both the
sampling error of the posts and that of the ratings (delta method).
"""

from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np
from pyspark.sql import Column
from pyspark.sql import functions as F

from starling.sentiment.agreement import LABELS

# Of vaderSentiment 3.3.2: `agreement(read_ratings("data/vader_rated_tweets.tsv")).confusion`, which a test repeats.
CONFUSION = ((2567, 105, 28), (136, 97, 64), (42, 50, 1111))

_RATED = np.array(CONFUSION, dtype=float)
_SHARES = _RATED / _RATED.sum(axis=1, keepdims=True)
# Row k: what each of VADER's shares adds to the true share of label k.
_WEIGHTS = np.linalg.inv(_SHARES.T)
# The normal distribution's 97.5 % quantile.
_Z = 1.959964


def corrected(label: str, counts: Sequence[Column]) -> dict[str, Column]:
    """{label}_share as VADER counts it, and {label}_corrected with its 95 % interval {label}_low to {label}_high.

    All in [0, 1], and null where nothing is scored. `counts` are the numbers of posts that VADER calls LABELS.
    """
    scored = reduce(add, counts)
    weights = _WEIGHTS[LABELS.index(label)]
    estimate = _true_share(weights, [F.try_divide(count, scored) for count in counts])
    margin = _Z * F.sqrt(_variance(weights, counts, scored))
    return {
        f"{label}_share": F.try_divide(counts[LABELS.index(label)], scored),
        f"{label}_corrected": _share(estimate),
        f"{label}_low": _share(estimate - margin),
        f"{label}_high": _share(estimate + margin),
    }


def _true_share(weights: Sequence[float], found: Sequence[Column]) -> Column:
    return reduce(add, (F.lit(float(weight)) * share for weight, share in zip(weights, found, strict=True)))


def _variance(weights: Sequence[float], counts: Sequence[Column], scored: Column) -> Column:
    """Of the true share: a part for the posts, which are a sample, and a part for the rated texts, which are another.

    One post more of each label is counted here, so that a single post does not look like certainty.
    """
    found = [(count + 1) / (scored + len(LABELS)) for count in counts]
    mean = _true_share(weights, found)
    square = _true_share([weight**2 for weight in weights], found)
    of_the_posts = F.try_divide(square - mean * mean, scored)
    of_the_ratings = [
        _share(_true_share(row, found)) ** 2 * F.lit(_mistake_variance(weights, true))
        for true, row in enumerate(_WEIGHTS)
    ]
    return reduce(add, of_the_ratings, of_the_posts)


def _mistake_variance(weights: Sequence[float], true: int) -> float:
    """How uncertain the weighted sum of one row of shares is, which comes from so many rated texts."""
    row = _SHARES[true]
    return float((row @ np.square(weights) - (row @ np.asarray(weights)) ** 2) / _RATED[true].sum())


def _share(value: Column) -> Column:
    # `greatest` and `least` pass over nulls, which must stay.
    return F.when(value.isNotNull(), F.greatest(F.lit(0.0), F.least(F.lit(1.0), value)))
