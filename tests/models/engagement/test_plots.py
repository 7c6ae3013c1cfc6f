"""The pictures: each asks a question, and shows the numbers that it is given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from starling.models.engagement.plots import Findings, figures
from starling.models.trained import Interval

RANDOM = np.random.default_rng(1)
TRUE = RANDOM.exponential(2, 80)
FINDINGS = Findings(
    true=TRUE,
    predicted=TRUE * 0.8 + RANDOM.normal(0, 0.3, 80),
    top_quarter=np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
    chance=np.array([0.9, 0.6, 0.2, 0.7, 0.1, 0.2, 0.3]),
    importance={"line": 0.5, "log_followers": 0.3, "$tsla $gme": 0.2, **{f"word{n}": 0.0 for n in range(60)}},
    curve={200: Interval(0.2, 0.1, 0.3), 50: Interval(0.1, -0.1, 0.2)},
    correlations=pd.DataFrame(np.eye(3), index=["a", "b", "c"], columns=["a", "b", "c"]),
)


@pytest.mark.parametrize("name", figures(FINDINGS))
def test_each_picture_asks_a_question_and_can_be_drawn(name: str) -> None:
    figure = figures(FINDINGS)[name]()
    FigureCanvasAgg(figure).draw()
    assert figure.axes[0].get_title(loc="left").endswith("?")


def test_the_pictures_are_these() -> None:
    assert set(figures(FINDINGS)) == {
        "predicted_against_true", "feature_importance", "confusion_matrix", "learning_curve", "correlations",
    }  # fmt: skip


def test_the_confusion_matrix_counts_what_was_said_of_what_is_so() -> None:
    texts = [text.get_text() for text in figures(FINDINGS)["confusion_matrix"]().axes[0].texts]
    assert texts == ["3\n75%", "1\n25%", "1\n33%", "2\n67%"]


def test_the_heaviest_features_come_first_and_dollars_are_no_mathematics() -> None:
    axes = figures(FINDINGS)["feature_importance"]().axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:3] == ["line", "log followers", r"\$tsla \$gme"]
    assert len(names) == 25


def test_the_learning_curve_goes_from_few_posts_to_many() -> None:
    (line, _) = figures(FINDINGS)["learning_curve"]().axes[0].lines
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([50, 200], [0.1, 0.2])


def test_a_model_that_predicts_one_number_can_be_drawn() -> None:
    same = Findings(**{**vars(FINDINGS), "predicted": np.ones(80)})
    FigureCanvasAgg(figures(same)["predicted_against_true"]()).draw()
