"""What clusters must be better than: k-means on raw counts, and chance. Both are named as the clusters are."""

from collections.abc import Mapping
from itertools import chain

import numpy as np
import scipy.sparse as sp
from pyspark.sql import SparkSession

from starling.models.clustering import STARTS, Candidate, Clusters, Points, Search, assignment, fit
from starling.models.coherence import HeldOut, Model
from starling.models.corpus import Documents

RAW_COUNTS = "raw_counts"
RANDOM = "random"
# One shuffle may be lucky.
_SHUFFLES = 3


def baselines(spark: SparkSession, counts: sp.csr_array, search: Search, best: Candidate) -> dict[str, Model]:
    """By name, with as many clusters as the best candidate has, and as large where chance makes them.

    `counts` are the points' vectors without weights or length.
    """
    random = np.random.default_rng(search.seed)
    shuffled = [search.named(random.permutation(best.clusters), best.k) for _ in range(_SHUFFLES)]
    words, sizes = (
        list(chain.from_iterable(parts)) for parts in zip(*((m.words, m.weights) for m in shuffled), strict=True)
    )
    return {
        RAW_COUNTS: search.named(_raw_counts(spark, counts, search, best.k), best.k),
        RANDOM: Model(words, sizes),
    }


def measured(best: Candidate, rivals: Mapping[str, Model], found: Documents, unseen: HeldOut) -> dict[str, float]:
    """The metrics of a clustering, and the coherence of its rivals under their names, in the held-out posts."""
    pairs = unseen.cooccurrences
    compared = {f"{name}_{metric}": value for name, it in rivals.items() for metric, value in pairs.judged(it).items()}
    own = {
        "k": best.k,
        "silhouette": best.silhouette,
        "balance": best.balance,
        "npmi_training": best.coherence,
        "training_posts": found.training_posts,
        "held_out_posts": found.held_out_posts,
    }
    return compared | pairs.judged(best.named) | own


def _raw_counts(spark: SparkSession, counts: sp.csr_array, search: Search, k: int) -> Clusters:
    """From as many starts as the model had, the one with the least sum of squares, which is what it minimises."""
    points = Points(search.points.names, counts, np.ones(counts.shape[0]))
    frame = points.frame(spark).cache()
    try:
        fits = [fit(frame, k, search.seed + start, "euclidean") for start in range(STARTS[search.grid])]
        return assignment(min(fits, key=lambda each: each.summary.trainingCost).transform(frame))
    finally:
        frame.unpersist()
