"""One training, from the tables to the registry: read, fit, compare with the champion, record, write gold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.configuration import home
from starling.gold import author_records, topics
from starling.gold import word_clusters as clusters_of_words
from starling.models import engagement, hashtag_topics, vader_evaluation, word_clusters
from starling.models.champions import NAMES as SCORING
from starling.models.clustering import Grid
from starling.models.facts import Facts
from starling.models.promotion import Decision
from starling.models.promotions import Promotions
from starling.models.registry import CHALLENGER, Registry
from starling.models.scoring import Champions
from starling.models.tracking import Tracking
from starling.models.trained import ENGAGEMENT, TOPICS, WORDS, Corpus, Interval, Loaded, Step, Trained
from starling.models.vader_evaluation import VaderEvaluation, evaluate
from starling.models.verified import UnusableModelError
from starling.pipeline.catalogue import MODEL_TABLES, create_all
from starling.pipeline.history import rescore
from starling.settings import Settings
from starling.silver import engagement as observations
from starling.silver import posts

# What is trained, by the word that the command line has for it, in the order in which all are.
MODELS = {"topics": TOPICS, "words": WORDS, "engagement": ENGAGEMENT}
# Tweets that people rated, and that VADER is compared with.
RATINGS = "data/vader_rated_tweets.tsv"
# Where gold has what a version found.
_GOLD = {TOPICS: topics.TABLE, WORDS: clusters_of_words.TABLE}


class _Compare(Protocol):
    def __call__(self, challenger: Loaded, champion: Loaded, corpus: Corpus, settings: Settings) -> Interval: ...


_COMPARE: Mapping[str, _Compare] = {
    TOPICS: hashtag_topics.compare,
    WORDS: word_clusters.compare,
    ENGAGEMENT: engagement.compare,
}


@dataclass(frozen=True)
class Outcome:
    """A version, and what it says of itself. `problems` are pictures of its training that could not be drawn."""

    version: int
    facts: Facts
    problems: Sequence[str] = ()


class Trainer:
    """Trains, promotes, rolls back and scores again, for one lake and one registry."""

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self._spark = spark
        self._settings = settings
        self.registry = Registry(settings, spark)
        self._tracking = Tracking(settings, self.registry, spark)
        self._promotions = Promotions(self.registry, spark, settings.lake)
        create_all(spark, settings.lake, MODEL_TABLES)

    def train(self, name: str, grid: Grid, step: Step) -> Outcome:
        """Trains one of MODELS' models on the tables as they stand now, and registers it as the challenger.

        Raises NotEnoughData, and leaves the registry as it was.
        """
        with self._tracking.training(name) as run:
            step("reading the tables")
            corpus = self._corpus()
            champion = self._champion(name)
            trained = self._fitted(name, corpus, champion, grid, step)
            against = None
            if champion:
                step("beside the champion")
                challenger = Loaded(name, 0, trained.pipeline, trained.card)
                against = (champion.version, _COMPARE[name](challenger, champion, corpus, self._settings))
            step("to MLflow")
            recorded = run.record(trained, corpus.versions, against)
        step("to the tables")
        self._write_gold(trained, recorded.version)
        if name == ENGAGEMENT:
            self._write_author_records(corpus)
        return Outcome(recorded.version, self.registry.facts(name, recorded.version), recorded.problems)

    def current(self, name: str) -> Outcome | None:
        """The newest version, where it comes from the tables as they stand now and from the settings' seed."""
        newest = max(self.registry.versions(name), default=None)
        if newest is None or self._without_gold(name, newest):
            return None
        try:
            facts = self.registry.facts(name, newest)
        except UnusableModelError:  # its files are damaged
            return None
        same = facts.tables == self._corpus().versions and facts.seed == self._settings.models.seed
        return Outcome(newest, facts) if same else None

    def evaluate_sentiment(self, step: Step) -> VaderEvaluation:
        """Measures how far VADER agrees with people, and keeps that as a run."""
        with self._tracking.training(vader_evaluation.NAME) as run:
            step("beside people's ratings")
            corpus = self._corpus()
            found = evaluate(home() / RATINGS, corpus.posts)
            step("to MLflow")
            run.evaluated(found.evaluated(), {posts.TABLE.name: corpus.versions[posts.TABLE.name]})
        return found

    def undecided(self, name: str) -> int | None:
        """The challenger, where the gate has not seen it yet."""
        version = self.registry.aliased(name, CHALLENGER)
        return None if version is None or self._promotions.decided(name, version) else version

    def consider(self, name: str, version: int | None = None) -> Decision:
        """Puts a version, else the challenger, through the gate."""
        version = version or self.registry.aliased(name, CHALLENGER)
        if version is None:
            return Decision(promote=False, reasons=[f"there is no challenger of {name}: train one"])
        return self._promotions.consider(name, version, self._without_gold(name, version))

    def rollback(self, name: str) -> int:
        """Makes the champion before this one champion again; returns its version."""
        return self._promotions.rollback(name)

    def rescore(self, versions: Mapping[str, int]) -> int:
        """Scores all posts again, with the champions or, where given, with other versions; returns how many."""
        models = {name: versions.get(name) or self.registry.champion_version(name) for name in SCORING}
        loaded = {name: self.registry.load(name, version) for name, version in models.items() if version}
        champions = Champions(topics=loaded.get(TOPICS), engagement=loaded.get(ENGAGEMENT))
        return rescore(self._spark, self._settings, champions) if champions else 0

    def _corpus(self) -> Corpus:
        lake, tables = self._settings.lake, (posts.TABLE, observations.TABLE)
        versions = {table.name: commits.version(self._spark, table, lake) for table in tables}
        post_rows, counts = (delta.read(self._spark, table, lake, versions[table.name]) for table in tables)
        return Corpus(posts=post_rows, engagement=counts, versions=versions)

    def _champion(self, name: str) -> Loaded | None:
        version = self.registry.champion_version(name)
        return None if version is None else self.registry.load(name, version)

    def _fitted(self, name: str, corpus: Corpus, champion: Loaded | None, grid: Grid, step: Step) -> Trained:
        if name == TOPICS:
            return hashtag_topics.train(corpus, self._settings, grid, champion, self._topics_taken(), step)
        if name == WORDS:
            return word_clusters.train(corpus, self._settings, grid, step)
        return engagement.train(corpus, self._settings, grid, step)

    def _topics_taken(self) -> int:
        """The greatest topic number there ever was."""
        known = delta.read(self._spark, topics.TABLE, self._settings.lake)
        found = known.agg(F.coalesce(F.max("topic"), F.lit(0)).alias("topic")).first()
        assert found is not None, "an aggregate without groups has one row"
        return int(found.topic)

    def _write_gold(self, trained: Trained, version: int) -> None:
        for table, values in trained.tables:
            rows = [{**value, "model_version": version} for value in values]
            ordered = [tuple(row[name] for name in table.columns) for row in rows]
            frame = self._spark.createDataFrame(ordered, table.schema)
            delta.replace(frame, table, self._settings.lake, f"model_version = {version}")

    def _without_gold(self, name: str, version: int) -> Sequence[str]:
        """Why a version cannot be told from gold; empty where it can. Its training may have been killed before."""
        table = _GOLD.get(name)
        if table is None:
            return []
        known = delta.read(self._spark, table, self._settings.lake).where(F.col("model_version") == version)
        return [] if known.take(1) else [f"{table.name} has no rows of version {version}: train again"]

    def _write_author_records(self, corpus: Corpus) -> None:
        now = datetime.now(timezone.utc)
        rows = author_records.author_records(
            corpus.posts, corpus.engagement, now, self._settings.engagement.settle_hours
        )
        delta.replace(rows, author_records.TABLE, self._settings.lake, "true")
