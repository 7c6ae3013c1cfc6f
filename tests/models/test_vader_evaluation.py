"""VADER's agreement with people, tracked."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from starling.models import vader_evaluation
from starling.models.registry import Registry
from starling.models.tracking import Tracking
from starling.models.vader_evaluation import VaderEvaluation, evaluate
from starling.settings import Settings

RATINGS = Path(__file__).parents[2] / "data" / "vader_rated_tweets.tsv"


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> VaderEvaluation:
    labels = ["positive"] * 620 + ["neutral"] * 126 + ["negative"] * 254 + [None] * 7
    return evaluate(RATINGS, spark.createDataFrame([(label,) for label in labels], "sentiment string"))


def test_shares_of_the_scored_posts_stand_beside_what_people_would_find(found: VaderEvaluation) -> None:
    # Were 50 % of 1,000 posts truly positive, 30 % neutral and 20 % negative, and mistaken as the rated tweets are,
    # VADER would call  .5 * 2567/2700 + .3 * 136/297 + .2 * 42/1203 = 62.0 %  positive, and so on: 12.6 % and 25.4 %.
    assert found.scored == 1_000
    positive, negative = found.shares["positive"], found.shares["negative"]
    assert (positive.raw, negative.raw) == (0.62, 0.254)
    assert positive.corrected.estimate == pytest.approx(0.5, abs=0.002)
    assert negative.corrected.estimate == pytest.approx(0.2, abs=0.002)
    assert positive.corrected.low < 0.5 < positive.corrected.high
    assert negative.corrected.low < 0.2 < negative.corrected.high


def test_without_a_scored_post_there_are_no_shares(spark: SparkSession) -> None:
    unscored = evaluate(RATINGS, spark.createDataFrame([(None,)], "sentiment string"))
    assert (unscored.scored, unscored.shares) == (0, {})
    assert list(unscored.evaluated().figures) == ["confusion_matrix"]


def test_an_evaluation_is_a_run_with_its_metrics_pictures_and_the_table_that_it_read(
    found: VaderEvaluation, mlflow_settings: Settings, registry: Registry, spark: SparkSession
) -> None:
    with Tracking(mlflow_settings, registry, spark).training(vader_evaluation.NAME) as training:
        problems = training.evaluated(found.evaluated(), {"silver.posts": 3})
    assert problems == []
    client = registry.store.client
    run = client.get_run(training.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["scorer"] == "vaderSentiment 3.3.2"
    assert run.data.params["silver.posts version"] == "3"
    assert round(run.data.metrics["correlation"], 4) == 0.8722
    assert run.data.metrics["recall/negative"] == 1111 / 1203
    assert run.data.metrics["positive/VADER"] == 0.62
    assert [one.dataset.name for one in run.inputs.dataset_inputs] == ["silver.posts"]
    drawn = {Path(one.path).name: one.file_size for one in client.list_artifacts(training.run_id, "figures")}
    assert sorted(drawn) == ["confusion_matrix.png", "shares.png"]
    assert min(drawn.values()) > 5_000
    assert registry.versions(vader_evaluation.NAME) == []
