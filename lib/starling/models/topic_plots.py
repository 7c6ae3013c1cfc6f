"""What is drawn of a training of clusters: clouds of words, the map, the search, and how much clusters are alike."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from matplotlib.figure import Figure
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn brings it

from starling.models.cluster_plots import (
    Cloud,
    Searched,
    by_number_of_clusters,
    cluster_map,
    similarities,
    word_clouds,
)
from starling.models.clustering import Clusters, Points
from starling.models.coherence import TOP_WORDS, Floats

Figures = dict[str, Callable[[], Figure]]

# A map of more points takes long to find, and shows no more.
MOST_SPOTS = 500
_NEIGHBOURS = 20.0


def topic_figures(
    topics: Sequence[Mapping[str, Any]], points: Points, clusters: Clusters, search: Searched, seed: int
) -> Figures:
    """By name, of hashtag topics as the card has them."""
    numbers = {topic["cluster"]: topic["topic"] for topic in topics}
    return {
        "word_clouds": partial(word_clouds, "What is each topic about?", _clouds(topics, "topic"), seed),
        "map": partial(
            _map, "Which hashtags are used with the same words?", points, clusters, _labels(topics), numbers, seed
        ),
        "search": partial(by_number_of_clusters, "How many topics are there?", [search]),
        "similarities": partial(
            _similarities, "Which topics are alike in their words?", points, clusters, topics, "topic"
        ),
    }


def word_figures(
    described: Sequence[Mapping[str, Any]],
    points: Points,
    clusters: Clusters,
    searches: Sequence[Searched],
    seed: int,
) -> Figures:
    """By name, of word clusters as the card has them."""
    numbers = {each["cluster"]: each["cluster"] for each in described}
    return {
        "word_clouds": partial(word_clouds, "Which words go together?", _clouds(described, "cluster"), seed),
        "map": partial(_map, "Which words are used alike?", points, clusters, _labels(described), numbers, seed),
        "search": partial(by_number_of_clusters, "How many clusters, of which vectors?", searches),
        "similarities": partial(
            _similarities, "Which clusters of words are used alike?", points, clusters, described, "cluster"
        ),
    }


def _clouds(described: Sequence[Mapping[str, Any]], number: str) -> list[Cloud]:
    return [
        Cloud(each[number], each["label"], each["words"][:TOP_WORDS], each["weights"][:TOP_WORDS]) for each in described
    ]


def _labels(described: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {each["cluster"]: each["label"] for each in described}


def _map(
    title: str, points: Points, clusters: Clusters, labels: Mapping[int, str], numbers: Mapping[int, int], seed: int
) -> Figure:
    """The points that weigh most, where those that are near each other on the sphere are near each other."""
    shown = np.sort(np.argsort(-points.weights, kind="stable")[:MOST_SPOTS])
    spots = neighbourhoods(points.vectors[shown], seed)
    return cluster_map(title, spots, points.weights[shown] ** 2, clusters[shown], labels, numbers)


def neighbourhoods(vectors: sp.csr_array, seed: int) -> Floats:
    """Two coordinates a row: t-SNE (van der Maaten, L. & Hinton, G. 2008) of the cosine distances.

    The first two principal components, which are quicker, leave most of a corpus's hashtags in one spot.
    """
    if vectors.shape[0] < 4:  # too few to have neighbours
        return np.column_stack([np.arange(vectors.shape[0]), np.zeros(vectors.shape[0])]).astype(np.float64)
    distances = np.clip(1.0 - (vectors @ vectors.T).toarray(), 0.0, None)
    np.fill_diagonal(distances, 0.0)
    perplexity = min(_NEIGHBOURS, (len(distances) - 1) / 3)
    tsne = TSNE(metric="precomputed", init="random", perplexity=perplexity, random_state=seed)
    with threadpool_limits(1):  # threads that wait for each other beside a busy Spark: 17 s instead of one
        spots: Floats = tsne.fit_transform(distances).astype(np.float64)
    return spots


def _similarities(
    title: str, points: Points, clusters: Clusters, described: Sequence[Mapping[str, Any]], number: str
) -> Figure:
    centres = centres_of(points, clusters, [each["cluster"] for each in described])
    return similarities(title, centres, [f"{each[number]} {each['label']}" for each in described])


def centres_of(points: Points, clusters: Clusters, wanted: Sequence[int]) -> Floats:
    """The centres of clusters (rows), of length 1."""
    members = sp.csr_array(
        (points.weights, (clusters, np.arange(len(clusters)))), shape=(max(wanted) + 1, len(clusters))
    )
    centres: Floats = (members @ points.vectors).toarray()[list(wanted)]
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return centres
