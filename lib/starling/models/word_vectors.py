"""Words as vectors, made in two ways: from the posts that they are in, and by a network that guesses their neighbours.

TF-IDF: the sum of the TF-IDF of a word's posts, over the same vocabulary (the word space of Schütze, H. (1998):
Automatic Word Sense Discrimination), so that words that are used together, or with the same words, are near each other.
Word2Vec: Mikolov, T. et al. (2013): Efficient Estimation of Word Representations in Vector Space.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from pyspark.ml import Transformer
from pyspark.ml.feature import IDF, CountVectorizerModel, Normalizer, Word2Vec

from starling.errors import NotEnoughData
from starling.models.clustering import FEATURES, Clusters, Points
from starling.models.coherence import TOP_WORDS, Cooccurrences, Floats, Words
from starling.models.corpus import Documents
from starling.models.topic_scores import unit_tf_idf

TF_IDF = "tf_idf"
WORD2VEC = "word2vec"
# Word2Vec must read a small corpus several times before it has learnt anything; its time grows with what it reads.
_SIZE = 50
_MOST_PASSES = 5
_ENOUGH_TERMS = 500_000


@dataclass(frozen=True)
class Space:
    """Words as unit vectors, and the stages that make such a vector of any terms, a word alone or a post's.

    `places` are the points' places in the vocabulary.
    """

    name: str
    stages: Sequence[Transformer]
    points: Points
    places: Sequence[int]

    def cosines(self, clusters: Clusters, k: int) -> Floats:
        """Of each word to the centre of its cluster, -1 to 1."""
        words = np.arange(len(clusters))
        members = sp.csr_array((self.points.weights, (clusters, words)), shape=(k, len(clusters)))
        centres = (members @ self.points.vectors).toarray()
        lengths = np.linalg.norm(centres, axis=1, keepdims=True)
        near: Floats = self.points.vectors @ (centres / np.where(lengths > 0, lengths, 1.0)).T
        return np.clip(near[words, clusters], -1.0, 1.0)

    def members(self, clusters: Clusters, k: int) -> list[Clusters]:
        """The points of each cluster, those first that the centre has most of: near it, and of many posts."""
        parts = self.cosines(clusters, k) * self.points.weights
        order = np.argsort(-parts, kind="stable")
        return [order[clusters[order] == cluster] for cluster in range(k)]

    def words(self, clusters: Clusters, k: int) -> list[Words]:
        """The first of each cluster's words, by their place in the vocabulary."""
        return [[self.places[point] for point in members[:TOP_WORDS]] for members in self.members(clusters, k)]


def tf_idf(found: Documents, training: Cooccurrences) -> Space:
    """Raises NotEnoughData where no word tells a text from another."""
    counting = CountVectorizerModel.from_vocabulary(list(found.vocabulary), inputCol="terms", outputCol="counts")
    weighting = IDF(inputCol="counts", outputCol="tf_idf").fit(counting.transform(found.training))
    vectors = unit_tf_idf(training.counts, weighting.idf.toArray())
    places = np.flatnonzero(np.diff(vectors.indptr)).tolist()
    if not places:
        raise NotEnoughData(
            f"not enough data: each of {len(found.vocabulary):,} words is in all of {found.training_posts:,} texts"
        )
    normalizer = Normalizer(inputCol="tf_idf", outputCol=FEATURES, p=2.0)
    return _space(TF_IDF, [counting, weighting, normalizer], vectors[places], places, found, training)


def word2vec(found: Documents, training: Cooccurrences, places: Sequence[int], seed: int) -> Space:
    """Of the words at the places alone; learnt in one partition and one order, so that it can be learnt again."""
    passes = _ENOUGH_TERMS // int(training.counts.diagonal().sum())
    sentences = found.training.select("text_hash", "terms").coalesce(1).sortWithinPartitions("text_hash")
    network = Word2Vec(
        vectorSize=_SIZE,
        maxIter=max(1, min(_MOST_PASSES, passes)),
        minCount=int(training.counts.diagonal().min()),
        numPartitions=1,
        seed=seed,
        inputCol="terms",
        outputCol="vector",
    ).fit(sentences)
    known = {row.word: row.vector.toArray() for row in network.getVectors().collect()}
    vectors = np.array([known[found.vocabulary[place]] for place in places])
    unit = sp.csr_array(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    normalizer = Normalizer(inputCol="vector", outputCol=FEATURES, p=2.0)
    return _space(WORD2VEC, [network, normalizer], unit, places, found, training)


def _space(
    name: str,
    stages: Sequence[Transformer],
    vectors: sp.csr_array,
    places: Sequence[int],
    found: Documents,
    training: Cooccurrences,
) -> Space:
    """A word of 400 posts weighs as much as 20 of one."""
    posts = training.counts.diagonal()[places]
    return Space(name, stages, Points([found.vocabulary[place] for place in places], vectors, np.sqrt(posts)), places)
