"""What is known of a post when it is sent, counted by hand, and records worked out again in plain Python."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from starling.models.engagement.features import with_inputs, with_record_before, with_record_now

TEXTS = "text string, created_at timestamp, hashtags array<string>, urls array<string>, mentions array<string>"
SUNDAY = datetime(2021, 6, 6, 23, 59, tzinfo=timezone.utc)


def _inputs(spark: SparkSession, text: str | None, **other: Any) -> Any:
    values = {"created_at": SUNDAY, "hashtags": [], "urls": [], "mentions": [], **other}
    row = (text, values["created_at"], values["hashtags"], values["urls"], values["mentions"])
    return with_inputs(spark.createDataFrame([row], TEXTS)).first()


def test_what_is_in_a_text_is_counted(spark: SparkSession) -> None:
    row = _inputs(
        spark,
        "@ann WOW! 3 of ٣ Örtlich?\n🐦 ☀ !!",
        hashtags=["a", "b"],
        urls=["https://x.test/ann/status/1/Photo/1", "https://a.test"],
        mentions=["ann"],
    )
    assert (row.characters, row.lines, row.digits, row.emoji) == (32, 2, 2, 2)
    assert (row.exclamations, row.questions, row.starts_with_mention) == (3, 1, True)
    assert row.upper_share == pytest.approx(4 / 15)  # W, O, W and Ö of ann, WOW, of, Örtlich
    assert (row.hashtag_count, row.link_count, row.mention_count, row.has_media) == (2, 2, 1, True)
    assert (row.sent_hour, row.sent_weekday) == (23, 6)


def test_a_text_that_is_missing_or_empty_holds_nothing(spark: SparkSession) -> None:
    for text in (None, ""):
        row = _inputs(spark, text, created_at=SUNDAY + timedelta(minutes=1))
        assert (row.characters, row.lines, row.digits, row.emoji, row.upper_share) == (0, 1, 0, 0, 0.0)
        assert (row.has_media, row.starts_with_mention, row.sent_hour, row.sent_weekday) == (False, False, 0, 0)


@pytest.mark.parametrize(
    ("url", "is_media"),
    [
        ("https://x.test/a/status/1/video/1", True),
        ("https://youtu.be/abc", True),
        ("https://www.youtube.com/watch", True),
        ("https://a.test/photos/1", False),
        ("https://a.test/", False),
    ],
)
def test_links_to_pictures_and_films_are_media(spark: SparkSession, url: str, is_media: bool) -> None:
    assert _inputs(spark, "see", urls=["https://a.test/", url]).has_media is is_media


RECORDS = "platform string, post_id string, author string, created_at timestamp, log_engagement double"


def test_a_record_counts_earlier_posts_and_what_the_settled_ones_earned(spark: SparkSession) -> None:
    random = np.random.default_rng(4)
    posts = [
        (
            "x" if n % 4 else "m",
            str(n),
            None if n % 9 == 0 else f"author {random.integers(0, 6)}",
            SUNDAY + timedelta(hours=int(random.integers(0, 120))),  # many at the same moment
            None if n % 5 == 0 else round(float(random.random() * 8), 6),
        )
        for n in range(150)
    ]
    rows = with_record_before(spark.createDataFrame(posts, RECORDS), 24).collect()
    assert len(rows) == 150
    for row in rows:
        (sent,) = (post[3] for post in posts if post[1] == row.post_id)
        same = [p for p in posts if p[2] is not None and (p[0], p[2]) == (row.platform, row.author)]
        earlier = [p for p in same if p[3] < sent]
        settled = [Decimal(str(p[4])) for p in same if p[4] is not None and sent - p[3] >= timedelta(hours=24)]
        assert (row.author_posts, row.author_settled_posts) == (len(earlier), len(settled))
        assert row.author_mean_log == (pytest.approx(float(sum(settled) / len(settled))) if settled else None)


def test_a_post_is_no_part_of_its_own_record_even_if_counts_settle_at_once(spark: SparkSession) -> None:
    posts = [("x", "1", "ann", SUNDAY, 1.0), ("x", "2", "ann", SUNDAY + timedelta(microseconds=1), 5.0)]
    first, second = with_record_before(spark.createDataFrame(posts, RECORDS), 0).orderBy("post_id").collect()
    assert (first.author_posts, first.author_settled_posts, first.author_mean_log) == (0, 0, None)
    assert (second.author_posts, second.author_settled_posts, second.author_mean_log) == (1, 1, 1.0)


def test_a_new_post_has_its_authors_record_of_the_last_training(spark: SparkSession) -> None:
    posts = spark.createDataFrame(
        [("1", "x", "ann"), ("2", "m", "ann"), ("3", "x", None)], "post_id string, platform string, author string"
    )
    records = spark.createDataFrame(
        [("x", "ann", 7, 5, 2.5)],
        "platform string, author string, posts long, settled_posts long, mean_log_engagement double",
    )
    rows = {row.post_id: row for row in with_record_now(posts, records).collect()}
    known = {key: (row.author_posts, row.author_settled_posts, row.author_mean_log) for key, row in rows.items()}
    assert known == {"1": (7, 5, 2.5), "2": (0, 0, None), "3": (0, 0, None)}
