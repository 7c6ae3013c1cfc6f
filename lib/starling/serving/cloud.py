"""A word cloud: words with the size that their weight gives them."""

from collections.abc import Sequence
from dataclasses import dataclass

SIZES = 9


@dataclass(frozen=True)
class Word:
    """A word, its weight, and its size from 1 to SIZES."""

    text: str
    weight: float
    size: int


def cloud(words: Sequence[tuple[str, float]]) -> list[Word]:
    """The words in their order: the heaviest in the largest size, the lightest in the smallest, all others between.

    >>> [(word.text, word.size) for word in cloud([("a", 0.5), ("b", 0.3), ("c", 0.1)])]
    [('a', 9), ('b', 5), ('c', 1)]
    >>> [word.size for word in cloud([("a", 0.1), ("b", 0.1)])]
    [5, 5]
    """
    weights = [weight for _, weight in words]
    least, span = min(weights, default=0.0), max(weights, default=0.0) - min(weights, default=0.0)
    middle = (SIZES - 1) / 2
    return [
        Word(text, weight, 1 + round((SIZES - 1) * (weight - least) / span if span else middle))
        for text, weight in words
    ]
