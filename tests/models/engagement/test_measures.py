"""Measures beside scikit-learn's and SciPy's, and intervals from draws of authors."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from starling.models.engagement import measures
from starling.models.engagement.measures import Bootstrap, Floats
from starling.models.trained import Interval

RANDOM = np.random.default_rng(3)
ROWS = 200
# With ties, as counts have.
TRUE = np.log1p(RANDOM.integers(0, 30, ROWS)).astype(float)
PREDICTED = np.round(TRUE * 0.6 + RANDOM.normal(0.5, 1, ROWS), 1)
TOP = (TRUE > 2.9).astype(float)
CHANCES = np.round(np.clip(0.5 * TOP + RANDOM.normal(0.3, 0.2, ROWS), 0, 1), 2)
WEIGHTS = RANDOM.integers(0, 4, ROWS).astype(float)


def _repeated(values: Floats) -> Floats:
    return np.repeat(values, WEIGHTS.astype(int))


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("rmse", root_mean_squared_error),
        ("mae", mean_absolute_error),
        ("r2", r2_score),
        ("spearman", lambda true, predicted: spearmanr(true, predicted).statistic),
    ],
)
def test_a_measure_of_numbers_is_the_references_on_rows_and_on_repeated_rows(name, reference) -> None:
    measure = measures.REGRESSION[name]
    assert measure(TRUE, PREDICTED, np.ones(ROWS)) == pytest.approx(reference(TRUE, PREDICTED), abs=1e-12)
    repeated = reference(_repeated(TRUE), _repeated(PREDICTED))
    assert measure(TRUE, PREDICTED, WEIGHTS) == pytest.approx(repeated, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("f1", lambda true, chances: f1_score(true, chances > 0.5)),
        ("accuracy", lambda true, chances: accuracy_score(true, chances > 0.5)),
        ("pr_auc", average_precision_score),
    ],
)
def test_a_measure_of_chances_is_the_references_on_rows_and_on_repeated_rows(name, reference) -> None:
    measure = measures.CLASSIFICATION[name]
    assert measure(TOP, CHANCES, np.ones(ROWS)) == pytest.approx(reference(TOP, CHANCES), abs=1e-12)
    repeated = reference(_repeated(TOP), _repeated(CHANCES))
    assert measure(TOP, CHANCES, WEIGHTS) == pytest.approx(repeated, abs=1e-12)


def test_where_nothing_varies_measures_say_what_can_be_said() -> None:
    ones, true = np.ones(3), np.array([1.0, 2.0, 3.0])
    assert np.isnan(measures.r2(ones, true, ones))
    assert measures.spearman(true, ones, ones) == 0.0
    assert measures.f1(ones, 0 * ones, ones) == 0.0
    assert measures.pr_auc(0 * ones, ones, ones) == 0.0
    assert measures.pr_auc(np.array([0.0, 0.0, 1.0]), ones, ones) == pytest.approx(1 / 3)


def test_authors_are_drawn_whole_and_the_same_ones_for_the_same_seed() -> None:
    names = ["a", "b", "a", "c", "b", "a"]
    bootstrap = Bootstrap.of(names, seed=5)
    assert bootstrap.draws.shape == (measures.RESAMPLES, 3)
    assert set(bootstrap.draws.sum(axis=1)) == {3}
    assert [names[0], names[1], names[3]] == ["a", "b", "c"]
    assert bootstrap.places.tolist() == [0, 1, 0, 2, 1, 0]
    assert (bootstrap.draws == Bootstrap.of(names, seed=5).draws).all()
    assert (bootstrap.draws != Bootstrap.of(names, seed=6).draws).any()


def test_an_interval_is_that_of_a_plain_bootstrap_of_authors() -> None:
    authors = RANDOM.integers(0, 40, ROWS)
    found = Bootstrap.of([f"author {n:02}" for n in authors], seed=1).interval(measures.mae, TRUE, PREDICTED)
    random = np.random.default_rng(99)
    drawn = []
    for _ in range(4_000):
        rows = np.concatenate([np.flatnonzero(authors == one) for one in random.choice(np.unique(authors), 40)])
        drawn.append(np.abs(TRUE[rows] - PREDICTED[rows]).mean())
    assert found.estimate == pytest.approx(np.abs(TRUE - PREDICTED).mean())
    assert (found.low, found.high) == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=0.02)


def test_posts_of_one_author_make_the_interval_wider_than_their_number_says() -> None:
    errors = np.repeat(RANDOM.normal(0, 1, 20), 10)
    alone = Bootstrap.of([str(n) for n in range(ROWS)], 2).interval(measures.mae, errors, 0 * errors)
    together = Bootstrap.of([str(n // 10) for n in range(ROWS)], 2).interval(measures.mae, errors, 0 * errors)
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_a_lead_is_by_how_much_our_squared_error_is_smaller_on_the_same_rows() -> None:
    true, ours, theirs = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 4.0]), np.array([3.0, 2.0, 3.0])
    lead = Bootstrap.of(["a", "b", "c"], 1).lead(true, ours, theirs)
    assert lead.estimate == pytest.approx((4 - 1 + 1) / 3)
    assert (lead.low, lead.high) == (-1.0, 4.0)  # b alone, drawn three times, and a alone
    assert Bootstrap.of(["a", "b", "c"], 1).lead(true, ours, ours) == Interval(0.0, 0.0, 0.0)


def test_a_post_without_an_author_is_its_own() -> None:
    rows = pd.DataFrame({"platform": ["x", "x", "m"], "post_id": ["1", "2", "1"], "author": ["a", None, "a"]})
    assert measures.authors(rows) == ["x a", "x post 2", "m a"]


def test_metrics_have_their_bounds_beside_them() -> None:
    assert dict(measures.with_bounds({"r2": Interval(0.5, 0.4, 0.6)})) == {"r2": 0.5, "r2_low": 0.4, "r2_high": 0.6}
