"""What tiny champions say of made-up posts, and of those that no model has an answer for."""

import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession

from models.scorers import CHANCE, engagement, loaded, topics
from starling.gold import author_records, post_scores
from starling.models.scoring import Champions, run, scores, try_out
from starling.models.trained import ENGAGEMENT, TOPICS, Loaded
from starling.silver import posts

LIB = Path(__file__).parents[2] / "lib"
SENT_AT = datetime(2021, 6, 1, 10, tzinfo=timezone.utc)
GOOD = {
    "platform": "x",
    "post_id": "1",
    "created_at": SENT_AT,
    "text": "bake a cake",
    "lang": "en",
    "hashtags": [],
    "mentions": [],
    "urls": [],
    "is_reply": False,
    "is_quote": False,
    "topic": "starling.posts",
    "partition": 3,
    "offset": 4,
}


@pytest.fixture(scope="module")
def model(spark: SparkSession) -> Loaded:
    trained = topics(spark, baking=7, football=9)
    return Loaded(TOPICS, 5, trained.pipeline, trained.card)


def _posts(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    """Rows of silver.posts, some of whose columns are null that never are there."""
    schema = ", ".join(f"`{f.name}` {f.dataType.simpleString()}" for f in posts.TABLE.schema)
    rows = [
        tuple({**GOOD, "post_id": str(n), **more}.get(f) for f in posts.TABLE.columns) for n, more in enumerate(changes)
    ]
    return spark.createDataFrame(rows, schema)


def _scored(spark: SparkSession, champions: Champions, *changes: dict[str, Any], records: Any = ()) -> list[Row]:
    def known() -> DataFrame:
        return spark.createDataFrame(list(records), author_records.TABLE.schema)

    found = scores(_posts(spark, *changes).repartition(2), champions, known)
    assert [(f.name, f.dataType) for f in found.schema] == [(f.name, f.dataType) for f in post_scores.TABLE.schema]
    return found.orderBy("post_id").collect()


def test_every_post_keeps_one_row_with_its_topic_or_the_reason(spark: SparkSession, model: Loaded) -> None:
    changes = [
        {"text": "We bake a cake in the oven"},
        {"text": "GOAL! The referee ends the match", "hashtags": ["goal"]},
        {"text": "nothing of that kind"},
        {"text": None, "lang": None, "hashtags": None},
        {"text": "", "hashtags": ["cake"]},
    ]
    found = _scored(spark, Champions(topics=model), *changes)
    assert [(row.topic, row.topic_reason) for row in found] == [
        (7, None),
        (9, None),
        (None, "no known terms"),
        (None, "no known terms"),
        (7, None),
    ]
    assert [row.topic_similarity is not None and 0 < row.topic_similarity <= 1 for row in found] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert {row.topics_version for row in found} == {5}
    assert {(row.kafka_topic, row.partition, row.offset) for row in found} == {("starling.posts", 3, 4)}
    assert {(row.engagement_reason, row.engagement_version, row.predicted_engagement) for row in found} == {
        ("no champion", None, None)
    }


def test_what_a_post_will_earn_follows_from_its_authors_record_on_its_platform(
    spark: SparkSession, tmp_path: Path
) -> None:
    champion = Champions(engagement=loaded(engagement(spark), tmp_path / "model", version=3))
    records = [("x", "ann", 5, 5, 1.5, SENT_AT), ("mastodon", "bob", 90, 9, 1.5, SENT_AT)]
    found = _scored(
        spark, champion, {"author": "ann"}, {"author": "bob"}, {"author": None}, {"author": "ann"}, records=records
    )
    assert [round(row.predicted_engagement, 6) for row in found] == [15, 10, 10, 15]
    assert {
        (round(row.top_quarter_probability, 12), row.engagement_version, row.engagement_reason) for row in found
    } == {(CHANCE, 3, None)}
    assert {(row.topic, row.topics_version, row.topic_reason) for row in found} == {(None, None, "no champion")}


def test_a_model_that_cannot_be_used_leaves_nulls_and_says_why(spark: SparkSession, model: Loaded) -> None:
    champions = Champions(topics=model).without(TOPICS, "version 5 failed").without(ENGAGEMENT, "version 2 is refused")
    assert champions
    (row,) = _scored(spark, champions, {})
    assert (row.topic, row.topic_similarity, row.topics_version) == (None, None, None)
    assert (row.topic_reason, row.engagement_reason) == ("version 5 failed", "version 2 is refused")


def test_without_any_champion_there_is_nothing_to_say() -> None:
    assert not Champions()


def test_champions_stand_alone_one_after_the_other(model: Loaded) -> None:
    other = Loaded(ENGAGEMENT, 2, model.pipeline, {})
    both = Champions(topics=model, engagement=other, unusable={"x": "y"})
    assert list(both.alone()) == [(model, Champions(topics=model)), (other, Champions(engagement=other))]
    assert both.without(TOPICS, "why") == Champions(None, other, {"x": "y", TOPICS: "why"})


def test_a_model_is_tried_out_on_one_post_and_raises_what_is_wrong_with_it(spark: SparkSession, model: Loaded) -> None:
    try_out(model, spark)
    with pytest.raises(KeyError):
        try_out(Loaded(TOPICS, 6, model.pipeline, {"topics": model.card["topics"][:1]}), spark)


def test_rows_are_computed_although_nobody_wants_them(spark: SparkSession) -> None:
    with pytest.raises(PySparkException, match="told you so"):
        run(spark.sql("SELECT raise_error('told you so')"))


def test_a_stream_without_a_champion_imports_neither_mlflow_nor_what_applies_a_model(tmp_path: Path) -> None:
    asked = f"""if True:
        import sys
        from starling.models.registry import Registry
        from starling.pipeline import query
        from starling.settings import Paths, Settings

        watch = query.ChampionWatch(Registry(Settings(paths=Paths(work={str(tmp_path)!r})), None), 0, print, print)
        assert not watch.current()
        print(sorted({{"mlflow", "matplotlib", "scipy", "sklearn", "nltk"}} & sys.modules.keys()))
    """
    found = subprocess.run([sys.executable, "-c", asked], env={"PYTHONPATH": str(LIB)}, capture_output=True, text=True)
    assert (found.stdout, found.stderr) == ("[]\n", "")
    assert list(tmp_path.iterdir()) == []
