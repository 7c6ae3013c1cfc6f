"""Trainings of a real lake, from the tables to the registry and back into gold."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from silver_lakes import fill, settings_of
from starling import delta
from starling.errors import NotEnoughData
from starling.gold import author_records, post_scores, topic_lineage, topics, word_clusters
from starling.models.trained import ENGAGEMENT, TOPICS, WORDS
from starling.settings import Settings
from starling.silver import posts
from starling.training.requests import Request, carry_out
from starling.training.trainer import Trainer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trainer(trained_lake: Settings, spark: SparkSession) -> Trainer:
    return Trainer(spark, trained_lake)


def unhindered(_step: str) -> None:
    """Shows nobody the steps."""


def test_every_model_is_a_version_trained_on_these_tables(trainer: Trainer) -> None:
    for name in (TOPICS, WORDS, ENGAGEMENT):
        current = trainer.current(name)
        assert current is not None
        assert current.version == 1
        assert current.facts.leads
        assert not current.problems


def test_gold_has_what_the_champions_found(trained_lake: Settings, spark: SparkSession, trainer: Trainer) -> None:
    card = trainer.registry.load(TOPICS, 1).card["topics"]
    found = delta.read(spark, topics.TABLE, trained_lake.lake).orderBy("topic").collect()
    assert [(row.model_version, row.topic, row.label) for row in found] == [
        (1, topic["topic"], topic["label"]) for topic in card
    ]
    events = delta.read(spark, topic_lineage.TABLE, trained_lake.lake).collect()
    assert {(row.event, row.previous_version) for row in events} == {("born", None)}
    clusters = delta.read(spark, word_clusters.TABLE, trained_lake.lake).count()
    assert clusters == trainer.registry.facts(WORDS, 1).metrics["k"]
    silver = delta.read(spark, posts.TABLE, trained_lake.lake)
    records = delta.read(spark, author_records.TABLE, trained_lake.lake)
    assert records.agg(F.sum("posts")).first()[0] == silver.where("author IS NOT NULL").count()


def test_every_post_is_scored_by_the_champions(trained_lake: Settings, spark: SparkSession) -> None:
    scores = delta.read(spark, post_scores.TABLE, trained_lake.lake)
    silver = delta.read(spark, posts.TABLE, trained_lake.lake)
    assert scores.count() == scores.select("platform", "post_id").distinct().count() == silver.count()
    assert scores.where("predicted_engagement >= 0 AND engagement_version = 1 AND topics_version = 1").count() == (
        silver.count()
    )


def test_trained_again_topics_keep_their_numbers_and_what_is_no_better_is_refused(
    trained_lake: Settings, spark: SparkSession, trainer: Trainer
) -> None:
    again = trainer.train(TOPICS, "small", unhindered)
    assert again.version == 2
    first, second = (trainer.registry.facts(TOPICS, version) for version in (1, 2))
    numbers = [{topic["topic"]: topic["hashtags"] for topic in facts.card["topics"]} for facts in (first, second)]
    assert numbers[0] == numbers[1], "the same tables and seed gave other topics"
    lineage = delta.read(spark, topic_lineage.TABLE, trained_lake.lake).where("model_version = 2").collect()
    assert {(row.event, row.previous_version, row.overlap) for row in lineage} == {("kept", 1, 1.0)}
    assert {(row.topic, row.previous_topic) for row in lineage} == {(number, number) for number in numbers[0]}

    assert trainer.undecided(TOPICS) == 2
    decision = trainer.consider(TOPICS)
    assert not decision.promote
    assert "no better than version 1, the champion, by more than the noise: +0 (+0 to +0)" in decision.reasons
    assert trainer.undecided(TOPICS) is None
    assert trainer.registry.champion_version(TOPICS) == 1

    # As where a training was killed between the registry and gold.
    none = spark.createDataFrame([], topics.TABLE.schema)
    delta.replace(none, topics.TABLE, trained_lake.lake, "model_version = 2")
    assert trainer.current(TOPICS) is None
    assert trainer.consider(TOPICS, 2).reasons[0] == "gold.topics has no rows of version 2: train again"


def test_what_was_trained_on_these_tables_is_shown_and_not_trained_again(
    trained_lake: Settings, spark: SparkSession, trainer: Trainer, capsys: pytest.CaptureFixture[str]
) -> None:
    versions = trainer.registry.versions(ENGAGEMENT)
    carry_out(Request("engagement", promote=True, unless_current=True), spark, trained_lake, lambda: False)
    assert trainer.registry.versions(ENGAGEMENT) == versions
    told = capsys.readouterr().out
    assert "Engagement: version 1 of starling-engagement" in told
    assert "starling-engagement: version 1 is champion" in told


def test_another_seed_is_another_model(trained_lake: Settings, spark: SparkSession) -> None:
    models = trained_lake.models.model_copy(update={"seed": 8})
    assert Trainer(spark, trained_lake.model_copy(update={"models": models})).current(ENGAGEMENT) is None


def test_a_work_that_is_stopped_ends_its_run(trained_lake: Settings, spark: SparkSession, trainer: Trainer) -> None:
    with pytest.raises(KeyboardInterrupt):
        carry_out(Request("engagement"), spark, trained_lake, lambda: True)
    client = trainer.registry.store.client
    experiment = client.get_experiment_by_name(ENGAGEMENT)
    assert "KILLED" in {run.info.status for run in client.search_runs([experiment.experiment_id])}
    assert "RUNNING" not in {run.info.status for run in client.search_runs([experiment.experiment_id])}


def test_too_little_data_is_said_and_changes_nothing(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(tmp_path_factory.mktemp("few") / "work")
    fill(spark, settings, {"x_v2_stream": 3})
    carry_out(Request("all", promote=True, rescore=True, grid="small"), spark, settings, lambda: False)
    told = capsys.readouterr().out
    for word in ("topics", "words", "engagement"):
        assert f"\n{word}: not enough data: " in told
    assert "starling-engagement: not promoted\n  there is no challenger of starling-engagement: train one" in told
    assert "No champion scores posts yet" in told
    trainer = Trainer(spark, settings)
    assert [trainer.registry.versions(name) for name in (TOPICS, WORDS, ENGAGEMENT)] == [[], [], []]
    with pytest.raises(NotEnoughData):
        trainer.train(TOPICS, "small", unhindered)


def test_a_damaged_version_is_trained_anew(trainer: Trainer) -> None:
    source = trainer.registry.store.client.get_model_version_download_uri(TOPICS, "1")
    run_id = trainer.registry.facts(TOPICS, 1).run_id
    trainer.registry.register("damaged", run_id, source, "0" * 64)  # which is not its manifest's digest
    assert trainer.current("damaged") is None
