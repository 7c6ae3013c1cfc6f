"""What cannot carry a training is told with its counts; what can is cut, and in an order that does not change."""

from dataclasses import replace

import pytest
from pyspark.sql import SparkSession

from models.engagement.corpora import SEEN, Post, corpus, made_up
from starling.errors import NotEnoughData
from starling.models.engagement.features import INPUTS
from starling.models.engagement.rows import ABOUT, prepared
from starling.models.trained import Corpus
from starling.settings import Settings

pytestmark = pytest.mark.slow  # all of it needs features of a corpus, whose many short jobs take a while


def _refusal(found: Corpus, settings: Settings) -> str:
    with pytest.raises(NotEnoughData) as refused, prepared(found, settings):
        pass
    return str(refused.value)


def test_no_posts_and_posts_nobody_has_counted(spark: SparkSession, small_settings: Settings) -> None:
    none = "not enough data: no post with settled counts of its likes, reposts or replies"
    assert _refusal(corpus(spark, [_with(made_up(1)[0], likes=None)]), small_settings) == none
    fresh = corpus(spark, made_up(300), seen=lambda post: post["created_at"])
    assert _refusal(fresh, small_settings) == none


def test_one_post(spark: SparkSession, small_settings: Settings) -> None:
    said = _refusal(corpus(spark, made_up(1)), small_settings)
    assert said.startswith("not enough data: of 1 posts with settled counts ")
    assert "(50 are needed)" in said
    assert "(20 are needed)" in said


def test_posts_of_one_author(spark: SparkSession, small_settings: Settings) -> None:
    said = _refusal(corpus(spark, made_up(300, authors=1)), small_settings)
    assert said.startswith("not enough data: of 300 posts")


def test_posts_that_have_all_earned_the_same(spark: SparkSession, small_settings: Settings) -> None:
    same = [_with(post, likes=3) for post in made_up(500)]
    said = _refusal(corpus(spark, same), small_settings)
    assert said.endswith("posts to learn from have all earned the same")


def test_the_same_post_again_and_again(spark: SparkSession, small_settings: Settings) -> None:
    (post,) = made_up(1)
    same = [_with(post, post_id=str(n)) for n in range(300)]
    assert _refusal(corpus(spark, same), small_settings).startswith("not enough data: of 300 posts")


def _with(post: Post, **other: object) -> Post:
    return {**post, **other}


def test_the_rows_have_what_the_model_reads_and_lie_where_they_always_lie(
    spark: SparkSession, small_corpus: Corpus, small_settings: Settings
) -> None:
    with prepared(small_corpus, small_settings) as found:
        assert set(found.rows.columns) == {*ABOUT, *INPUTS}
        rows = found.rows.collect()
        assert found.rows.rdd.getNumPartitions() == 1
        assert found.counts["train"] == found.training.count()
        assert found.counts["test"] == found.held_out.count()
        assert sum(found.counts.values()) == len(rows) == 800
        boundary = found.boundary
    assert all((row.created_at >= boundary.held_out_from.replace(tzinfo=None)) for row in rows if row.side == "test")
    shuffled = replace(small_corpus, posts=small_corpus.posts.orderBy("text_hash").repartition(5))
    with prepared(shuffled, small_settings) as again:
        assert [tuple(row) for row in again.rows.collect()] == [tuple(row) for row in rows]


def test_a_post_that_is_not_settled_yet_is_no_row(spark: SparkSession, small_settings: Settings) -> None:
    posts = made_up(500)
    late = {post["post_id"] for post in posts[::7]}
    found = corpus(spark, posts, seen=lambda post: post["created_at"] if post["post_id"] in late else SEEN)
    with prepared(found, small_settings) as cut:
        assert {row.post_id for row in cut.rows.select("post_id").collect()} == {
            post["post_id"] for post in posts if post["post_id"] not in late
        }
