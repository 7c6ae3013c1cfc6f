"""Pictures of clusters: they say what they are given, of any script, and are the same each time."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from starling.models.cluster_plots import (
    Cloud,
    Searched,
    bars,
    by_number_of_clusters,
    cluster_map,
    similarities,
    word_clouds,
)
from starling.models.drawing import colour, drawable, plain
from starling.models.trained import Trial

CJK, ARABIC, HINDI = "\u6771\u4eac", "\u0627\u0644", "\u0928\u092e"
HOSTILE = ["$a $b", "\\frac{", CJK, ARABIC, HINDI, "x" * 200, "\u202eabc", "<script>", "#_^{"]
TRIALS = [
    Trial(f"k={k}", {"k": k, "start": 0}, {"silhouette": k / 10, "balance": 0.5, "npmi_training": -0.1, "score": k / 9})
    for k in (4, 7, 12)
]


def pixels(figure: Figure) -> bytes:
    """What is drawn; a warning, such as of a character that the font lacks, fails the test."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return bytes(canvas.buffer_rgba())


@pytest.mark.parametrize("count", [1, 5, 24])
def test_there_is_a_cloud_for_each_cluster_with_its_number_and_name(count: int) -> None:
    clouds = [Cloud(n + 1, f"label {n}", ["planet", "comet"], [0.75, 0.25]) for n in range(count)]
    figure = word_clouds("What?", clouds, seed=3)
    assert [p.get_title(loc="left") for p in figure.axes if p.images] == [f"{n + 1}   label {n}" for n in range(count)]
    assert figure.get_suptitle() == "What?"


def test_the_same_seed_draws_the_same_clouds_and_another_draws_others() -> None:
    clouds = [Cloud(1, "a", list("abcdef"), [0.3, 0.2, 0.2, 0.1, 0.1, 0.1])]
    one, again, other = (pixels(word_clouds("What?", clouds, seed)) for seed in (3, 3, 4))
    assert one == again
    assert one != other


def test_texts_of_any_script_and_length_are_drawn_without_a_warning() -> None:
    cloud = Cloud(1, " · ".join(HOSTILE), HOSTILE, [1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, -0.5, 0.1])
    pixels(word_clouds("What?", [cloud], seed=1))
    pixels(bars("What?", HOSTILE, list(range(len(HOSTILE))), "posts"))
    pixels(similarities("What?", np.eye(len(HOSTILE)), HOSTILE))
    spots, sizes = np.arange(18.0).reshape(9, 2), np.arange(1.0, 10.0)
    pixels(cluster_map("What?", spots, sizes, np.arange(9), dict(enumerate(HOSTILE)), dict(enumerate(range(9)))))


def test_characters_that_the_font_lacks_are_boxes_and_dollars_no_mathematics() -> None:
    assert drawable(f"{CJK} tower") == "□□ tower"
    assert plain("$a$") == r"\$a\$"
    assert drawable("a" * 30, longest=10) == "a" * 9 + "…"
    assert drawable("a" * 10, longest=10) == "a" * 10


def test_the_first_forty_clusters_have_colours_of_their_own() -> None:
    assert len({colour(number) for number in range(40)}) == 40
    assert colour(0) == "#1f77b4"  # the first of matplotlib's


def test_each_measure_is_drawn_by_number_and_the_chosen_one_marked() -> None:
    figure = by_number_of_clusters("How many?", [Searched("one", TRIALS, 7), Searched("other", TRIALS[:2], 4)])
    pixels(figure)
    silhouette, balance, *_ = figure.axes
    line, mark, other, other_mark = silhouette.lines
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([4, 7, 12], [0.4, 0.7, 1.2])
    assert (list(mark.get_xdata()), list(mark.get_ydata())) == ([7], [0.7])
    assert (list(other.get_xdata()), list(other_mark.get_xdata())) == ([4, 7], [4])
    assert list(balance.lines[0].get_ydata()) == [0.5, 0.5, 0.5]
    assert [text.get_text() for text in silhouette.get_legend().get_texts()] == [
        "one",
        "chosen: 7",
        "other",
        "chosen: 4",
    ]


def test_clusters_that_are_alike_stand_beside_each_other() -> None:
    centres = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.8, 0.6, 0.0], [0.0, 0.6, 0.8]])
    figure = similarities("Which?", centres, ["1 a", "2 b", "3 c", "4 d"])
    pixels(figure)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    shown = figure.axes[0].images[0].get_array()
    place = {name: number for number, name in enumerate(names)}
    assert abs(place["1 a"] - place["3 c"]) == 1
    assert shown[place["1 a"], place["3 c"]] == pytest.approx(0.8)
    assert shown[place["2 b"], place["4 d"]] == pytest.approx(0.6)
    assert shown.mask.tolist() == np.eye(4, dtype=bool).tolist()  # of itself nothing is said
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [name[0] for name in names]


@pytest.mark.parametrize("count", [1, 2])
def test_one_cluster_or_two_can_be_drawn(count: int) -> None:
    pixels(similarities("Which?", np.eye(2)[:count], ["1 a", "2 b"][:count]))


def test_a_map_has_every_point_in_its_cluster_as_large_as_its_posts() -> None:
    spots, sizes, clusters = np.arange(8.0).reshape(4, 2), np.array([1.0, 4.0, 100.0, 100.0]), np.array([1, 0, 1, 0])
    figure = cluster_map("Which?", spots, sizes, clusters, {0: "sky", 1: "food"}, {0: 9, 1: 3})
    pixels(figure)
    first, second = figure.axes[0].collections
    assert (first.get_label(), second.get_label()) == ("3   food", "9   sky")
    assert first.get_offsets().tolist() == spots[[0, 2]].tolist()
    areas = [*first.get_sizes(), *second.get_sizes()]
    assert np.diff(areas[:2])[0] / np.diff(areas[2:])[0] == pytest.approx(99 / 96)
    assert [text.get_text() for text in figure.axes[0].texts] == ["9", "3"]
