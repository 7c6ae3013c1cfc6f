"""How good predictions are, with 95 % intervals by bootstrap (Efron 1979): pure NumPy.

Posts of an author are alike, and so whole authors are drawn, as Field, C.A. & Welsh, A.H. (2007): Bootstrapping
Clustered Data, advise: an interval from drawn posts would be too narrow.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from starling.models.trained import Interval

Floats = npt.NDArray[np.float64]
Measure = Callable[[Floats, Floats, Floats], float]  # of what is true, what is predicted, and each row's weight

RESAMPLES = 500
_BOUNDS = (2.5, 97.5)


@dataclass(frozen=True)
class Bootstrap:
    """Draws of authors: the same ones for every measure of the same rows, so that differences are paired."""

    draws: npt.NDArray[np.int32]  # by draw and author, how often the author is drawn
    places: npt.NDArray[np.int64]  # by row, which author's it is

    @classmethod
    def of(cls, authors: Sequence[str], seed: int) -> "Bootstrap":
        """RESAMPLES draws of the rows' authors."""
        names, places = np.unique(np.asarray(authors, dtype=str), return_inverse=True)
        shares = np.full(len(names), 1 / len(names))
        draws = np.random.default_rng(seed).multinomial(len(names), shares, size=RESAMPLES)
        return cls(draws.astype(np.int32), places)

    def interval(self, measure: Measure, true: Floats, predicted: Floats) -> Interval:
        """The measure of all rows, and between which values it lies in 95 % of the draws."""
        drawn = [measure(true, predicted, draw[self.places].astype(float)) for draw in self.draws]
        low, high = np.nanpercentile(drawn, _BOUNDS)
        return Interval(measure(true, predicted, np.ones(len(true))), float(low), float(high))

    def lead(self, true: Floats, ours: Floats, theirs: Floats) -> Interval:
        """By how much our mean squared error is smaller than theirs, on the same rows."""
        return self.interval(_gain, (true - theirs) ** 2, (true - ours) ** 2)


def _gain(theirs: Floats, ours: Floats, weights: Floats) -> float:
    return float(np.average(theirs - ours, weights=weights))


def rmse(true: Floats, predicted: Floats, weights: Floats) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.average((true - predicted) ** 2, weights=weights)))


def mae(true: Floats, predicted: Floats, weights: Floats) -> float:
    """Mean absolute error."""
    return float(np.average(np.abs(true - predicted), weights=weights))


def r2(true: Floats, predicted: Floats, weights: Floats) -> float:
    """Share of the variance that is explained: 0 for the true mean, below it for worse; NaN where nothing varies."""
    spread = np.average((true - np.average(true, weights=weights)) ** 2, weights=weights)
    if spread == 0:
        return float("nan")
    return float(1 - np.average((true - predicted) ** 2, weights=weights) / spread)


def spearman(true: Floats, predicted: Floats, weights: Floats) -> float:
    """Correlation of the ranks; 0 where either does not vary."""
    ranks = [_ranks(values, weights) for values in (true, predicted)]
    first, second = (values - np.average(values, weights=weights) for values in ranks)
    spread = np.sqrt(np.average(first**2, weights=weights) * np.average(second**2, weights=weights))
    return float(np.average(first * second, weights=weights) / spread) if spread > 0 else 0.0


def _ranks(values: Floats, weights: Floats) -> Floats:
    """Mean ranks, as if each row were there as often as its weight says."""
    _, places = np.unique(values, return_inverse=True)
    equal = np.bincount(places, weights=weights)
    ranks: Floats = (np.cumsum(equal) - equal + (equal + 1) / 2)[places]
    return ranks


def accuracy(true: Floats, chances: Floats, weights: Floats) -> float:
    """Share of the rows on whose side of one half the chance is."""
    return float(np.average((chances > 0.5) == (true > 0.5), weights=weights))


def f1(true: Floats, chances: Floats, weights: Floats) -> float:
    """Harmonic mean of precision and recall at a chance of one half; 0 where none is found."""
    said, is_so = chances > 0.5, true > 0.5
    hits = weights[said & is_so].sum()
    return float(2 * hits / (weights[said].sum() + weights[is_so].sum())) if hits else 0.0


def pr_auc(true: Floats, chances: Floats, weights: Floats) -> float:
    """Average precision; the share of positive rows where chances say nothing, 0 where there are none."""
    levels, places = np.unique(-chances, return_inverse=True)
    hits = np.cumsum(np.bincount(places, weights=weights * true, minlength=len(levels)))
    said = np.cumsum(np.bincount(places, weights=weights, minlength=len(levels)))
    if hits[-1] == 0:
        return 0.0
    precision = np.divide(hits, said, out=np.zeros_like(hits), where=said > 0)
    return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])


REGRESSION: Mapping[str, Measure] = {"rmse": rmse, "mae": mae, "r2": r2, "spearman": spearman}
CLASSIFICATION: Mapping[str, Measure] = {"f1": f1, "accuracy": accuracy, "pr_auc": pr_auc}


def with_bounds(intervals: Mapping[str, Interval]) -> Iterator[tuple[str, float]]:
    """Metrics' names and values: name, name_low, name_high."""
    for name, interval in intervals.items():
        yield name, interval.estimate
        yield f"{name}_low", interval.low
        yield f"{name}_high", interval.high


def authors(rows: pd.DataFrame) -> list[str]:
    """Whose each row is; a post without an author is its own. Reads: platform, post_id, author."""
    alone = rows["platform"] + " post " + rows["post_id"]
    return (rows["platform"] + " " + rows["author"]).fillna(alone).tolist()
