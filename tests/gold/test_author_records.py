"""gold.author_records from posts made up by hand."""

from datetime import datetime, timedelta, timezone
from math import log1p

import pytest
from pyspark.sql import SparkSession
from pyspark.testing import assertSchemaEqual

from starling.gold.author_records import TABLE, author_records

NOW = datetime(2021, 6, 10, tzinfo=timezone.utc)
POSTS = "platform string, post_id string, author string, created_at timestamp"
OBSERVATIONS = "platform string, post_id string, observed_at timestamp, likes long, reposts long, replies long"


def test_an_authors_record_counts_posts_and_averages_what_the_settled_ones_earned(spark: SparkSession) -> None:
    made = [
        ("x", "1", "ann", 100),
        ("x", "2", "ann", 24),  # hours before now: just settled
        ("x", "3", "ann", 23.9),
        ("x", "4", "ann", 200),  # seen too early, and never again
        ("x", "5", "ann", 300),  # never seen
        ("x", "6", "ann", -1),  # not there yet
        ("m", "1", "ann", 100),  # somebody else
        ("x", "7", "bob", 1),
        ("x", "8", None, 100),
    ]
    posts = spark.createDataFrame(
        [(platform, post_id, author, NOW - timedelta(hours=ago)) for platform, post_id, author, ago in made], POSTS
    )
    later = NOW + timedelta(hours=50)
    seen = [("x", post_id, later, 1, 2, int(post_id)) for post_id in "1236 78".replace(" ", "")]
    seen += [("x", "4", NOW - timedelta(hours=199), 9, 9, 9), ("m", "1", later, 0, 0, 0)]
    rows = author_records(posts, spark.createDataFrame(seen, OBSERVATIONS), NOW, 24)
    assertSchemaEqual(rows.schema, TABLE.schema, ignoreNullable=True)
    found = {(row.platform, row.author): row for row in rows.collect()}
    assert found.keys() == {("x", "ann"), ("m", "ann"), ("x", "bob")}
    ann = found["x", "ann"]
    assert (ann.posts, ann.settled_posts) == (5, 2)
    assert ann.mean_log_engagement == pytest.approx((log1p(4) + log1p(5)) / 2, rel=1e-11)
    assert ann.as_of == NOW.replace(tzinfo=None)
    assert (found["m", "ann"].posts, found["m", "ann"].settled_posts, found["m", "ann"].mean_log_engagement) == (
        1,
        1,
        0,
    )
    assert (found["x", "bob"].posts, found["x", "bob"].settled_posts, found["x", "bob"].mean_log_engagement) == (
        1, 0, None,
    )  # fmt: skip
