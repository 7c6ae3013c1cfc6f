"""A topic's identity from one training to the next: which old topic a new cluster is, if any.

Clusters have no names of their own, and k-means numbers them anew each time. The overlap of two topics is that of their
hashtags, each weighing as many posts as it has (weighted Jaccard). Old and new are paired so that the sum of overlaps
is the greatest (the Hungarian method: Kuhn, H.W. 1955), and events are told apart as in Spiliopoulou, M. et al. (2006):
MONIC — Modeling and Monitoring Cluster Transitions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

# From this overlap on, a pair is the same topic.
KEPT_OVERLAP = 0.3
# From this share of a topic's weight on, what it shares with a topic is the bulk of it.
BULK = 0.5

Event = Literal["kept", "born", "merged", "split", "died"]
Hashtags = Mapping[str, int]  # posts by hashtag


@dataclass(frozen=True)
class Lineage:
    """What became of a topic, or where one comes from.

    kept: `previous` lives on as `topic`, the same number. born: `topic` comes from none. died: nothing has the bulk of
    `previous`. merged: the bulk of `previous` is in `topic`, which is another's or new. split: the bulk of `topic`
    comes from `previous`, which lives on elsewhere or not at all. `overlap`, 0 to 1: of the two; 0 where there is one.
    """

    event: Event
    topic: int | None
    previous: int | None
    overlap: float


@dataclass(frozen=True)
class Identities:
    """The number of each new cluster, and what happened to the topics."""

    numbers: Mapping[int, int]
    lineage: Sequence[Lineage]


def match(old: Mapping[int, Hashtags], new: Mapping[int, Hashtags], taken: int) -> Identities:
    """Gives each new cluster a number: that of the old topic it continues, else one above `taken`, never used before.

    `old` holds the champion's topics by number, `new` the clusters by index, both with the posts of each hashtag; no
    hashtag is in two topics of one training. Every new cluster is `topic` in one kept, split or born; every old topic
    is `previous` in one kept, merged or died, or else in a split alone.

    >>> match({4: {"a": 9, "b": 1}, 7: {"c": 5}}, {0: {"d": 3}, 1: {"a": 20}}, taken=7).numbers
    {1: 4, 0: 8}
    """
    # Neither k-means' numbering nor a dict's order may decide anything: largest first, then by the alphabet.
    olds = sorted(old)
    news = sorted(new, key=lambda index: (-sum(new[index].values()), sorted(new[index])))
    weights = _weights([*old.values(), *new.values()])
    kept = _pairs([old[number] for number in olds], [new[index] for index in news], weights)
    heirs = {news[j]: olds[i] for i, j in kept}
    numbers: dict[int, int] = {}
    for index in news:
        numbers[index] = heirs[index] if index in heirs else max([taken, *old, *numbers.values()]) + 1
    origins = [_origin(index, numbers[index], heirs, old, new, weights) for index in news]
    split = {origin.previous for origin in origins if origin.event == "split"}
    lost = [number for number in olds if number not in heirs.values()]
    ends = [_end(number, old, new, numbers, weights) for number in lost]
    return Identities(numbers, [*origins, *(end for end in ends if end.event != "died" or end.previous not in split)])


def overlap(one: Iterable[str], other: Iterable[str], weights: Mapping[str, int]) -> float:
    """Weighted Jaccard, 0 to 1: the weight of the hashtags in both over that of the hashtags in either.

    >>> overlap({"a", "b"}, {"b", "c"}, {"a": 1, "b": 2, "c": 1})
    0.5
    """
    together = _weight({*one} & {*other}, weights)
    return together / _weight({*one} | {*other}, weights) if together else 0.0


def _pairs(olds: Sequence[Hashtags], news: Sequence[Hashtags], weights: Mapping[str, int]) -> list[tuple[int, int]]:
    """The places of the old and the new that are the same topic."""
    overlaps = np.array([[overlap(one, other, weights) for other in news] for one in olds]).reshape(
        len(olds), len(news)
    )
    overlaps[overlaps < KEPT_OVERLAP] = 0.0  # so that no weak pair takes a strong one's place
    return [(int(i), int(j)) for i, j in zip(*linear_sum_assignment(-overlaps), strict=True) if overlaps[i, j] > 0]


def _origin(
    index: int,
    number: int,
    heirs: Mapping[int, int],
    old: Mapping[int, Hashtags],
    new: Mapping[int, Hashtags],
    weights: Mapping[str, int],
) -> Lineage:
    if index in heirs:
        return Lineage("kept", number, number, overlap(old[number], new[index], weights))
    source = _bulk(new[index], old, weights)
    if source is None:
        return Lineage("born", number, None, 0.0)
    return Lineage("split", number, source, overlap(old[source], new[index], weights))


def _end(
    number: int,
    old: Mapping[int, Hashtags],
    new: Mapping[int, Hashtags],
    numbers: Mapping[int, int],
    weights: Mapping[str, int],
) -> Lineage:
    target = _bulk(old[number], new, weights)
    if target is None:
        return Lineage("died", None, number, 0.0)
    return Lineage("merged", numbers[target], number, overlap(old[number], new[target], weights))


def _bulk(topic: Hashtags, others: Mapping[int, Hashtags], weights: Mapping[str, int]) -> int | None:
    """Which of the others holds at least half of a topic's weight; None where none does."""
    shared = {key: _weight(topic.keys() & other.keys(), weights) for key, other in others.items()}
    # Two halves: the one whose hashtags come first.
    most = min(shared, key=lambda key: (-shared[key], sorted(others[key])), default=None)
    return most if most is not None and shared[most] >= BULK * _weight(topic, weights) else None


def _weights(topics: Iterable[Hashtags]) -> dict[str, int]:
    """A hashtag's posts, of the training that had more: a corpus that has doubled changes no overlap."""
    weights: dict[str, int] = {}
    for hashtags in topics:
        for tag, posts in hashtags.items():
            weights[tag] = max(posts, weights.get(tag, 0))
    return weights


def _weight(hashtags: Iterable[str], weights: Mapping[str, int]) -> int:
    return sum(weights[tag] for tag in hashtags)
