"""What is drawn of a training."""

import numpy as np
import pytest
import scipy.sparse as sp
from matplotlib.backends.backend_agg import FigureCanvasAgg

from starling.models.cluster_plots import Searched
from starling.models.clustering import Points
from starling.models.topic_plots import centres_of, neighbourhoods, topic_figures, word_figures
from starling.models.trained import Trained, Trial

# Twelve points around two axes.
AXES = np.repeat([0, 1], 6)
_DENSE = np.eye(6)[AXES] + np.random.default_rng(1).random((12, 6)) * 0.2
UNIT = sp.csr_array(_DENSE / np.linalg.norm(_DENSE, axis=1, keepdims=True))
POINTS = Points([f"p{place}" for place in range(12)], UNIT, 1.0 + np.arange(12.0) % 4)
TRIALS = [Trial("k=2", {"k": 2}, {"silhouette": 0.1, "balance": 1.0, "npmi_training": 0.2, "score": 0.5})]
SEARCH = Searched("hashtags", TRIALS, 2)
TOPICS = [
    {"topic": 8, "cluster": 1, "label": "sky", "words": ["sky", "orbit"], "weights": [0.7, 0.3]},
    {"topic": 3, "cluster": 0, "label": "food", "words": ["oven"], "weights": [1.0]},
]


def test_every_figure_of_the_topics_is_drawn_and_asks_a_question() -> None:
    figures = topic_figures(TOPICS, POINTS, AXES, SEARCH, seed=7)
    assert figures.keys() == {"word_clouds", "map", "search", "similarities"}
    drawn = {name: draw() for name, draw in figures.items()}
    for figure in drawn.values():
        FigureCanvasAgg(figure).draw()
        assert (figure.get_suptitle() or figure.axes[0].get_title(loc="left")).endswith("?")
    assert [each.get_label() for each in drawn["map"].axes[0].collections] == ["3   food", "8   sky"]
    assert {t.get_text() for t in drawn["similarities"].axes[0].get_yticklabels()} == {"8 sky", "3 food"}
    assert [p.get_title(loc="left") for p in drawn["word_clouds"].axes] == ["8   sky", "3   food"]


def test_word_clusters_are_drawn_with_the_search_of_both_rivals() -> None:
    figures = word_figures(TOPICS, POINTS, AXES, [SEARCH, Searched("word2vec", TRIALS, 2)], seed=7)
    assert figures.keys() == {"word_clouds", "map", "search", "similarities"}
    assert len(figures["search"]().axes[0].lines) == 4
    assert [p.get_title(loc="left") for p in figures["word_clouds"]().axes] == ["1   sky", "0   food"]


def test_points_that_are_near_on_the_sphere_are_near_on_the_map_and_always_in_the_same_place() -> None:
    spots = neighbourhoods(UNIT, seed=7)
    assert spots.tolist() == neighbourhoods(UNIT, seed=7).tolist()
    distances = np.linalg.norm(spots[:, None] - spots[None], axis=2) + 1e9 * np.eye(12)
    assert AXES[distances.argmin(axis=1)].tolist() == AXES.tolist()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_few_points_have_a_map_too(count: int) -> None:
    assert neighbourhoods(UNIT[:count], seed=7).shape == (count, 2)


def test_a_centre_is_the_mean_of_its_points_by_weight_of_length_one() -> None:
    means = [np.average(UNIT.toarray()[axis == AXES], axis=0, weights=POINTS.weights[axis == AXES]) for axis in (1, 0)]
    expected = [mean / np.linalg.norm(mean) for mean in means]
    assert centres_of(POINTS, AXES, [1, 0]) == pytest.approx(np.array(expected))


@pytest.mark.slow
def test_both_trainings_bring_their_figures(topics_model: Trained, words_model: Trained) -> None:
    for trained in (topics_model, words_model):
        assert trained.figures.keys() == {"word_clouds", "map", "search", "similarities"}
        for draw in trained.figures.values():
            FigureCanvasAgg(draw()).draw()
