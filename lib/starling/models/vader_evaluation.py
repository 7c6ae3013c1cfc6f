"""How far VADER agrees with people, and what that makes of the posts' sentiment: tracked as a training is.

VADER is not trained, so there is no model to register; its run says what gold's corrected shares rest on.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling.models.trained import Evaluated, Interval
from starling.sentiment.agreement import LABELS, RATING_THRESHOLD, Agreement, agreement, read_ratings
from starling.sentiment.correction import corrected
from starling.sentiment.vader import SCORER, THRESHOLD

NAME = "starling-sentiment"
# Whose shares are corrected; what is neutral is the rest.
CORRECTED = ("positive", "negative")


@dataclass(frozen=True)
class Share:
    """A label's share of the scored posts: as VADER counts, and as people would with its 95 % interval."""

    raw: float
    corrected: Interval


@dataclass(frozen=True)
class VaderEvaluation:
    """VADER beside people's ratings, and the shares of the scored posts by label; without scored posts there are none.

    `ratings_sha256` tells which ratings these were.
    """

    agreement: Agreement
    scored: int
    shares: Mapping[str, Share]
    ratings_sha256: str

    def evaluated(self) -> Evaluated:
        """As it is tracked."""
        return Evaluated(
            name=NAME,
            params={
                "scorer": SCORER,
                "threshold of compound": THRESHOLD,
                "threshold of ratings": RATING_THRESHOLD,
                "ratings SHA-256": self.ratings_sha256,
            },
            metrics=self._metrics(),
            figures=self._figures(),
        )

    def _metrics(self) -> dict[str, float]:
        found = self.agreement
        of_labels = {f"recall/{label}": found.recall(label) for label in LABELS} | {
            f"precision/{label}": found.precision(label) for label in LABELS
        }
        of_posts = {
            f"{label}/{name}": value
            for label, share in self.shares.items()
            for name, value in (
                ("VADER", share.raw),
                ("corrected", share.corrected.estimate),
                ("corrected low", share.corrected.low),
                ("corrected high", share.corrected.high),
            )
        }
        return {
            "correlation": found.correlation,
            "accuracy": found.accuracy,
            "rated_texts": found.texts,
            "scored_posts": self.scored,
            **of_labels,
            **of_posts,
        }

    def _figures(self) -> dict[str, Callable[[], Figure]]:
        drawn: dict[str, Callable[[], Figure]] = {"confusion_matrix": lambda: confusion_figure(self.agreement)}
        if self.shares:
            drawn["shares"] = lambda: shares_figure(self.shares, self.scored)
        return drawn


def evaluate(ratings: Path, posts: DataFrame) -> VaderEvaluation:
    """Scores the rated texts of the file, and corrects the shares of the posts.

    Reads: sentiment string. Raises ConfigError where the file cannot be read, or is of another kind.
    """
    rated = read_ratings(ratings)
    row = posts.agg(*(F.count_if(F.col("sentiment") == label).alias(label) for label in LABELS)).first()
    assert row is not None, "an aggregate without groups has one row"
    shares = {
        label: Share(found.share, Interval(found.corrected, found.low, found.high))
        for label in CORRECTED
        if (found := corrected(label, row))
    }
    return VaderEvaluation(agreement(rated), sum(row), shares, hashlib.sha256(ratings.read_bytes()).hexdigest())


def confusion_figure(found: Agreement) -> Figure:
    """What does VADER call the texts that people call so?"""
    counts = np.array(found.confusion)
    shares = counts / counts.sum(axis=1, keepdims=True)
    figure = Figure(figsize=(6.5, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        colour = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{share:.0%}\n{count:,}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS)
    axes.set_xlabel("as VADER labels them")
    axes.set_ylabel("as people rate them")
    axes.set_title(f"What does VADER call what people call so? ({found.texts:,} tweets)", loc="left")
    return figure


def shares_figure(shares: Mapping[str, Share], scored: int) -> Figure:
    """How many of the posts are positive and negative, as VADER counts and as people would?"""
    figure = Figure(figsize=(7.5, 2.8), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(shares))
    axes.barh(places - 0.2, [share.raw for share in shares.values()], 0.36, color="#c9c9c9", label="VADER's count")
    intervals = [share.corrected for share in shares.values()]
    axes.barh(
        places + 0.2,
        [each.estimate for each in intervals],
        0.36,
        color="#3b6ea5",
        label="corrected, with its 95 % interval",
        xerr=np.array([[each.estimate - each.low, each.high - each.estimate] for each in intervals]).T,
        capsize=4,
    )
    axes.set_yticks(places, list(shares))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(f"share of {scored:,} scored posts")
    axes.set_title("How positive are the posts, as VADER counts and as people would?", loc="left")
    axes.legend(loc="lower right", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
