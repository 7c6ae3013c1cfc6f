"""What is said of a draft is what the stream says of the post: silver's columns, and gold.post_scores'."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pyspark.sql import Row, SparkSession

from starling.models.analysis import Analyst, Draft
from starling.models.analysis.engagement import EngagementModel
from starling.models.analysis.topics import TopicModel
from starling.models.engagement.inputs import Known
from starling.models.stop_words import mllib_stop_words
from starling.models.words import terms_in
from starling.settings import Settings

_SENTIMENT = ("compound", "pos", "neu", "neg")


def _rows(spark: SparkSession, settings: Settings, table: str) -> list[Row]:
    return spark.read.format("delta").load(f"{settings.lake}/{table}").collect()


@pytest.fixture(scope="module")
def posts(spark: SparkSession, trained_lake: Settings) -> list[Row]:
    return _rows(spark, trained_lake, "silver/posts")


@pytest.fixture(scope="module")
def scored(spark: SparkSession, trained_lake: Settings) -> Mapping[str, Row]:
    """gold.post_scores' rows by post."""
    return {row.post_id: row for row in _rows(spark, trained_lake, "gold/post_scores")}


@pytest.fixture(scope="module")
def records(spark: SparkSession, trained_lake: Settings) -> Mapping[str, Row]:
    """gold.author_records' rows by author."""
    return {row.author: row for row in _rows(spark, trained_lake, "gold/author_records")}


def _known(post: Row, record: Row | None) -> Known:
    names = ("text", "created_at", "hashtags", "mentions", "urls", "platform", "lang", "is_reply", "is_quote")
    given: dict[str, Any] = {name: post[name] for name in (*names, "followers", "compound", "pos", "neg")}
    return Known(
        **given,
        author_posts=record.posts if record else 0,
        author_settled_posts=record.settled_posts if record else 0,
        author_mean_log=record.mean_log_engagement if record else None,
        terms=terms_in(post.text, post.lang, post.hashtags, mllib_stop_words()),
    )


def test_the_topics_of_posts_are_those_of_gold(analyst: Analyst, posts: list[Row], scored: Mapping[str, Row]) -> None:
    model = analyst.topics.model
    assert isinstance(model, TopicModel)
    assert len(posts) == len(scored) > 1_200
    for post in posts:
        theirs = scored[post.post_id]
        found = model.topic(terms_in(post.text, post.lang, post.hashtags, mllib_stop_words()))
        assert (found.number, found.reason) == (theirs.topic, theirs.topic_reason)
        assert found.similarity == (None if theirs.topic is None else pytest.approx(theirs.topic_similarity, abs=1e-12))
    assert {row.topics_version for row in scored.values()} == {analyst.topics.version} == {1}


def test_the_engagement_of_posts_is_that_of_gold(
    analyst: Analyst, posts: list[Row], scored: Mapping[str, Row], records: Mapping[str, Row]
) -> None:
    model = analyst.engagement.model
    assert isinstance(model, EngagementModel)
    said = model.said([_known(post, records.get(post.author)) for post in posts])
    theirs = [scored[post.post_id] for post in posts]
    np.testing.assert_allclose([one.earned for one in said], [row.predicted_engagement for row in theirs], rtol=1e-9)
    chances = [row.top_quarter_probability for row in theirs]
    np.testing.assert_allclose([one.chance for one in said], chances, rtol=1e-9)
    assert len({round(one.earned, 3) for one in said}) > 50
    assert {row.engagement_version for row in theirs} == {analyst.engagement.version} == {1}


def test_a_posts_draft_is_read_as_silver_has_read_the_post(analyst: Analyst, posts: list[Row]) -> None:
    lists = 0
    for post in posts[::7]:
        found = analyst.analyse(Draft(post.text, lang=post.lang if post.lang_source == "payload" else None))
        ours, sentiment = found.language, found.sentiment
        assert (ours.code, ours.source == "given") == (post.lang, post.lang_source == "payload" and post.lang != "und")
        assert [getattr(sentiment, name) for name in _SENTIMENT] == [post[name] for name in _SENTIMENT]
        assert (sentiment.label, sentiment.reason, sentiment.cut) == (
            post.sentiment,
            post.unscored_reason,
            post.sentiment_cut,
        )
        assert sentiment.scorer == (post.scorer or sentiment.scorer)
        # X's own lists are of what its text said before it was cut.
        lists += list(found.hashtags) == post.hashtags and list(found.mentions) == post.mentions
    assert lists > 0.8 * len(posts[::7])
