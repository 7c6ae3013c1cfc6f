"""What posts have earned, from observations made up by hand."""

from datetime import datetime, timedelta, timezone
from math import log1p

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from starling.gold.earned import last_counts, with_earned

SENT = datetime(2021, 6, 1, 10, tzinfo=timezone.utc)
POSTS = "platform string, post_id string, created_at timestamp"
OBSERVATIONS = (
    "platform string, post_id string, observed_at timestamp, likes long, reposts long, replies long, quotes long"
)


def _seen(spark: SparkSession, *rows: tuple) -> DataFrame:
    """Observations of x's posts: post_id, hours after SENT, likes, reposts, replies, quotes."""
    made = [("x", post_id, SENT + timedelta(hours=hours), *counts) for post_id, hours, *counts in rows]
    return spark.createDataFrame(made, OBSERVATIONS)


def _earned(spark: SparkSession, observations: DataFrame, settle_hours: int = 24) -> dict[str, Row]:
    found = observations.select("post_id").distinct().collect()
    ids = sorted({row.post_id for row in found} | {"unseen"})
    posts = spark.createDataFrame([("x", post_id, SENT) for post_id in ids], POSTS)
    rows = with_earned(posts, observations, settle_hours).collect()
    assert len(rows) == len(ids)
    return {row.post_id: row for row in rows}


def test_each_count_is_the_one_of_the_last_observation_that_knows_it(spark: SparkSession) -> None:
    found = {
        row.post_id: row
        for row in last_counts(
            _seen(
                spark,
                ("a", 1, 5, 1, 2, 9),
                ("a", 30, 3, 2, 1, 0),  # likes are taken back
                ("a", 40, None, 7, None, None),  # a repost's, which knows no likes
                ("b", 2, 4, 0, 0, 0),
                ("b", 2, 6, 0, None, 0),  # at one moment the greatest holds
                ("c", 9, None, None, None, 3),  # quotes alone are no count of these
            )
        ).collect()
    }
    assert found.keys() == {"a", "b"}
    assert (found["a"].likes, found["a"].reposts, found["a"].replies) == (3, 7, 1)
    assert found["a"].observed_at == (SENT + timedelta(hours=40)).replace(tzinfo=None)
    assert (found["b"].likes, found["b"].reposts, found["b"].replies) == (6, 0, 0)


def test_what_a_post_has_earned_is_the_logarithm_of_the_sum_once_it_is_settled(spark: SparkSession) -> None:
    found = _earned(
        spark,
        _seen(spark, ("settled", 24, 3, 4, 5, 90), ("fresh", 23.99, 3, 4, 5, 0), ("partly", 99, None, 4, None, None)),
    )
    assert found["settled"].settled is True
    assert found["settled"].log_engagement == pytest.approx(log1p(12), rel=1e-15)
    assert (found["fresh"].settled, found["fresh"].log_engagement, found["fresh"].likes) == (False, None, 3)
    assert found["partly"].log_engagement == pytest.approx(log1p(4), rel=1e-15)
    assert (found["unseen"].settled, found["unseen"].log_engagement, found["unseen"].likes) == (None, None, None)


def test_counts_of_another_platforms_post_with_the_same_id_are_not_taken(spark: SparkSession) -> None:
    posts = spark.createDataFrame([("m", "a", SENT)], POSTS)
    (row,) = with_earned(posts, _seen(spark, ("a", 30, 3, 4, 5, 0)), 24).collect()
    assert row.log_engagement is None
