"""What trainings of clusters read."""

import pytest
from pyspark.sql import SparkSession

from models.conversations import COLUMNS, conversations, digest, silver
from starling.errors import NotEnoughData
from starling.models.corpus import distinct_texts, documents, hashtag_documents
from starling.settings import Topics

SETTINGS = Topics(vocabulary=10, held_out_share=0.25)


def test_copies_count_once_and_the_first_to_be_published_is_kept(spark: SparkSession) -> None:
    posts = silver(spark, [("planet comet", ["a"]), ("planet comet", ["b"]), (None, ["c"]), ("the", [])])
    late_first = posts.orderBy("created_at", ascending=False)
    rows = distinct_texts(late_first, 0.25).collect()
    assert [(row.text_hash, row.terms, row.hashtags) for row in rows] == [
        (digest("planet comet"), ["planet", "comet", "#a"], ["a"])
    ]


def test_a_part_follows_from_the_hash_alone(spark: SparkSession) -> None:
    texts = [f"planet {number}" for number in range(200)]
    rows = distinct_texts(silver(spark, [(text, []) for text in texts]), 0.25).collect()
    expected = {digest(text): int(digest(text)[:8], 16) / 16**8 < 0.25 for text in texts}
    assert {row.text_hash: row.held_out for row in rows} == expected
    assert 30 <= sum(expected.values()) <= 70


def test_the_vocabulary_is_of_training_texts_by_frequency_and_then_by_the_alphabet(spark: SparkSession) -> None:
    texts = [text for number in range(99) if _trains(text := f"comet planet {number}")][:3]
    texts += [text for number in range(99) if _trains(text := f"comet orbit {number}")][:3]
    texts += [text for number in range(99) if _trains(text := f"comet nebula {number}")][:1]
    texts += [text for number in range(99) if not _trains(text := f"galaxy galaxies {number}")][:2]
    with documents(silver(spark, [(text, None) for text in texts]), SETTINGS) as found:
        assert found.vocabulary == ("comet", "orbit", "planet")
        assert (found.training_posts, found.held_out_posts) == (7, 2)
        assert found.training.count() == 7
        assert found.held_out.count() == 2
        assert found.posts.is_cached
        cached = found.posts
    assert not cached.is_cached


def _trains(text: str) -> bool:
    return int(digest(text)[:8], 16) / 16**8 >= 0.25


@pytest.mark.parametrize(
    ("posts", "counts"),
    [
        ([], "0 distinct texts to learn from and 0 held out, 0 words"),
        ([(None, ["a"])] * 9, "0 distinct texts to learn from and 0 held out, 0 words"),
        ([("planet comet", ["a"])], "distinct texts to learn from and "),
        ([("planet comet", ["a"])] * 500, "0 words that two of them share"),
    ],
)
def test_too_little_is_said_with_the_counts(spark: SparkSession, posts: list, counts: str) -> None:
    frame = silver(spark, posts) if posts else spark.createDataFrame([], COLUMNS)
    with pytest.raises(NotEnoughData, match="not enough data: ") as raised, documents(frame, SETTINGS):
        pass
    assert counts in str(raised.value)


def test_a_hashtag_is_what_its_posts_say_without_itself(spark: SparkSession) -> None:
    rows = [(["planet", "#a", "#b"], ["a", "b"]), (["planet", "#a"], ["a"]), (["#c"], ["c"]), (["comet"], None)]
    texts = spark.createDataFrame(rows, "terms array<string>, hashtags array<string>")
    found = {row.hashtag: (row.posts, sorted(row.terms)) for row in hashtag_documents(texts).collect()}
    assert found == {"a": (2, ["#b", "planet", "planet"]), "b": (1, ["#a", "planet"]), "c": (1, [])}


def test_the_conversations_are_of_both_parts(spark: SparkSession) -> None:
    with documents(silver(spark, conversations()), Topics(held_out_share=0.25)) as found:
        assert found.training_posts + found.held_out_posts == 240
        assert {"planet", "weekend", "#skya"} <= {*found.vocabulary}
