"""gold.hashtag_trends, computed again in plain Python from real posts, and its burst score by hand."""

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from math import sqrt

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from gold.real_posts import COLUMNS, Post, real_posts
from gold.tallied import Count, by_tally
from starling.gold import tally
from starling.gold.hashtag_trends import TABLE, hashtag_counts, hashtag_trends

Key = tuple[str, int, str]
HOUR = datetime(2021, 6, 1, 10, tzinfo=timezone.utc)
START = int(HOUR.timestamp())


@pytest.fixture(scope="module", params=[hashtag_counts, by_tally(tally.hashtags)], ids=["spark", "tally"])
def count(request: pytest.FixtureRequest) -> Count:
    """Either way of counting."""
    return request.param


def _trends(spark: SparkSession, posts: list[Post], count: Count, baseline_hours: int) -> dict[Key, Row]:
    """By platform, the hour's seconds and hashtag."""
    rows = hashtag_trends(count(spark.createDataFrame(posts, COLUMNS)), baseline_hours)
    assert [(f.name, f.dataType) for f in rows.schema] == [(f.name, f.dataType) for f in TABLE.schema]
    found = rows.withColumn("seconds", F.unix_seconds("hour")).collect()
    by_key = {(row.platform, row.seconds, row.hashtag): row for row in found}
    assert len(by_key) == len(found)
    return by_key


@pytest.mark.parametrize("baseline_hours", [24, 3])
def test_real_hashtags_are_counted_by_the_hour(spark: SparkSession, count: Count, baseline_hours: int) -> None:
    groups: dict[Key, list[Post]] = defaultdict(list)
    posts = real_posts()
    for post in posts:
        for tag in post.hashtags:
            groups[post.platform, int(post.created_at.timestamp()) // 3600 * 3600, tag].append(post)
    found = _trends(spark, posts, count, baseline_hours)
    assert found.keys() == groups.keys()
    assert len(groups) > 1_000
    for (platform, hour, tag), of_hour in groups.items():
        compounds = [Decimal(str(post.compound)) for post in of_hour if post.compound is not None]
        earlier = [groups.get((platform, hour - 3600 * back, tag), []) for back in range(1, baseline_hours + 1)]
        usual = sum(map(len, earlier)) / baseline_hours
        row = found[platform, hour, tag]
        assert (row.posts, row.authors, row.scored) == (
            len(of_hour),
            len({post.author for post in of_hour} - {None}),
            len(compounds),
        )
        assert row.mean_compound == (float(sum(compounds)) / len(compounds) if compounds else None)
        assert row.burst_score == (len(of_hour) - usual) / sqrt(usual + 1)


@pytest.fixture(scope="module")
def made_up(spark: SparkSession, count: Count) -> dict[Key, Row]:
    """Six hours as a baseline, and posts at its edges."""

    def posts(tag: str, hours: float, count: int, platform: str = "x") -> list[Post]:
        return [Post(platform, HOUR + timedelta(hours=hours), "a", [tag], None, None)] * count

    rows = [
        *posts("first", 0, 3),
        *posts("edge", 0, 4), *posts("edge", -6, 6),
        *posts("beyond", 0, 4), *posts("beyond", -7, 6),
        *posts("steady", 0, 2), *(one for back in range(1, 7) for one in posts("steady", -back, 2)),
        *posts("fading", 0, 1), *posts("fading", -1, 48),
        *posts("later", 0, 2), *posts("later", 1, 50),
        *posts("elsewhere", 0, 2), *posts("elsewhere", -1, 50, "mastodon"),
        *posts("within", 0.99, 2),
    ]  # fmt: skip
    return _trends(spark, rows, count, 6)


@pytest.mark.parametrize(
    ("tag", "burst_score"),
    [
        ("first", 3.0),  # (3 - 0) / √1: nothing is usual
        ("edge", 3 / sqrt(2)),  # (4 - 6/6) / √(1 + 1): six hours before is within
        ("beyond", 4.0),  # (4 - 0) / √1: seven hours before is not
        ("steady", 0.0),  # (2 - 12/6) / √3
        ("fading", -7 / 3),  # (1 - 48/6) / √9
        ("later", 2.0),  # what comes after an hour is not usual in it
        ("elsewhere", 2.0),  # nor is what another platform speaks of
        ("within", 2.0),  # nor are the hour's own posts
    ],
)
def test_a_burst_is_measured_against_the_hours_before(made_up: dict[Key, Row], tag: str, burst_score: float) -> None:
    assert made_up["x", START, tag].burst_score == pytest.approx(burst_score, rel=1e-12)


def test_every_hour_of_a_hashtag_has_its_own_row(made_up: dict[Key, Row]) -> None:
    steady = {seconds: row for (_, seconds, tag), row in made_up.items() if tag == "steady"}
    assert sorted(steady) == [START - back * 3600 for back in range(6, -1, -1)]
    assert steady[START - 6 * 3600].burst_score == 2.0
    assert steady[START - 3600].burst_score == pytest.approx((2 - 10 / 6) / sqrt(10 / 6 + 1), rel=1e-12)
    assert {(row.posts, row.authors, row.scored, row.mean_compound) for row in steady.values()} == {(2, 1, 0, None)}
