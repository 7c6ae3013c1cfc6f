"""The topic of a post, by a trained model: one Arrow UDF that says what the model's own stages would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from pyspark.ml import PipelineModel
from pyspark.ml.clustering import KMeansModel
from pyspark.ml.feature import CountVectorizerModel, IDFModel
from pyspark.sql import DataFrame
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import DoubleType, IntegerType, StringType, StructField, StructType

from starling.errors import ModelError
from starling.models.coherence import Floats, word_counts
from starling.models.mllib.arrays import dense
from starling.models.mllib.saved import stages
from starling.models.trained import Loaded

UNKNOWN_TERMS = "no known terms"
# No term of the post is in any topic's centre: the nearest of them would be the first, whatever it is about.
UNLIKE = "like no topic"

_KINDS = ["CountVectorizerModel", "IDFModel", "Normalizer", "KMeansModel"]

_SCORE = StructType(
    [
        StructField("topic", IntegerType()),
        StructField("topic_similarity", DoubleType()),
        StructField("topic_reason", StringType()),
    ]
)


@dataclass(frozen=True)
class Parameters:
    """What the fitted stages hold, as numbers: a pipeline of four stages takes longer to plan than a batch to score."""

    place: Mapping[str, int]  # of a term in the vocabulary
    idf: Floats
    centres: Floats  # one row a cluster, of length 1
    topics: Sequence[int]  # the topic of each cluster

    @classmethod
    def of(cls, pipeline: PipelineModel, card: Mapping[str, Any]) -> "Parameters":
        """Those of a model of hashtag topics."""
        counting, weighting, _, kmeans = pipeline.stages
        assert isinstance(counting, CountVectorizerModel)
        assert isinstance(weighting, IDFModel)
        assert isinstance(kmeans, KMeansModel)
        return cls._made(counting.vocabulary, weighting.idf.toArray(), np.array(kmeans.clusterCenters()), card)

    @classmethod
    def saved(cls, files: Path, card: Mapping[str, Any]) -> "Parameters":
        """Those of a model that MLlib has saved in the folder. Raises ModelError where it has other stages."""
        found = [*stages(files)]
        if [stage.kind for stage in found] != _KINDS:
            raise ModelError(f"the stages are {', '.join(stage.kind for stage in found)}; wanted {', '.join(_KINDS)}")
        counting, weighting, _, kmeans = found
        clusters = sorted(kmeans.learnt().to_pylist(), key=lambda row: row["clusterIdx"])
        centres = np.array([dense(row["clusterCenter"]) for row in clusters])
        return cls._made(counting.learnt_row()["vocabulary"], dense(weighting.learnt_row()["idf"]), centres, card)

    @classmethod
    def _made(cls, vocabulary: Sequence[str], idf: Floats, centres: Floats, card: Mapping[str, Any]) -> "Parameters":
        topics = {topic["cluster"]: topic["topic"] for topic in card["topics"]}
        return cls(
            place={term: index for index, term in enumerate(vocabulary)},
            idf=idf,
            centres=centres / np.linalg.norm(centres, axis=1, keepdims=True),
            topics=[topics[cluster] for cluster in range(len(centres))],
        )


def score(posts: DataFrame, loaded: Loaded) -> DataFrame:
    """Adds the topic that each post is nearest to. Grain: one row a post, still.

    Reads: terms array<string>.
    Adds: topic int, topic_similarity double [0, 1], the cosine of the post to the topic's centre, and topic_reason
    string: why there is no topic, null where there is one.
    """
    parameters = _parameters(loaded)

    def score_all(terms: pa.Array) -> pa.Array:
        return scores(terms.to_pylist(), parameters)

    udf = arrow_udf(score_all, _SCORE)  # type: ignore[call-overload]
    return posts.withColumn("topic_score", udf("terms")).select("*", "topic_score.*").drop("topic_score")


@lru_cache(maxsize=4)
def _parameters(loaded: Loaded) -> Parameters:
    """Asked of the JVM once a model, and not with every micro-batch."""
    return Parameters.of(loaded.pipeline, loaded.card)


def scores(posts: Sequence[Sequence[str] | None], parameters: Parameters) -> pa.StructArray:
    """topic, topic_similarity and topic_reason of posts' terms."""
    vectors = unit_tf_idf(word_counts(posts, parameters.place), parameters.idf)
    similarities = np.asarray(vectors @ parameters.centres.T)
    nearest = similarities.argmax(axis=1)
    similarity = np.clip(similarities[np.arange(len(posts)), nearest], 0.0, 1.0)
    unlike = similarity <= 0
    topics = np.asarray(parameters.topics, np.int32)[nearest]
    reasons = np.where(np.diff(vectors.indptr) == 0, UNKNOWN_TERMS, UNLIKE)
    columns = [pa.array(topics, mask=unlike), pa.array(similarity, mask=unlike), pa.array(reasons, mask=~unlike)]
    return pa.StructArray.from_arrays(columns, names=_SCORE.names)


def unit_tf_idf(counted: sp.csr_array, idf: Floats) -> sp.csr_array:
    """Counts weighted by IDF, each row of length 1; a row without weight stays empty."""
    weighted = counted.multiply(idf).tocsr()
    weighted.eliminate_zeros()
    lengths = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    weighted.data /= np.repeat(lengths, np.diff(weighted.indptr))
    return weighted
