"""Which side a post is on, and where its top quarter lies, worked out again in plain Python."""

import hashlib
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from pyspark.sql import SparkSession

from starling.errors import NotEnoughData
from starling.models.engagement.split import FOLDS, Boundary, boundary, with_sides, with_top_quarter

START = datetime(2021, 6, 1, tzinfo=timezone.utc)
ROWS = "platform string, post_id string, author string, created_at timestamp, text_hash string, log_engagement double"


def _digits(author: str, start: int) -> int:
    return int(hashlib.sha256(author.encode()).hexdigest()[start : start + 8], 16)


def _is_out(author: str) -> bool:
    return _digits(author, 0) / 16**8 < 0.3


AUTHORS = [f"author {n}" for n in range(40)]
IN = next(name for name in AUTHORS if not _is_out(f"x:{name}"))
OUT = next(name for name in AUTHORS if _is_out(f"x:{name}"))


@pytest.fixture(scope="module")
def rows():
    """400 posts an hour apart by forty authors; one in ten without an author."""
    random = np.random.default_rng(1)
    return [
        (
            "x" if n % 5 else "m",
            str(n),
            None if n % 10 == 3 else AUTHORS[random.integers(0, 40)],
            START + timedelta(hours=n),
            f"text {random.integers(0, 350)}",
            float(np.log1p(random.integers(0, 50))),
        )
        for n in range(400)
    ]


def test_the_newest_share_of_posts_is_held_out(spark: SparkSession, rows) -> None:
    found = boundary(spark.createDataFrame(rows, ROWS), 0.3, 0.25)
    assert found.held_out_authors == 0.3
    expected = START.timestamp() + 3600 * np.percentile(range(400), 75)
    assert found.held_out_from.timestamp() == pytest.approx(expected, abs=1e-5)


def test_no_rows_have_no_boundary(spark: SparkSession) -> None:
    with pytest.raises(NotEnoughData, match="not enough data: no post with settled counts"):
        boundary(spark.createDataFrame([], ROWS), 0.3, 0.3)


def test_held_out_rows_are_of_other_authors_and_later_and_no_copies(spark: SparkSession, rows) -> None:
    at = Boundary(0.3, START + timedelta(hours=250))
    found = {row.post_id: row for row in with_sides(spark.createDataFrame(rows, ROWS), at).collect()}
    sides = {}
    for platform, post_id, author, created_at, _, _ in rows:
        late, out = created_at >= at.held_out_from, _is_out(f"{platform}:{author or post_id}")
        sides[post_id] = "test" if late and out else "aside" if late or out else "train"
    trained = {row[4] for row in rows if sides[row[1]] == "train"}
    sides |= {row[1]: "copy" for row in rows if sides[row[1]] == "test" and row[4] in trained}
    assert {post_id: row.side for post_id, row in found.items()} == sides
    assert set(sides.values()) == {"train", "test", "aside", "copy"}
    folds = {row[1]: _digits(f"{row[0]}:{row[2] or row[1]}", 8) % FOLDS for row in rows}
    assert {post_id: row.fold for post_id, row in found.items()} == folds
    assert set(folds.values()) == {0, 1, 2}


def _sided(spark: SparkSession, made: list[tuple[str, str, str | None, float, float]]):
    """Rows of platform, side, author, hours after the boundary, log_engagement."""
    at = Boundary(0.3, START)
    rows = [
        (platform, str(n), author, START + timedelta(hours=hours), side, label)
        for n, (platform, side, author, hours, label) in enumerate(made)
    ]
    names = "platform string, post_id string, author string, created_at timestamp, side string, log_engagement double"
    return [
        row
        for _, row in sorted(
            (int(row.post_id), row) for row in with_top_quarter(spark.createDataFrame(rows, names), at).collect()
        )
    ]


def test_an_author_of_many_earlier_posts_has_a_quarter_of_its_own(spark: SparkSession) -> None:
    many = [("x", "train", "ann", -n - 1.0, float(n)) for n in range(20)]  # 0 to 19: three quarters end at 14.25
    few = [("x", "train", "bob", -n - 1.0, 100.0) for n in range(19)]
    late = [("x", "aside", "ann", 0.0, 15.0), ("x", "aside", "ann", 1.0, 14.0), ("x", "test", "bob", 5.0, 99.0)]
    rows = _sided(spark, many + few + late)
    ann, bob = rows[:20], rows[20:39]
    assert {row.threshold for row in ann} == {14.25}
    assert [row.top_quarter for row in ann] == [float(n > 14.25) for n in range(20)]
    overall = float(np.percentile([*range(20), *[100] * 19], 75))
    assert {(row.own_threshold, row.threshold) for row in bob} == {(False, overall)}
    assert [(row.own_threshold, row.threshold, row.top_quarter) for row in rows[39:]] == [
        (True, 14.25, 1.0), (True, 14.25, 0.0), (False, overall, 0.0),
    ]  # fmt: skip


def test_a_platforms_quarter_is_that_of_training_rows_and_a_new_platform_has_that_of_all(spark: SparkSession) -> None:
    rows = _sided(
        spark,
        [
            *(("x", "train", None, -1.0, float(n)) for n in range(5)),
            *(("m", "train", "ann", -1.0, 10.0 + n) for n in range(5)),
            ("x", "test", "carl", 1.0, 3.0), ("x", "test", "carl", 1.0, 3.1),
            ("b", "test", "carl", 1.0, 12.0), ("m", "aside", "ann", 1.0, 1_000.0),
        ],
    )  # fmt: skip
    assert [row.threshold for row in rows] == [3.0] * 5 + [13.0] * 5 + [3.0, 3.0, 11.75, 13.0]
    assert [row.top_quarter for row in rows[10:]] == [0.0, 1.0, 1.0, 1.0]
