"""The corrected shares, beside the same numbers worked out in other ways."""

from fractions import Fraction

import numpy as np
import pytest

from starling.sentiment.agreement import LABELS
from starling.sentiment.correction import CONFUSION, corrected

# positive, neutral, negative as VADER counts them
COUNTS = [(636, 201, 162), (10, 80, 10), (0, 0, 1), (1, 0, 0), (2700, 297, 1203), (646, 281, 172)]


def solved(shares: list[Fraction]) -> list[Fraction]:
    """The true shares q with q M = p, by Cramer's rule in exact fractions."""
    m = [[Fraction(count, sum(row)) for count in row] for row in CONFUSION]

    def det(a: list[list[Fraction]]) -> Fraction:
        return (
            a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1])
            - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0])
            + a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0])
        )

    return [det([shares if i == k else m[i] for i in range(3)]) / det(m) for k in range(3)]


@pytest.mark.parametrize("counts", COUNTS)
def test_the_corrected_shares_solve_the_linear_system_and_stay_shares(counts: tuple[int, ...]) -> None:
    true = dict(zip(LABELS, solved([Fraction(count, sum(counts)) for count in counts]), strict=True))
    for place, label in enumerate(LABELS):
        found = corrected(label, counts)
        assert found is not None
        assert found.share == counts[place] / sum(counts)
        assert found.corrected == pytest.approx(float(min(max(true[label], 0), 1)), abs=1e-12)
        assert 0 <= found.low <= found.corrected <= found.high <= 1


def test_where_nothing_is_scored_nothing_is_said() -> None:
    assert corrected("positive", (0, 0, 0)) is None


def test_one_post_says_next_to_nothing() -> None:
    found = corrected("positive", (1, 0, 0))
    assert found is not None
    assert (found.low, found.high) == (0.0, 1.0)


def test_the_interval_is_that_of_resampled_posts_and_resampled_ratings() -> None:
    rng = np.random.default_rng(1)
    counts = np.array(COUNTS[0])
    draws = []
    for _ in range(4000):
        rated = np.array([rng.multinomial(sum(row), np.array(row) / sum(row)) for row in CONFUSION], dtype=float)
        shares = rng.multinomial(counts.sum(), counts / counts.sum()) / counts.sum()
        draws.append(np.linalg.solve((rated / rated.sum(axis=1, keepdims=True)).T, shares))
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    positive, negative = corrected("positive", COUNTS[0]), corrected("negative", COUNTS[0])
    assert positive is not None
    assert negative is not None
    assert (positive.low, positive.high) == pytest.approx((low[0], high[0]), abs=0.015)
    # The lower end lies below zero, and is cut.
    assert (negative.low, negative.high) == pytest.approx((max(low[2], 0), high[2]), abs=0.015)
