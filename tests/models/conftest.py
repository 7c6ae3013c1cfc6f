"""What the tests of tracking, registry and promotion share: one MLflow on SQLite, with a model's name for each test."""

import uuid
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from models.conversations import SETTINGS, conversations, corpus, no_step
from models.registered import Original
from models.trainings import TABLES, named, trained
from starling.models import hashtag_topics, word_clusters
from starling.models.registry import Registry
from starling.models.tracking import Tracking
from starling.models.trained import Corpus, Trained
from starling.settings import Metrics, Models, Paths, Settings


@pytest.fixture(scope="session")
def mlflow_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A work folder with an MLflow of its own; to make its database takes seconds."""
    work = tmp_path_factory.mktemp("models") / "work"
    return Settings(paths=Paths(work=str(work)), metrics=Metrics(port=0), models=Models(seed=11))


@pytest.fixture(scope="session")
def fitted(spark: SparkSession) -> Trained:
    """A fitted model without a name."""
    return trained(spark)


@pytest.fixture(scope="session")
def original(mlflow_settings: Settings, spark: SparkSession, fitted: Trained) -> Original:
    """The fitted model, recorded by a training."""
    registry = Registry(mlflow_settings, spark)
    with Tracking(mlflow_settings, registry, spark).training("original") as training:
        recorded = training.record(named(fitted, "original"), TABLES)
    source = registry.store.client.get_model_version_download_uri("original", str(recorded.version))
    return Original("original", recorded.version, recorded.run_id, Path(source.removeprefix("file://")), registry)


@pytest.fixture
def name() -> str:
    """A model that no other test has."""
    return f"model-{uuid.uuid4().hex}"


@pytest.fixture
def registry(mlflow_settings: Settings, spark: SparkSession) -> Registry:
    """The registry as a process sees it that begins."""
    return Registry(mlflow_settings, spark)


@pytest.fixture(scope="session")
def talks(spark: SparkSession) -> Corpus:
    """The posts of four conversations."""
    return corpus(spark, conversations())


@pytest.fixture(scope="session")
def topics_model(talks: Corpus) -> Trained:
    """Their hashtag topics, of a first training."""
    return hashtag_topics.train(talks, SETTINGS, "small", None, 0, no_step)


@pytest.fixture(scope="session")
def words_model(talks: Corpus) -> Trained:
    """Their word clusters."""
    return word_clusters.train(talks, SETTINGS, "small", no_step)
