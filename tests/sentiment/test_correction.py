"""The corrected shares, beside the same numbers worked out in other ways."""

from fractions import Fraction

import numpy as np
import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from starling.sentiment.agreement import LABELS
from starling.sentiment.correction import CONFUSION, corrected, corrected_in

# positive, neutral, negative as VADER counts them
COUNTS = [(636, 201, 162), (10, 80, 10), (0, 0, 1), (1, 0, 0), (2700, 297, 1203), (0, 0, 0)]


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> list[Row]:
    counts = [F.col(label) for label in LABELS]
    frame = spark.createDataFrame(COUNTS, "positive long, neutral long, negative long").coalesce(1)
    return frame.withColumns(corrected("positive", counts) | corrected("negative", counts)).collect()


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


@pytest.mark.parametrize("case", range(len(COUNTS) - 1))
def test_the_corrected_shares_solve_the_linear_system_and_stay_shares(rows: list[Row], case: int) -> None:
    counts, row = COUNTS[case], rows[case]
    positive, _, negative = solved([Fraction(count, sum(counts)) for count in counts])
    assert row.positive_share == counts[0] / sum(counts)
    assert row.negative_share == counts[2] / sum(counts)
    assert row.positive_corrected == pytest.approx(float(min(max(positive, 0), 1)), abs=1e-12)
    assert row.negative_corrected == pytest.approx(float(min(max(negative, 0), 1)), abs=1e-12)
    assert 0 <= row.positive_low <= row.positive_corrected <= row.positive_high <= 1
    assert 0 <= row.negative_low <= row.negative_corrected <= row.negative_high <= 1


def test_where_nothing_is_scored_nothing_is_said(rows: list[Row]) -> None:
    assert [value for name, value in rows[-1].asDict().items() if name not in LABELS] == [None] * 8


def test_one_post_says_next_to_nothing(rows: list[Row]) -> None:
    assert (rows[3].positive_low, rows[3].positive_high) == (0.0, 1.0)


def test_the_interval_is_that_of_resampled_posts_and_resampled_ratings(rows: list[Row]) -> None:
    rng = np.random.default_rng(1)
    found = np.array(COUNTS[0])
    draws = []
    for _ in range(4000):
        rated = np.array([rng.multinomial(sum(row), np.array(row) / sum(row)) for row in CONFUSION], dtype=float)
        shares = rng.multinomial(found.sum(), found / found.sum()) / found.sum()
        draws.append(np.linalg.solve((rated / rated.sum(axis=1, keepdims=True)).T, shares))
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    assert (rows[0].positive_low, rows[0].positive_high) == pytest.approx((low[0], high[0]), abs=0.015)
    # The lower end lies below zero, and is cut.
    assert (rows[0].negative_low, rows[0].negative_high) == pytest.approx((max(low[2], 0), high[2]), abs=0.015)


@pytest.mark.parametrize("case", range(len(COUNTS)))
@pytest.mark.parametrize("label", ["positive", "negative"])
def test_counts_in_python_are_corrected_as_golds_columns_are(rows: list[Row], case: int, label: str) -> None:
    said = [rows[case][f"{label}_{part}"] for part in ("share", "corrected", "low", "high")]
    found = corrected_in(label, COUNTS[case])
    assert (found and [found.share, found.corrected, found.low, found.high]) == (
        None if said[0] is None else pytest.approx(said, abs=1e-12)
    )


def test_added_up_counts_are_corrected_to_the_solution_for_all_of_them() -> None:
    found = corrected_in("positive", (646, 281, 172))
    positive, _, _ = solved([Fraction(646, 1099), Fraction(281, 1099), Fraction(172, 1099)])
    assert found is not None
    assert found.corrected == pytest.approx(float(positive), abs=1e-12)
