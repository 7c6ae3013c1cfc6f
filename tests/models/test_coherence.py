"""NPMI, by its definition and loops."""

from itertools import combinations
from math import log

import numpy as np
import pytest
from pyspark.sql import SparkSession

from starling.models.coherence import DRAWS, Cooccurrences, HeldOut, Model, cooccurrences, held_out, incidence, npmi

VOCABULARY = ["planet", "comet", "oven", "flour", "nebula"]
POSTS = [
    ["planet", "comet"],
    ["planet", "comet", "unknown"],
    ["planet", "oven"],
    ["oven", "flour"],
    ["flour"],
    ["unknown"],
    [],
    ["planet", "comet", "oven", "flour"],
]


def by_definition(first: str, second: str, counts: list[int] | None = None) -> float:
    """log(p(ab) / p(a)p(b)) / -log p(ab), with each post counted so often."""
    weights = counts or [1] * len(POSTS)
    total = max(sum(weights), 1)
    alone, other = (
        sum(w for p, w in zip(POSTS, weights, strict=True) if word in p) / total for word in (first, second)
    )
    both = sum(w for p, w in zip(POSTS, weights, strict=True) if first in p and second in p) / total
    if alone == 0 or other == 0:
        return 0.0
    if both == 0:
        return -1.0
    return 1.0 if both == 1 else log(both / (alone * other)) / -log(both)


def mean_by_definition(model: Model, counts: list[int] | None = None) -> float:
    values = []
    for words in model.words:
        pairs = [by_definition(VOCABULARY[i], VOCABULARY[j], counts) for i, j in combinations(words, 2)]
        values.append(sum(pairs) / len(pairs) if pairs else 0.0)
    return sum(v * w for v, w in zip(values, model.weights, strict=True)) / sum(model.weights)


def found() -> HeldOut:
    places = {word: place for place, word in enumerate(VOCABULARY)}
    return HeldOut(incidence([[places[w] for w in post if w in places] for post in POSTS], len(VOCABULARY)))


OURS = Model([[0, 1], [2, 3]], [3, 1])
THEIRS = Model([[0, 2, 4], [1, 3], [4]], [1, 2, 5])


def test_npmi_is_what_bouma_says() -> None:
    # Of 8 posts, 4 have the first, 3 the second and 3 both: log(3/8 / (4/8 * 3/8)) / -log(3/8) = log 2 / log(8/3).
    value = npmi(np.array([3 / 8]), np.array([4 / 8]), np.array([3 / 8]))
    assert value == pytest.approx([0.6931471805599453 / 0.9808292530117262])


def test_a_model_is_the_mean_of_its_clusters_pairs_by_weight() -> None:
    pairs = found().cooccurrences
    assert pairs.npmi([0, 1]) == pytest.approx(by_definition("planet", "comet"))
    assert pairs.npmi([0, 2, 4]) == pytest.approx((by_definition("planet", "oven") + 0 + 0) / 3)
    assert pairs.npmi([1]) == 0.0
    assert pairs.mean_npmi(OURS) == pytest.approx(mean_by_definition(OURS))
    assert pairs.mean_npmi(THEIRS) == pytest.approx(mean_by_definition(THEIRS))


def test_a_model_is_judged_by_weight_by_cluster_and_by_how_many_words_differ() -> None:
    repeating = Model([[0, 1], [0, 1], [2, 3]], [1, 1, 8])
    together, apart = by_definition("planet", "comet"), by_definition("oven", "flour")
    assert found().cooccurrences.judged(repeating) == pytest.approx(
        {
            "npmi": (2 * together + 8 * apart) / 10,
            "npmi_by_cluster": (2 * together + apart) / 3,
            "diversity": 4 / 6,
        }
    )


def test_a_lead_is_the_difference_with_the_interval_of_posts_drawn_anew() -> None:
    random = np.random.default_rng(5)
    draws = np.concatenate([random.poisson(1.0, (len(POSTS), 50)) for _ in range(DRAWS // 50)], axis=1)
    leads = [mean_by_definition(OURS, draw.tolist()) - mean_by_definition(THEIRS, draw.tolist()) for draw in draws.T]
    low, high = np.percentile(leads, [2.5, 97.5])
    lead = found().lead(OURS, THEIRS, seed=5)
    assert lead.estimate == pytest.approx(mean_by_definition(OURS) - mean_by_definition(THEIRS))
    assert (lead.low, lead.high) == pytest.approx((low, high))
    assert lead.low < lead.estimate < lead.high


def test_no_model_is_ahead_of_itself() -> None:
    lead = found().lead(OURS, OURS, seed=5)
    assert (lead.estimate, lead.low, lead.high) == (0.0, 0.0, 0.0)


def test_spark_counts_as_loops_do_in_whatever_partitions(spark: SparkSession) -> None:
    posts = spark.createDataFrame([(post,) for post in POSTS], "terms array<string>")
    expected = [[sum(a in p and b in p for p in POSTS) for b in VOCABULARY] for a in VOCABULARY]
    for partitions in (1, 3):
        counted = cooccurrences(posts.repartition(partitions), VOCABULARY)
        assert counted.counts.toarray().tolist() == expected
        assert counted.mean_npmi(OURS) == pytest.approx(mean_by_definition(OURS))


def test_held_out_posts_are_in_an_order_of_their_own(spark: SparkSession) -> None:
    posts = spark.createDataFrame([(post,) for post in POSTS], "terms array<string>")
    one, other = (held_out(frame, VOCABULARY).lead(OURS, THEIRS, 5) for frame in (posts, posts.orderBy("terms")))
    assert one == other
    assert one.estimate == pytest.approx(mean_by_definition(OURS) - mean_by_definition(THEIRS))


def test_no_posts_have_no_coherence(spark: SparkSession) -> None:
    posts = spark.createDataFrame([], "terms array<string>")
    assert isinstance(cooccurrences(posts, VOCABULARY), Cooccurrences)
    assert cooccurrences(posts, VOCABULARY).counts.nnz == 0
