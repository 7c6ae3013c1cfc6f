"""VADER's scores are the reference's, bit for bit, on every real text there is."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from samples import BUNDLED, every_text, wire_texts
from starling.sentiment import vader

ODD = ["", " ", "\n", "😀", "\x00", "not good", "NOT GOOD!!!", "a" * 10_000, "good but bad", ":) :(", "1e5 ½ ٣", "’"]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = set(ODD) | wire_texts()
    for name in BUNDLED:
        found |= every_text(name)
    return sorted(found)


def test_every_score_equals_the_reference_s(spark: SparkSession, texts: list[str]) -> None:
    reference = SentimentIntensityAnalyzer()
    assert len(texts) > 13_000
    rows = spark.createDataFrame([(text,) for text in [*texts, None, *texts[:50]]], "text string").repartition(2)
    scored = rows.withColumn("scores", vader.scores(F.col("text"))).select("text", "scores.*").collect()
    assert len(scored) == len(texts) + 51
    expected = {text: reference.polarity_scores(text) for text in texts}
    different = [row for row in scored if row.text is not None and _scores(row) != expected[row.text]]
    assert different == []
    (unscored,) = [row for row in scored if row.text is None]
    assert _scores(unscored) == dict.fromkeys(("neg", "neu", "pos", "compound"))


def _scores(row) -> dict[str, float | None]:
    return {name: row[name] for name in ("neg", "neu", "pos", "compound")}


def test_a_column_of_nulls_alone_is_scored_null(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(None,), (None,)], "text string").coalesce(1)
    assert [row.scores for row in rows.select(vader.scores(F.col("text")).alias("scores")).collect()] == [None, None]


def test_a_label_begins_at_the_reference_s_thresholds(spark: SparkSession) -> None:
    cases = [
        (1.0, "positive"),
        (0.05, "positive"),
        (0.0499, "neutral"),
        (0.0, "neutral"),
        (-0.0499, "neutral"),
        (-0.05, "negative"),
        (-1.0, "negative"),
        (None, None),
    ]
    rows = spark.createDataFrame(cases, "compound double, expected string")
    labelled = rows.select("compound", vader.label(F.col("compound")).alias("label")).collect()
    assert [(row.compound, row.label) for row in labelled] == cases


def test_the_scorer_is_named_with_its_version() -> None:
    assert vader.SCORER == "vaderSentiment 3.3.2"
