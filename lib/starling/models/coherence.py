"""How well the words of a cluster go together: NPMI over posts.

Bouma, G. (2009): Normalized (Pointwise) Mutual Information in Collocation Extraction. Averaged over the pairs of a
topic's ten heaviest words: Lau, J.H., Newman, D. & Baldwin, T. (2014): Machine Reading Tea Leaves. The interval of a
difference: Efron, B. (1979): Bootstrap Methods, with weights drawn from a Poisson distribution of mean 1, as in
Chamandy, N. et al. (2012): Estimating Uncertainty for Massive Data Streams.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling.models.trained import Interval

# How many words speak for a cluster, and how often the posts are drawn anew for an interval.
TOP_WORDS = 10
DRAWS = 1_000
_DRAWS_AT_ONCE = 50

Floats = npt.NDArray[np.float64]
Words = Sequence[int]  # the words of one cluster, by their place in the vocabulary
_COUNTS = ("i", "j", "posts")


@dataclass(frozen=True)
class Model:
    """What is compared: the words of each cluster, and what each cluster counts for in the mean."""

    words: Sequence[Words]
    weights: Sequence[float]


class Cooccurrences:
    """In how many of `posts` posts each two words of a vocabulary are together; on the diagonal, each word."""

    def __init__(self, counts: sp.csr_array, posts: int) -> None:
        self._counts = counts
        self._posts = posts

    @property
    def counts(self) -> sp.csr_array:
        """Of posts, words by words."""
        return self._counts

    def npmi(self, words: Words) -> float:
        """Mean NPMI of the pairs of one cluster's words, -1 to 1; 0 where there is no pair."""
        pairs = list(combinations(words, 2))
        if not pairs:
            return 0.0
        first, second = np.array(pairs).T
        alone = self._counts.diagonal() / self._posts
        together = np.asarray(self._counts[first, second]).ravel() / self._posts
        return float(npmi(together, alone[first], alone[second]).mean())

    def mean_npmi(self, model: Model) -> float:
        """Mean of the clusters' NPMI by their weights."""
        return float(np.average([self.npmi(words) for words in model.words], weights=model.weights))

    def judged(self, model: Model) -> dict[str, float]:
        """npmi: the mean; npmi_by_cluster: each once; diversity: distinct words, 0 to 1 (Dieng et al. 2020)."""
        spoken = [word for words in model.words for word in words]
        return {
            "npmi": self.mean_npmi(model),
            "npmi_by_cluster": float(np.mean([self.npmi(words) for words in model.words])),
            "diversity": len(set(spoken)) / max(len(spoken), 1),
        }


def npmi(together: Floats, first: Floats, second: Floats) -> Floats:
    """NPMI of pairs from the shares of posts with both words, with the first, and with the second.

    -1: never together; 0: as often as by chance; 1: never apart. A word that no post has says nothing: 0.

    >>> npmi(np.array([0.25, 0.0, 0.5, 0.0]), np.array([0.5, 0.5, 0.5, 0.0]), np.array([0.5, 0.5, 0.5, 0.5]))
    array([ 0., -1.,  1.,  0.])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(together / (first * second)) / -np.log(together)
    information = np.where(together == 0, -1.0, information)
    information = np.where(together == 1, 1.0, information)  # both in every post: the limit
    return np.where((first == 0) | (second == 0), 0.0, information)


def cooccurrences(posts: DataFrame, vocabulary: Sequence[str]) -> Cooccurrences:
    """Counted in one pass, each partition on its own and their sums after.

    Reads: terms array<string>, each once. Grain: one row a text.
    """
    size = len(vocabulary)

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        place = {word: index for index, word in enumerate(vocabulary)}
        counts, rows = sp.csr_array((size, size)), 0
        for batch in batches:
            found = incidence(_places(batch, place), size)
            counts, rows = counts + sp.triu(found.T @ found), rows + batch.num_rows
        half = counts.tocoo()
        # One more entry, in no word's place, carries the number of posts.
        numbers = (np.append(half.row, size), np.append(half.col, size), np.append(half.data, rows))
        yield pa.record_batch([pa.array(each.astype(np.int64)) for each in numbers], names=_COUNTS)

    partial = posts.select("terms").mapInArrow(count, "i long, j long, posts long")
    total = partial.groupBy("i", "j").agg(F.sum("posts").alias("posts")).toArrow()
    i, j, together = (total.column(name).to_numpy() for name in _COUNTS)
    half = sp.csr_array((together, (i, j)), shape=(size + 1, size + 1))
    return Cooccurrences((half + sp.triu(half, 1).T).tocsr()[:size, :size], int(half[size, size]))


class HeldOut:
    """The held-out posts' words, on the driver: a share of the texts, a few bytes a word."""

    def __init__(self, found: sp.csr_array) -> None:
        self._found = found

    @cached_property
    def cooccurrences(self) -> Cooccurrences:
        """Of all the held-out posts."""
        return Cooccurrences((self._found.T @ self._found).tocsr(), self._found.shape[0])

    def lead(self, model: Model, rival: Model, seed: int) -> Interval:
        """By how much the mean NPMI of `model` is above `rival`'s on the same posts, with its 95 % interval."""
        ours, theirs = _Redrawn(self._found, model), _Redrawn(self._found, rival)
        leads = np.concatenate([ours.means(draws) - theirs.means(draws) for draws in self._draws(seed)])
        low, high = np.percentile(leads, [2.5, 97.5])
        whole = self.cooccurrences
        return Interval(whole.mean_npmi(model) - whole.mean_npmi(rival), float(low), float(high))

    def _draws(self, seed: int) -> Iterator[Floats]:
        """How often each post (row) is in each draw (column)."""
        random = np.random.default_rng(seed)
        for _ in range(0, DRAWS, _DRAWS_AT_ONCE):
            yield random.poisson(1.0, (self._found.shape[0], _DRAWS_AT_ONCE)).astype(np.float64)


class _Redrawn:
    """A model's mean NPMI where posts count several times, or not at all."""

    def __init__(self, found: sp.csr_array, model: Model) -> None:
        of_model = [np.array(list(combinations(words, 2)), np.int64).reshape(-1, 2) for words in model.words]
        pairs = np.concatenate(of_model)
        share = np.asarray(model.weights, np.float64) / np.sum(model.weights)
        # A pair's part in the mean: its cluster's, over the cluster's pairs.
        self._parts = np.repeat(share / [max(len(each), 1) for each in of_model], [len(each) for each in of_model])
        self._used, places = np.unique(pairs, return_inverse=True)
        self._first, self._second = places.reshape(-1, 2).T
        columns = found.tocsc()[:, self._used]
        self._alone = columns.T.tocsr()
        self._together = (columns[:, self._first] * columns[:, self._second]).T.tocsr()

    def means(self, draws: Floats) -> Floats:
        """One mean a draw (column)."""
        drawn = np.maximum(draws.sum(axis=0), 1.0)
        alone = self._alone @ draws / drawn
        values = npmi(self._together @ draws / drawn, alone[self._first], alone[self._second])
        means: Floats = self._parts @ values
        return means


def held_out(posts: DataFrame, vocabulary: Sequence[str]) -> HeldOut:
    """The held-out posts' words, in an order of their own. Reads: terms, each once. Grain: one row a text."""

    def find(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        place = {word: index for index, word in enumerate(vocabulary)}
        for batch in batches:
            yield pa.record_batch([pa.array(_places(batch, place), pa.list_(pa.int32()))], names=["places"])

    found = posts.select("terms").mapInArrow(find, "places array<int>").toArrow()
    return HeldOut(incidence(sorted(found.column("places").to_pylist()), len(vocabulary)))


def _places(batch: pa.RecordBatch, place: Mapping[str, int]) -> list[list[int]]:
    """For each text the places of those of its terms that are known."""
    return [sorted(place[term] for term in terms if term in place) for terms in batch.column("terms").to_pylist()]


def word_counts(posts: Sequence[Sequence[str] | None], place: Mapping[str, int]) -> sp.csr_array:
    """How often each post (row) has each word of a vocabulary (column); `place` says which column is a word's."""
    return incidence([[place[word] for word in words or () if word in place] for words in posts], len(place))


def incidence(places: Sequence[Sequence[int]], size: int) -> sp.csr_array:
    """One row a text, one column a word: how often the text has the word."""
    words = np.fromiter(chain.from_iterable(places), np.int64)
    ends = np.cumsum([0, *map(len, places)])
    found = sp.csr_array((np.ones(len(words)), words, ends), shape=(len(places), size))
    found.sum_duplicates()
    return found
