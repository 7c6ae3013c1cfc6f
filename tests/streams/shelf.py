"""A registry of a test's own, whose models were fitted and recorded once for all tests."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pyspark.sql import SparkSession

from models.registered import Original
from models.scorers import engagement, topics, topics_card
from starling.models.registry import Registry
from starling.models.tracking import Tracking
from starling.models.trained import TOPICS, Trained
from starling.settings import Paths, Settings


@dataclass(frozen=True)
class Shelf:
    """The models, as they were recorded."""

    spark: SparkSession
    registry: Registry
    originals: Mapping[str, Original]

    def into(self, settings: Settings) -> "Copy":
        """Puts a copy of the registry into the settings' work folder; no version is champion yet."""
        registry = Registry(settings, self.spark)
        assert registry.store.sqlite
        assert self.registry.store.sqlite
        registry.store.sqlite.parent.mkdir(parents=True)
        shutil.copy(self.registry.store.sqlite, registry.store.sqlite)
        return Copy(registry, self.originals)


@dataclass(frozen=True)
class Copy:
    """The registry in a test's work folder."""

    registry: Registry
    originals: Mapping[str, Original]

    def promote(self, name: str = TOPICS, version: int = 1) -> None:
        """Makes a version champion."""
        self.registry.make_champion(name, version)

    def topics_numbered(self, baking: int, football: int) -> int:
        """Registers the topics with these numbers; returns the version."""
        topics = self.registry.facts(TOPICS, 1).card["topics"]
        first = next(topic["cluster"] for topic in topics if topic["topic"] == 1)
        return self.own(TOPICS).again(TOPICS, card=topics_card(first, baking, football))

    def own(self, name: str) -> Original:
        """The recorded model, to be registered in this registry again."""
        return replace(self.originals[name], registry=self.registry)


def shelf(spark: SparkSession, work: Path) -> Shelf:
    """Fits and records the models: version 1 of each, topic 1 for baking and 2 for football."""
    settings = Settings(paths=Paths(work=str(work)))
    registry = Registry(settings, spark)
    trained = (topics(spark), engagement(spark))
    return Shelf(spark, registry, {one.name: _recorded(one, settings, registry, spark) for one in trained})


def _recorded(trained: Trained, settings: Settings, registry: Registry, spark: SparkSession) -> Original:
    with Tracking(settings, registry, spark).training(trained.name) as training:
        recorded = training.record(trained, {})
    source = registry.store.client.get_model_version_download_uri(trained.name, str(recorded.version))
    return Original(trained.name, recorded.version, recorded.run_id, Path(source.removeprefix("file://")), registry)
