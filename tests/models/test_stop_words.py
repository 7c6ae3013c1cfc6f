"""The words that tell nothing."""

import pytest
from pyspark.sql import SparkSession

from starling.errors import ModelError
from starling.models import stop_words
from starling.models.stop_words import (
    mllib_stop_words,
    mllib_stop_words_of_jvm,
    mllib_stop_words_unstarted,
)
from starling.models.words import found_in

STOP = {"en": frozenset({"the", "don't"}), "es": frozenset({"los"})}


def test_stop_words_are_those_of_the_language_and_of_all_where_nobody_knows_it() -> None:
    text = "los the orbit"
    assert list(found_in(text, "en", STOP)) == ["los", "orbit"]
    assert list(found_in(text, "es", STOP)) == ["the", "orbit"]
    assert list(found_in(text, None, STOP)) == ["orbit"]
    assert list(found_in(text, "tlh", STOP)) == ["orbit"]
    # stopwords-iso has Greek, and MLlib has not: no other language's stop words are taken from a Greek text.
    assert list(found_in("και the orbit", "el", STOP)) == ["the", "orbit"]


def test_mllib_has_stop_words_for_each_language_that_is_asked() -> None:
    lists = mllib_stop_words()
    assert "don't" in lists["en"]
    assert "och" in lists["sv"]
    assert all(len(words) > 30 for words in lists.values())


def test_the_jar_and_the_jvm_have_the_same(spark: SparkSession) -> None:
    assert mllib_stop_words_unstarted() == mllib_stop_words_of_jvm()


def test_where_the_jar_is_not_in_reach_the_jvm_is_asked(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise ModelError("MLlib's stop words are missing")

    monkeypatch.setattr(stop_words, "mllib_stop_words_unstarted", none)
    mllib_stop_words.cache_clear()
    try:
        assert "och" in mllib_stop_words()["sv"]
    finally:
        mllib_stop_words.cache_clear()
