"""The share of positive and of negative posts, corrected for what VADER is known to mistake.

VADER calls nearly half of the texts positive that people find neutral, so a count of its labels overstates positive
posts. Where each kind of text is mistaken as often as among the rated tweets, the shares that people would find follow
from the shares that VADER finds by solving a linear system: the adjusted count of Forman (2008), Quantifying counts and
costs via classification, which for two classes is the estimate of Rogan & Gladen (1978). The interval has both the
sampling error of the posts and that of the ratings (delta method).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from starling.sentiment.agreement import LABELS

# Of vaderSentiment 3.3.2: `agreement(read_ratings("data/vader_rated_tweets.tsv")).confusion`, which a test repeats.
CONFUSION = ((2567, 105, 28), (136, 97, 64), (42, 50, 1111))

_RATED = np.array(CONFUSION, dtype=float)
_SHARES = _RATED / _RATED.sum(axis=1, keepdims=True)
# Row k: what each of VADER's shares adds to the true share of label k.
_WEIGHTS = np.linalg.inv(_SHARES.T).tolist()
# [k][j]: how uncertain the weighted sum, by row k, of row j of the shares is, which comes from so many rated texts.
_MISTAKES = [
    [
        float((row @ np.square(weights) - (row @ np.array(weights)) ** 2) / rated.sum())
        for row, rated in zip(_SHARES, _RATED, strict=True)
    ]
    for weights in _WEIGHTS
]
# The normal distribution's 97.5 % quantile.
_Z = 1.959964


@dataclass(frozen=True)
class Shares:
    """A label's share as VADER counts it, and as people would, with its 95 % interval: each in [0, 1]."""

    share: float
    corrected: float
    low: float
    high: float


def corrected(label: str, counts: Sequence[int]) -> Shares | None:
    """The shares of a label among posts of which VADER calls `counts` LABELS; None where nothing is scored.

    Of several hours or platforms the counts are added up first: the mean of corrected shares is something else.

    >>> found = corrected("positive", (80, 15, 5))
    >>> found.share, round(found.corrected, 3), round(found.low, 3), round(found.high, 3)
    (0.8, 0.657, 0.456, 0.858)
    """
    scored = sum(counts)
    if not scored:
        return None
    number = LABELS.index(label)
    estimate = _weighted(_WEIGHTS[number], [count / scored for count in counts])
    margin = _Z * sqrt(_variance(number, counts, scored))
    ends = (estimate, estimate - margin, estimate + margin)
    return Shares(counts[number] / scored, *(min(1.0, max(0.0, end)) for end in ends))


def _variance(number: int, counts: Sequence[int], scored: int) -> float:
    """Of the true share: a part for the posts, which are a sample, and a part for the rated texts, which are another.

    One post more of each label is counted here, so that a single post does not look like certainty.
    """
    weights = _WEIGHTS[number]
    found = [(count + 1) / (scored + len(LABELS)) for count in counts]
    variance = (_weighted([weight**2 for weight in weights], found) - _weighted(weights, found) ** 2) / scored
    for row, uncertain in zip(_WEIGHTS, _MISTAKES[number], strict=True):
        variance += min(1.0, max(0.0, _weighted(row, found))) ** 2 * uncertain
    return variance


def _weighted(weights: Sequence[float], shares: Sequence[float]) -> float:
    """Added up from the left, as sums of numbers that are not whole differ by their order in the last digit."""
    total = 0.0
    for weight, share in zip(weights, shares, strict=True):
        total += weight * share
    return total
