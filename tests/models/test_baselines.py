"""What clusters are compared with."""

import numpy as np
import scipy.sparse as sp
from pyspark.sql import SparkSession

from models.conversations import no_step
from starling.models.baselines import RANDOM, RAW_COUNTS, baselines
from starling.models.clustering import Points, Search
from starling.models.coherence import Cooccurrences
from starling.settings import Topics

# Two groups by direction; by length, in which raw counts differ, two others.
COUNTS = np.array([[1, 0], [2, 0], [90, 1], [0, 1], [0, 2], [1, 90]], np.float64)


def test_raw_counts_cluster_by_length_and_chance_keeps_the_sizes(spark: SparkSession) -> None:
    unit = sp.csr_array(COUNTS / np.linalg.norm(COUNTS, axis=1, keepdims=True))
    posts = Cooccurrences(sp.csr_array(np.ones((6, 6))), 10)
    search = Search(
        Points(list("abcdef"), unit, np.ones(6)), _members, posts, Topics(min_clusters=3, max_clusters=3), "small", 7
    )
    best = search.run(spark, "points", no_step).best
    found = baselines(spark, sp.csr_array(COUNTS), search, best)
    assert {frozenset(words) for words in found[RAW_COUNTS].words} == {
        frozenset({0, 1, 3, 4}),
        frozenset({2}),
        frozenset({5}),
    }
    assert sorted(found[RAW_COUNTS].weights) == [1, 1, 4]
    sizes = sorted(best.named.weights)
    shuffles = list(zip(found[RANDOM].words, found[RANDOM].weights, strict=True))
    assert len(shuffles) == 9
    for start in (0, 3, 6):
        shuffle = shuffles[start : start + 3]
        assert sorted(weight for _, weight in shuffle) == sizes
        assert sorted(word for words, _ in shuffle for word in words) == [0, 1, 2, 3, 4, 5]
    again = baselines(spark, sp.csr_array(COUNTS), search, best)
    assert again == found


def _members(clusters: np.ndarray, k: int) -> list[list[int]]:
    return [np.flatnonzero(clusters == cluster).tolist() for cluster in range(k)]
