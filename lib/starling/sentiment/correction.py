"""The share of positive and of negative posts, corrected for what VADER is known to mistake.

VADER calls nearly half of the texts positive that people find neutral, so a count of its labels overstates positive
posts. Where each kind of text is mistaken as often as among the rated tweets, the shares that people would find follow
from the shares that VADER finds by solving a linear system: the adjusted count of Forman (2008), Quantifying counts and
costs via classification, which for two classes is the estimate of Rogan & Gladen (1978). The interval has both the
sampling error of the posts and that of the ratings (delta method).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import numpy.typing as npt
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
        # `greatest` and `least` pass over nulls, which must stay.
        f"{label}_corrected": F.when(scored > 0, _share(estimate)),
        f"{label}_low": F.when(scored > 0, _share(estimate - margin)),
        f"{label}_high": F.when(scored > 0, _share(estimate + margin)),
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
    of_the_posts = F.try_divide(square - mean**2, scored)
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
    return F.greatest(F.lit(0.0), F.least(F.lit(1.0), value))


# --- the same of counts in Python, without Spark


@dataclass(frozen=True)
class Shares:
    """A label's share as VADER counts it, and as people would, with its 95 % interval: each in [0, 1]."""

    share: float
    corrected: float
    low: float
    high: float


def corrected_in(label: str, counts: Sequence[int]) -> Shares | None:
    """What `corrected` says of one row; None where nothing is scored.

    Of several hours or platforms the counts are added up first: the mean of corrected shares is something else.

    >>> found = corrected_in("positive", (80, 15, 5))
    >>> found.share, round(found.corrected, 3), round(found.low, 3), round(found.high, 3)
    (0.8, 0.657, 0.456, 0.858)
    """
    scored = sum(counts)
    if not scored:
        return None
    weights = _WEIGHTS[LABELS.index(label)]
    found = np.array(counts) / scored
    estimate = float(weights @ found)
    margin = _Z * float(np.sqrt(_variance_in(weights, counts)))
    return Shares(float(found[LABELS.index(label)]), *map(_share_in, (estimate, estimate - margin, estimate + margin)))


def _variance_in(weights: npt.NDArray[np.float64], counts: Sequence[int]) -> float:
    found = (np.array(counts) + 1) / (sum(counts) + len(LABELS))
    of_the_posts = (np.square(weights) @ found - (weights @ found) ** 2) / sum(counts)
    of_the_ratings = [
        _share_in(float(row @ found)) ** 2 * _mistake_variance(list(weights), true) for true, row in enumerate(_WEIGHTS)
    ]
    return float(of_the_posts + sum(of_the_ratings))


def _share_in(value: float) -> float:
    return min(1.0, max(0.0, value))
