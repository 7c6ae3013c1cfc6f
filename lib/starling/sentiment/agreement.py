"""How far VADER agrees with people: its scores beside the ratings of 4,200 tweets.

The tweets and ratings are those of Hutto & Gilbert (2014), each the mean of twenty people's ratings from -4 to 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from starling.errors import ConfigError
from starling.sentiment.vader import THRESHOLD, score

LABELS = ("positive", "neutral", "negative")
# A rating is on a scale four times as wide as VADER's; the same share of it is neutral.
RATING_THRESHOLD = 4 * THRESHOLD


@dataclass(frozen=True)
class Rated:
    """A text, and the mean rating that people gave it, -4 to 4."""

    rating: float
    text: str


@dataclass(frozen=True)
class Agreement:
    """VADER beside people.

    `correlation` is Pearson's r of compound score and rating; `confusion[i][j]` counts the texts that people call
    LABELS[i] and VADER LABELS[j].
    """

    texts: int
    correlation: float
    confusion: tuple[tuple[int, ...], ...]

    @property
    def accuracy(self) -> float:
        """The share of texts, 0 to 1, that both call the same."""
        return sum(self.confusion[i][i] for i in range(len(LABELS))) / self.texts

    def recall(self, label: str) -> float:
        """Of the texts that people call so, the share, 0 to 1, that VADER calls so too."""
        row = self.confusion[LABELS.index(label)]
        return row[LABELS.index(label)] / sum(row)

    def precision(self, label: str) -> float:
        """Of the texts that VADER calls so, the share, 0 to 1, that people call so too."""
        column = LABELS.index(label)
        return self.confusion[column][column] / sum(row[column] for row in self.confusion)


def read_ratings(path: Path) -> list[Rated]:
    """The rated texts of a file of lines `id TAB rating TAB text`; raises ConfigError for a file of another kind."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise ConfigError(f"{path}: the rated texts cannot be read: {error.strerror}") from error
    return [_rated(path, number, line) for number, line in enumerate(lines, 1) if line]


def _rated(path: Path, number: int, line: str) -> Rated:
    try:
        _, rating, text = line.rstrip("\r").split("\t", 2)
        return Rated(float(rating), text)
    except ValueError:
        raise ConfigError(f"{path}, line {number}: wanted id, rating and text, separated by tabs") from None


def agreement(rated: Sequence[Rated]) -> Agreement:
    """Scores every text as it is written, and compares."""
    ratings = np.array([one.rating for one in rated])
    compounds = np.array([score(one.text)["compound"] for one in rated])
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(confusion, (_labels(ratings, RATING_THRESHOLD), _labels(compounds, THRESHOLD)), 1)
    return Agreement(
        texts=len(rated),
        correlation=float(np.corrcoef(ratings, compounds)[0, 1]),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def _labels(values: npt.NDArray[np.float64], threshold: float) -> npt.NDArray[np.int64]:
    """Indices into LABELS."""
    return np.where(values >= threshold, 0, np.where(values <= -threshold, 2, 1))
