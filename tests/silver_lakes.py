"""Lakes of bundled posts, made by the stream's own micro-batch without a Kafka."""

from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from kafka_rows import Sent, kafka_rows
from samples import bundled_path, lines
from starling import delta
from starling.models.scoring import Champions
from starling.ops import ledger
from starling.pipeline.batch import MicroBatches, records
from starling.pipeline.catalogue import STREAM_TABLES, create_all
from starling.pipeline.refresh import Gold
from starling.pipeline.scored import Scores
from starling.settings import Engagement, Metrics, Paths, Privacy, Settings, Topics

KEY = "a key for tests alone"


def settings_of(work: Path) -> Settings:
    """Settings of a work folder, without a port."""
    return Settings(paths=Paths(work=str(work)), metrics=Metrics(port=0), privacy=Privacy(pseudonym_key=KEY))


def small_models(work: Path) -> Settings:
    """The same, with models that take seconds to train."""
    topics = Topics(min_posts=4, vocabulary=200, min_clusters=3, max_clusters=6)
    return settings_of(work).model_copy(
        update={"topics": topics, "engagement": Engagement(vocabulary=100, selected_words=20)}
    )


def fill(spark: SparkSession, settings: Settings, taken: Mapping[str, int]) -> None:
    """Writes the first lines of the bundled files, so many of each, as one micro-batch."""
    sent = [
        Sent(line.encode(), (("source", _source(name)), ("collected_at", b"2026-01-02T03:04:05.678Z")))
        for name, count in taken.items()
        for line in lines(bundled_path(name))[:count]
    ]
    create_all(spark, settings.lake, STREAM_TABLES)
    gold = Gold(spark, settings, once=True)
    past = ledger.past(delta.read(spark, ledger.TABLE, settings.lake))
    write = MicroBatches(settings, past, lambda entries: None, Scores(settings, Champions, print), gold)
    write(records(kafka_rows(spark, sent), settings, KEY.encode()), 0)
    gold.close()


def _source(name: str) -> bytes:
    return b"x-v2" if name == "x_v2_stream" else b"x-archive"
