"""gold.sentiment_by_hour, computed again in plain Python from real posts."""

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from gold.real_posts import COLUMNS, Post, real_posts
from gold.tallied import Count, by_tally
from starling.gold import tally
from starling.gold.sentiment_by_hour import TABLE, sentiment_by_hour
from starling.sentiment.correction import corrected

HOUR = datetime(2021, 6, 1, 10, tzinfo=timezone.utc)


@pytest.fixture(scope="module", params=[sentiment_by_hour, by_tally(tally.sentiment)], ids=["spark", "tally"])
def count(request: pytest.FixtureRequest) -> Count:
    """Either way of counting."""
    return request.param


def _by_hour(spark: SparkSession, posts: list[Post], count: Count) -> dict[tuple[str, int], Row]:
    """By platform and the hour's seconds."""
    rows = count(spark.createDataFrame(posts, COLUMNS).repartition(3))
    assert [(f.name, f.dataType) for f in rows.schema] == [(f.name, f.dataType) for f in TABLE.schema]
    found = rows.withColumn("seconds", F.unix_seconds("hour")).collect()
    by_key = {(row.platform, row.seconds): row for row in found}
    assert len(by_key) == len(found)
    return by_key


def _mean(compounds: list[float]) -> float | None:
    """The mean of numbers of four decimals, summed without rounding."""
    return float(sum(map(Decimal, map(str, compounds)))) / len(compounds) if compounds else None


def test_real_posts_are_counted_by_the_hour(spark: SparkSession, count: Count) -> None:
    by_hour: dict[tuple[str, int], list[Post]] = defaultdict(list)
    posts = real_posts()
    for post in posts:
        by_hour[post.platform, int(post.created_at.timestamp()) // 3600 * 3600].append(post)
    found = _by_hour(spark, posts, count)
    assert found.keys() == by_hour.keys()
    for key, of_hour in by_hour.items():
        compounds = [post.compound for post in of_hour if post.compound is not None]
        labels = [post.sentiment for post in of_hour]
        expected = (
            len(of_hour),
            len(compounds),
            *(labels.count(label) for label in ("positive", "neutral", "negative")),
            _mean(compounds),
        )
        row = found[key]
        assert (row.posts, row.scored, row.positive, row.neutral, row.negative, row.mean_compound) == expected
        for label in ("positive", "negative"):
            shares = [row[f"{label}_{part}"] for part in ("share", "corrected", "low", "high")]
            wanted = corrected(label, (row.positive, row.neutral, row.negative))
            assert shares == ([wanted.share, wanted.corrected, wanted.low, wanted.high] if wanted else [None] * 4)
    assert sum(row.posts for row in found.values()) == len(posts) > 2_900


@pytest.fixture(scope="module")
def made_up(spark: SparkSession, count: Count) -> dict[tuple[str, int], Row]:
    def post(platform: str, minutes: float, compound: float | None, label: str | None) -> Post:
        return Post(platform, HOUR + timedelta(minutes=minutes), "a", [], compound, label)

    return _by_hour(
        spark,
        [
            post("x", 0, 0.1, "positive"),
            post("x", 20, 0.2, "positive"),
            post("x", 59.9999, 0.3, "positive"),
            post("x", 60, -0.5, "negative"),
            post("x", -0.0001, None, None),
            post("mastodon", 0, None, None),
            post("mastodon", 1, 0.0, "neutral"),
        ],
        count,
    )


def test_an_hour_holds_its_first_moment_and_not_the_next_hour_s(made_up: dict[tuple[str, int], Row]) -> None:
    start = int(HOUR.timestamp())
    posts = {key: row.posts for key, row in made_up.items()}
    assert posts == {("x", start - 3600): 1, ("x", start): 3, ("x", start + 3600): 1, ("mastodon", start): 2}


def test_the_mean_is_exact_to_the_last_digit_and_null_where_nothing_is_scored(
    made_up: dict[tuple[str, int], Row],
) -> None:
    start = int(HOUR.timestamp())
    assert 0.1 + 0.2 + 0.3 != 0.6  # which is what a sum of doubles would say
    assert made_up["x", start].mean_compound == 0.6 / 3
    assert (made_up["x", start - 3600].scored, made_up["x", start - 3600].mean_compound) == (0, None)
    assert (made_up["mastodon", start].scored, made_up["mastodon", start].mean_compound) == (1, 0.0)
