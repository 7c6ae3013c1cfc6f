"""K-means on the sphere, and how a number of clusters is chosen."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from pyspark.sql import SparkSession
from sklearn.metrics import silhouette_score

from models.conversations import no_step
from starling.errors import NotEnoughData
from starling.models.clustering import (
    Candidate,
    Choice,
    Points,
    Search,
    assignment,
    balance,
    fit,
    numbers_of_clusters,
    scores,
)
from starling.models.coherence import Cooccurrences, Model
from starling.settings import Topics

# Three bundles of directions, each around an axis of its own, and of several lengths before they are made unit.
_RANDOM = np.random.default_rng(3)
AXES = np.repeat([0, 1, 2], [9, 6, 5])
DENSE = np.eye(5)[AXES] + _RANDOM.random((20, 5)) * 0.25
UNIT = DENSE / np.linalg.norm(DENSE, axis=1, keepdims=True)


def points(vectors: np.ndarray) -> Points:
    names = [f"p{place:02}" for place in range(len(vectors))]
    return Points(names, sp.csr_array(vectors), 1.0 + np.arange(len(vectors)) % 3)


def search(vectors: np.ndarray, least: int, greatest: int) -> Search:
    size = len(vectors)
    posts = Cooccurrences(sp.csr_array(np.full((size, size), 2.0) + np.eye(size)), 10)
    settings = Topics(min_clusters=least, max_clusters=greatest)
    return Search(points(vectors), _first_two, posts, settings, "small", 7)


def _first_two(clusters: np.ndarray, k: int) -> list[list[int]]:
    return [np.flatnonzero(clusters == cluster)[:2].tolist() for cluster in range(k)]


def candidate(k: int, start: int, silhouette: float, evenness: float, coherence: float) -> Candidate:
    return Candidate(k, start, None, np.zeros(1, np.int64), Model([[0]], [1.0]), silhouette, evenness, coherence)


def same_parts(one: np.ndarray, other: np.ndarray) -> bool:
    return len({*zip(one.tolist(), other.tolist(), strict=True)}) == len({*one.tolist()}) == len({*other.tolist()})


@pytest.fixture(scope="module")
def chosen(spark: SparkSession) -> Choice:
    return search(UNIT, 2, 6).run(spark, "points", no_step)


def test_the_number_of_bundles_is_found_and_so_are_the_bundles(chosen: Choice) -> None:
    assert chosen.best.k == 3
    assert same_parts(chosen.best.clusters, AXES)
    assert chosen.best.named.weights == np.bincount(chosen.best.clusters).tolist()


def test_the_measures_are_scikit_learns_and_the_entropy_of_the_sizes(chosen: Choice) -> None:
    shares = np.array([9, 6, 5]) / 20
    assert chosen.best.silhouette == pytest.approx(silhouette_score(UNIT, AXES, metric="cosine"))
    assert chosen.best.balance == pytest.approx(-(shares * np.log(shares)).sum() / np.log(3))
    trials = {trial.name: trial for trial in chosen.trials}
    assert list(trials) == ["k=2", "k=3", "k=4", "k=6"]
    assert trials["k=3"].metrics["score"] == max(trial.metrics["score"] for trial in chosen.trials)
    assert trials["k=3"].metrics["silhouette"] == chosen.best.silhouette


def test_the_same_seed_chooses_the_same(spark: SparkSession, chosen: Choice) -> None:
    again = search(UNIT, 2, 6).run(spark, "points", no_step)
    assert again.best.clusters.tolist() == chosen.best.clusters.tolist()
    assert [list(c) for c in again.best.model.clusterCenters()] == [list(c) for c in chosen.best.model.clusterCenters()]
    assert again.trials == chosen.trials


@pytest.mark.parametrize(("vectors", "differ"), [(UNIT[:1], 1), (np.repeat(UNIT[:1], 9, axis=0), 1), (UNIT[:3], 3)])
def test_fewer_vectors_than_clusters_are_not_enough(spark: SparkSession, vectors: np.ndarray, differ: int) -> None:
    with pytest.raises(NotEnoughData, match=f"not enough data: {differ} points that differ, and at least 4 clusters"):
        search(vectors, 4, 6).run(spark, "points", no_step)


def test_as_many_clusters_as_vectors_are_the_most_that_is_tried(spark: SparkSession) -> None:
    doubled = np.repeat(np.eye(5)[:3], 3, axis=0)
    found = search(doubled, 2, 24).run(spark, "points", no_step)
    assert {trial.params["k"] for trial in found.trials} <= {2, 3}
    assert same_parts(found.best.clusters, np.repeat([0, 1, 2], 3))


def test_a_fit_bears_fewer_distinct_vectors_than_clusters(spark: SparkSession) -> None:
    frame = points(np.repeat(np.eye(5)[:2], 4, axis=0)).frame(spark)
    clusters = assignment(fit(frame, 4, 1, "cosine").transform(frame))
    assert same_parts(clusters, np.repeat([0, 1], 4))


def test_points_are_in_one_partition_and_keep_their_order_and_weight(spark: SparkSession) -> None:
    frame = points(UNIT).frame(spark)
    assert frame.rdd.getNumPartitions() == 1
    rows = frame.collect()
    assert [row.position for row in rows] == list(range(20))
    assert [row.weight for row in rows] == [1.0 + place % 3 for place in range(20)]
    assert np.array([row.features.toArray() for row in rows]) == pytest.approx(UNIT)


def test_vectors_that_are_equal_are_counted_once() -> None:
    vectors = np.array([[1.0, 0, 0], [0, 1.0, 0], [1.0, 0, 0], [0, 0, 1.0], [0, 0, 0.5]])
    assert points(vectors).distinct == 4


def test_a_number_is_judged_by_three_measures_that_count_alike() -> None:
    tried = [candidate(4, 0, 0.1, 0.9, 0.5), candidate(8, 0, 0.3, 0.5, 0.5), candidate(12, 0, 0.2, 0.8, 0.5)]
    # silhouette 0, 1, ½; balance 1, 0, ¾; coherence is the same for all, and decides nothing.
    assert scores(tried) == pytest.approx([1 / 3, 1 / 3, 1.25 / 3])
    better = [*tried[:2], replace(tried[2], coherence=0.9)]
    assert scores(better) == pytest.approx([1 / 3, 1 / 3, 2.25 / 3])


def test_numbers_are_closer_together_where_they_are_small() -> None:
    settings = Topics(min_clusters=4, max_clusters=24)
    assert numbers_of_clusters(settings, "full", 1_000, "words") == [4, 5, 7, 9, 11, 14, 19, 24]
    assert numbers_of_clusters(settings, "small", 8, "words") == [4, 5, 6, 8]
    assert numbers_of_clusters(settings, "small", 4, "words") == [4]
    with pytest.raises(NotEnoughData, match="3 words that differ, and at least 4"):
        numbers_of_clusters(settings, "small", 3, "words")


def test_balance_is_one_of_equal_sizes_and_less_of_others() -> None:
    assert balance([7, 7, 7]) == pytest.approx(1.0)
    assert balance([1, 1, 98]) == pytest.approx(-(0.02 * np.log(0.01) + 0.98 * np.log(0.98)) / np.log(3))
