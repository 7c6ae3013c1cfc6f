"""The features' stages: what is kept, and what the line and the words are made of."""

import numpy as np
import pytest
from pyspark.sql import SparkSession
from sklearn.feature_selection import f_regression

from models.engagement.corpora import corpus, made_up
from starling.models.engagement.rows import prepared
from starling.models.engagement.stages import LABEL, fit_features, telling_words
from starling.models.trained import Corpus
from starling.settings import Settings

pytestmark = pytest.mark.slow  # all of it needs features of a corpus, whose many short jobs take a while


def test_the_words_kept_are_those_that_the_f_test_says_most_of(spark: SparkSession) -> None:
    random = np.random.default_rng(8)
    names = [f"w{n:02}" for n in range(30)]
    posts = [[name for name, chance in zip(names, np.linspace(0.02, 0.9, 30), strict=True) if random.random() < chance]
             for _ in range(300)]  # fmt: skip
    labels = [float(len(words) * 0.1 + ("w25" in words) + random.random()) for words in posts]
    posts = [[*words, "everywhere"] for words in posts]
    rows = spark.createDataFrame(list(zip(posts, labels, strict=True)), f"terms array<string>, {LABEL} double")
    frequent = sorted(names, key=lambda name: (-sum(name in words for words in posts), name))[:20]
    there = np.array([[name in words for name in frequent] for words in posts], float)
    scores, _ = f_regression(there, np.array(labels))
    expected = [frequent[place] for place in np.argsort(-scores)[:6]]
    assert telling_words(rows, 21, 6) == expected  # the word of every post is the most frequent, and tells nothing
    assert expected[0] == "w25"


def test_a_word_of_fewer_than_five_posts_is_none(spark: SparkSession) -> None:
    posts = [(["five"], 3.0)] * 5 + [(["four"], 9.0)] * 4 + [([], 1.0)] * 9
    assert telling_words(spark.createDataFrame(posts, f"terms array<string>, {LABEL} double"), 10, 10) == ["five"]


def test_gaps_are_filled_with_the_training_median_and_marked(
    spark: SparkSession, small_corpus: Corpus, small_settings: Settings
) -> None:
    with prepared(small_corpus, small_settings) as found:
        features = fit_features(found.training, small_settings.engagement)
        rows = features.of(found.rows).select("post_id", "followers", "side", "features").collect()
    place = {name: number for number, name in enumerate(features.names)}
    known = [np.log1p(row.followers) for row in rows if row.side == "train" and row.followers is not None]
    gaps = [row.features for row in rows if row.followers is None]
    assert gaps
    assert {vector[place["no_followers"]] for vector in gaps} == {1.0}
    (filled,) = {vector[place["log_followers"]] for vector in gaps}
    assert sorted(known)[len(known) // 2 - 3] <= filled <= sorted(known)[len(known) // 2 + 3]
    there = next(row for row in rows if row.followers is not None)
    assert there.features[place["log_followers"]] == pytest.approx(np.log1p(there.followers))
    assert there.features[place["no_followers"]] == 0.0


def test_the_line_is_the_least_squares_of_the_numbers(
    spark: SparkSession, small_corpus: Corpus, small_settings: Settings
) -> None:
    with prepared(small_corpus, small_settings) as found:
        features = fit_features(found.training, small_settings.engagement)
        rows = features.of(found.training).select(LABEL, "numbers", "line").toPandas()
    numbers = np.array([vector.toArray() for vector in rows["numbers"]])
    assert numbers.shape[1] == features.names.index("line")
    centred = np.column_stack([np.ones(len(numbers)), numbers])
    best, *_ = np.linalg.lstsq(centred, rows[LABEL], rcond=None)
    assert np.corrcoef(centred @ best, rows["line"])[0, 1] > 0.999


def test_words_that_no_training_row_has_and_columns_that_none_knows_are_left_out(
    spark: SparkSession, small_settings: Settings
) -> None:
    posts = [{**post, "compound": None, "pos": None, "neg": None, "text": "", "hashtags": []} for post in made_up(400)]
    for number, post in enumerate(posts):
        post["text_hash"] = str(number)
    with prepared(corpus(spark, posts), small_settings) as found:
        features = fit_features(found.training, small_settings.engagement)
        size = features.of(found.training).first()["features"].size
    assert size == len(features.names)
    assert "compound" not in features.names
    assert features.names[-1] == "line"
