"""One small corpus and one model of it, for all tests of the engagement model."""

import pytest
from pyspark.sql import SparkSession

from models.engagement.corpora import corpus, made_up
from starling.models import engagement
from starling.models.trained import Corpus, Trained
from starling.settings import Engagement, Models, Settings


@pytest.fixture(scope="session")
def small_settings() -> Settings:
    """Few words, so that little is fitted."""
    return Settings(models=Models(seed=5), engagement=Engagement(vocabulary=50, selected_words=5))


@pytest.fixture(scope="session")
def small_corpus(spark: SparkSession) -> Corpus:
    """Eight hundred posts of 160 authors."""
    return corpus(spark, made_up())


@pytest.fixture(scope="session")
def steps() -> list[str]:
    """What the training said that it does."""
    return []


@pytest.fixture(scope="session")
def small_model(small_corpus: Corpus, small_settings: Settings, steps: list[str]) -> Trained:
    """A model of these."""
    return engagement.train(small_corpus, small_settings, "small", steps.append)
