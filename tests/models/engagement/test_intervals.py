"""Intervals from the residuals of held-out posts, worked out by hand and held against fresh posts."""

import json

import numpy as np
import pytest

from starling.models.engagement.intervals import LEVEL, Bounds


def test_of_few_posts_all_have_the_same_bounds_which_leave_out_a_tenth_at_either_end() -> None:
    predicted = np.zeros(29) + 5
    true = predicted + np.arange(-14, 15)
    found = Bounds.of(true, predicted, [str(n) for n in range(29)], 1)
    # A tenth of thirty is three: the third from below, and the third from above.
    assert (found.edges, found.low, found.high) == ([], [-12], [12])
    assert found.around(20.0) == (8.0, 32.0)
    assert LEVEL == 0.8
    assert (found.level, found.posts, found.authors, found.coverage) == (LEVEL, 29, 29, None)


def test_of_very_few_posts_the_outermost_residuals_are_the_bounds() -> None:
    found = Bounds.of(np.array([1.0, 2.0, 5.0]), np.array([2.0, 2.0, 2.0]), ["a", "a", "b"], 1)
    assert (found.low, found.high, found.authors) == ([-1.0], [3.0], 2)


def test_no_post_earns_less_than_nothing() -> None:
    found = Bounds.of(np.array([0.0, 0.0, 2.5]), np.array([2.0, 2.0, 2.0]), ["a", "a", "b"], 1)
    assert found.around(1.0) == (0.0, 1.5)


def test_a_prediction_lies_in_its_own_interval() -> None:
    below = Bounds.of(np.array([1.0, 1.5, 1.5]), np.array([2.0, 2.0, 2.0]), ["a", "a", "b"], 1)
    assert (below.low, below.high) == ([-1.0], [0.0])
    above = Bounds.of(np.array([3.0, 3.5, 3.5]), np.array([2.0, 2.0, 2.0]), ["a", "a", "b"], 1)
    assert (above.low, above.high) == ([0.0], [1.5])


def test_posts_that_are_predicted_alike_share_their_bounds() -> None:
    predicted = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 40)
    residuals = np.tile(np.linspace(-1, 1, 40), 5) * predicted
    found = Bounds.of(predicted + residuals, predicted, [str(n) for n in range(200)], 1)
    assert found.edges == [1.0, 2.0, 3.0, 4.0]
    # A tenth of 41 is four.
    fourth = np.linspace(-1, 1, 40)[3]
    assert found.low == pytest.approx([fourth * each for each in (1, 2, 3, 4, 5)])
    assert found.high == pytest.approx([-fourth * each for each in (1, 2, 3, 4, 5)])
    assert found.around(2.0) == pytest.approx((2 + 2 * fourth, 2 - 2 * fourth))
    assert found.around(2.001) == pytest.approx((0.0, 2.001 - 3 * fourth))
    assert found.around(9.0) == pytest.approx((9 + 5 * fourth, 9 - 5 * fourth))


def test_posts_that_are_all_predicted_the_same_are_one_class() -> None:
    found = Bounds.of(np.arange(300.0), np.full(300, 2.0), [str(n) for n in range(300)], 1)
    assert found.edges == []
    assert len(found.low) == 1


def test_fresh_posts_lie_in_their_intervals_as_often_as_is_said_however_hard_they_are_to_predict() -> None:
    random = np.random.default_rng(3)
    predicted = random.uniform(1, 9, 40_000)
    true = np.maximum(predicted + random.standard_normal(40_000) * predicted / 4, 0)
    found = Bounds.of(true[:5_000], predicted[:5_000], [str(n // 5) for n in range(5_000)], 1)
    assert found.coverage == pytest.approx(LEVEL, abs=0.01)
    bounds = np.array([found.around(each) for each in predicted[5_000:]])
    inside = (bounds[:, 0] <= true[5_000:]) & (true[5_000:] <= bounds[:, 1])
    assert inside.mean() == pytest.approx(LEVEL, abs=0.02)
    hard = predicted[5_000:] > 8
    assert inside[hard].mean() == pytest.approx(LEVEL, abs=0.06)


def test_where_authors_differ_less_is_covered_than_is_asked_for_and_it_is_said() -> None:
    random = np.random.default_rng(5)
    whose = np.repeat(np.arange(12), 50)
    true = 10 + random.standard_normal(12)[whose] * 3
    found = Bounds.of(true, np.full(600, 10.0), [str(author) for author in whose], 1)
    assert found.coverage is not None
    assert 0.3 < found.coverage < 0.78


def test_they_are_the_same_after_a_card_has_been_json() -> None:
    random = np.random.default_rng(7)
    found = Bounds.of(random.uniform(0, 9, 500), random.uniform(0, 9, 500), ["a", "b"] * 250, 1)
    assert Bounds.of_card(json.loads(json.dumps({"interval": found.as_json}))) == found
    assert Bounds.of_card({"importance": {}}) is None
