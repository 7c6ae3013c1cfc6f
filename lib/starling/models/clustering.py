"""K-means on the unit sphere, and how its number of clusters is chosen: for hashtags and for words alike.

Spherical k-means: Dhillon, I.S. & Modha, D.S. (2001): Concept Decompositions for Large Sparse Text Data. A number of
clusters is judged by three things together: silhouette (Rousseeuw 1987) by cosine, which alone likes one giant cluster
with some splinters; balance, the entropy of the sizes over that of equal ones (Pielou 1966); and the coherence of the
clusters' words in the training posts.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from pyspark import inheritable_thread_target
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.linalg import SparseVector, VectorUDT
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DoubleType, LongType, StructField, StructType

from starling.errors import NotEnoughData
from starling.models.coherence import Cooccurrences, Floats, Model, Words
from starling.models.trained import Step, Trial
from starling.settings import Topics

Grid = Literal["small", "full"]
Clusters = npt.NDArray[np.int64]  # the cluster of each point
Speak = Callable[[Clusters, int], list[Words]]  # the words that speak for each of so many clusters

FEATURES = "features"
CLUSTER = "cluster"
# How many numbers of clusters are tried, and from how many starts each.
_NUMBERS: dict[Grid, int] = {"small": 4, "full": 8}
STARTS: dict[Grid, int] = {"small": 2, "full": 3}
_ITERATIONS = 30
_AT_ONCE = 2  # a fit of some hundred points keeps less than a core busy
_ROW = StructType(
    [
        StructField("position", LongType(), nullable=False),
        StructField("weight", DoubleType(), nullable=False),
        StructField(FEATURES, VectorUDT(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Points:
    """What is clustered, in an order that follows from the names alone, so that a training can be repeated.

    `vectors` has a row a point, none of them zero; `weights` say how much each counts in the clusters' centres.
    """

    names: Sequence[str]
    vectors: sp.csr_array
    weights: Floats

    def frame(self, spark: SparkSession) -> DataFrame:
        """position, weight, features: one partition, for what is summed in one order has one result."""
        size = self.vectors.shape[1]
        rows = [
            (place, float(weight), SparseVector(size, row.indices.tolist(), row.data.tolist()))
            for place, (row, weight) in enumerate(zip(_rows(self.vectors), self.weights, strict=True))
        ]
        return spark.createDataFrame(rows, _ROW).coalesce(1)

    @cached_property
    def distinct(self) -> int:
        """How many vectors differ."""
        return len({(row.indices.tobytes(), row.data.tobytes()) for row in _rows(self.vectors)})


@dataclass(frozen=True)
class Candidate:
    """One fit, and how good it is on the training posts."""

    k: int
    start: int
    model: KMeansModel
    clusters: Clusters
    named: Model
    silhouette: float
    balance: float
    coherence: float


@dataclass(frozen=True)
class Choice:
    """The fit that was chosen, and the best of every number of clusters that was tried."""

    best: Candidate
    trials: Sequence[Trial]


@dataclass(frozen=True)
class Search:
    """What a number of clusters is looked for in, and how widely."""

    points: Points
    speak: Speak
    posts: Cooccurrences
    settings: Topics
    grid: Grid
    seed: int

    def run(self, spark: SparkSession, what: str, step: Step) -> Choice:
        """The best of several numbers of clusters, each from several starts; raises NotEnoughData naming `what`."""
        tried = numbers_of_clusters(self.settings, self.grid, self.points.distinct, what)
        frame = self.points.frame(spark).cache()
        try:
            candidates = [candidate for candidate in self._tried(frame, tried, step) if candidate is not None]
        finally:
            frame.unpersist()
        if not candidates:
            raise NotEnoughData(
                f"not enough data: {len(self.points.names):,} {what} fall into fewer clusters than asked"
            )
        return _chosen(candidates)

    def _tried(self, frame: DataFrame, tried: Sequence[int], step: Step) -> Iterator[Candidate | None]:
        starts = range(STARTS[self.grid])
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            attempt = inheritable_thread_target(frame.sparkSession)(partial(self._candidate, frame))
            under_way = {k: [pool.submit(attempt, k, start) for start in starts] for k in tried}
            for k, fits in under_way.items():
                step(f"{k} clusters")
                yield from (each.result() for each in fits)
        finally:
            pool.shutdown(cancel_futures=True)

    def _candidate(self, frame: DataFrame, k: int, start: int) -> Candidate | None:
        """None where a cluster stays empty: it would have no name, and still draw posts."""
        model = fit(frame, k, self.seed + start, "cosine")
        assigned = model.transform(frame)
        clusters = assignment(assigned)
        if len(np.unique(clusters)) < k:
            return None
        evaluator = ClusteringEvaluator(featuresCol=FEATURES, predictionCol=CLUSTER, distanceMeasure="cosine")
        named = self.named(clusters, k)
        # Of a mean over clusters, for balance guards against the heap, and many small clusters of nothing count here.
        coherence = self.posts.mean_npmi(Model(named.words, [1.0] * k))
        silhouette = evaluator.evaluate(assigned)
        return Candidate(k, start, model, clusters, named, silhouette, balance(named.weights), coherence)

    def named(self, clusters: Clusters, k: int) -> Model:
        """Clusters as what their coherence is measured by: each counts once for each of its members."""
        return Model(self.speak(clusters, k), np.bincount(clusters, minlength=k).tolist())


def fit(frame: DataFrame, k: int, seed: int, distance: str) -> KMeansModel:
    """MLlib's k-means. Its `row` solver bears fewer distinct rows than clusters, where `auto` breaks on them."""
    kmeans = KMeans(k=k, seed=seed, distanceMeasure=distance, maxIter=_ITERATIONS, solver="row", weightCol="weight")
    # Of a cached frame MLlib would decode every vector anew at each iteration; of columns of it, it keeps them: 2,000
    # words took a third of the processor time.
    return kmeans.setFeaturesCol(FEATURES).setPredictionCol(CLUSTER).fit(frame.select("weight", FEATURES))


def assignment(assigned: DataFrame) -> Clusters:
    """The cluster of each point. Reads: position, cluster."""
    rows = assigned.select("position", CLUSTER).toArrow().sort_by("position")
    return np.asarray(rows.column(CLUSTER).to_numpy(), np.int64)


def numbers_of_clusters(settings: Topics, grid: Grid, distinct: int, what: str) -> list[int]:
    """What is tried between the settings' least and greatest number, closer together where they are small.

    >>> numbers_of_clusters(Topics(min_clusters=4, max_clusters=24), "small", 1_000, "hashtags")
    [4, 7, 13, 24]
    """
    least, greatest = settings.min_clusters, min(settings.max_clusters, distinct)
    if greatest < least:
        raise NotEnoughData(
            f"not enough data: {distinct:,} {what} that differ, and at least {least:,} clusters are asked for "
            "(topics.min_clusters, topics.max_clusters)"
        )
    return sorted({round(k) for k in np.geomspace(least, greatest, _NUMBERS[grid])})


def balance(counts: Sequence[float]) -> float:
    """Entropy of the sizes over that of equal ones: 0, one cluster has all; 1, all are as large.

    >>> balance([5, 5]), balance([10, 0]), round(balance([9, 1]), 3)
    (1.0, 0.0, 0.469)
    """
    shares = np.array([count for count in counts if count]) / sum(counts)
    return float(-(shares * np.log(shares)).sum() / np.log(len(counts))) + 0.0


def scores(candidates: Sequence[Candidate]) -> Floats:
    """What candidates are chosen by: silhouette, balance and coherence, each from 0, the worst, to 1, the best."""
    judged = np.array([(each.silhouette, each.balance, each.coherence) for each in candidates])
    least, greatest = judged.min(axis=0), judged.max(axis=0)
    spread = np.where(greatest > least, greatest - least, 1.0)
    means: Floats = ((judged - least) / spread).mean(axis=1)
    return means


def _chosen(candidates: Sequence[Candidate]) -> Choice:
    """The best by score; of equals the smaller number of clusters, and the earlier start."""
    scored = sorted(
        zip(scores(candidates), candidates, strict=True), key=lambda each: (-each[0], each[1].k, each[1].start)
    )
    best_of_k = {candidate.k: (score, candidate) for score, candidate in reversed(scored)}
    return Choice(scored[0][1], [_trial(*best_of_k[k]) for k in sorted(best_of_k)])


def _trial(score: float, tried: Candidate) -> Trial:
    return Trial(
        name=f"k={tried.k}",
        params={"k": tried.k, "start": tried.start},
        metrics={
            "silhouette": tried.silhouette,
            "balance": tried.balance,
            "npmi_training": tried.coherence,
            "score": float(score),
        },
    )


def _rows(vectors: sp.csr_array) -> Iterator[sp.csr_array]:
    return (vectors[[place]] for place in range(vectors.shape[0]))
