"""Stopped or broken anywhere and started again, the stream ends in the same tables."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from starling import delta
from starling.errors import StreamError
from starling.models.champions import NAMES
from starling.pipeline.accounts import accounts
from starling.settings import Paths
from starling.tables import Table
from streams.lakes import Lake, Record
from streams.shelf import Copy


@pytest.fixture
def break_writes(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bool], None]:
    """Makes the next write to a table fail, before or after it is done: what a crash of the driver leaves behind."""

    def arm(name: str, done: bool) -> None:
        for operation in ("append", "replace", "add_missing"):
            monkeypatch.setattr(delta, operation, breaking(getattr(delta, operation), name, done))

    def breaking(write: Callable[..., None], name: str, done: bool) -> Callable[..., None]:
        def broken(rows: DataFrame, table: Table, *rest: Any) -> None:
            if table.name != name:
                write(rows, table, *rest)
                return
            if done:
                write(rows, table, *rest)
            raise OSError(f"the machine went away at {name}")

        return broken

    return arm


@pytest.mark.slow
def test_a_crash_at_any_write_of_the_first_batch_leaves_every_table_exactly_once(
    lake: Lake,
    real_records: list[Record],
    break_writes: Callable[[str, bool], None],
    registry: Copy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in NAMES:
        registry.promote(name)
    lake.send([*real_records, *real_records[:40], Record("x-v2", b"{")])
    for name, done in (
        ("silver.posts", False),
        ("silver.posts", True),
        ("bronze.events", True),
        ("gold.post_scores", False),
        ("gold.post_scores", True),
        ("ops.batches", True),
        ("gold.hashtag_trends", False),
    ):
        break_writes(name, done)
        with pytest.raises(StreamError, match=f"the stream stopped: OSError: the machine went away at {name}"):
            lake.drain()
        monkeypatch.undo()
    lake.drain()

    assert accounts(lake.spark, lake.settings.lake).rows == {
        "bronze.events": 341,
        "silver.posts": lake.ledger()["posts"],
        "silver.engagement": 300,
        "silver.deletions": 0,
        "silver.rejected": 1,
        "gold.sentiment_by_hour": lake.table("gold.sentiment_by_hour").select("platform", "hour").distinct().count(),
        "gold.hashtag_trends": lake.table("gold.hashtag_trends").select("hour", "hashtag").distinct().count(),
        "ops.batches": len({(r["batch_id"], r["partition"]) for r in lake.rows("ops.batches")}),
        "gold.author_records": 0,
        "gold.post_scores": lake.ledger()["posts"],
    }
    assert lake.rows("gold.post_scores", "platform", "post_id") == lake.rows("silver.posts", "platform", "post_id")
    versions = lake.rows("gold.post_scores", "topics_version", "engagement_version", "topic_reason", "post_id")
    assert {row["engagement_version"] for row in versions} == {row["topics_version"] for row in versions} == {1}
    sums = lake.ledger()
    assert (sums["records"], sums["rejected"], sums["duplicates"]) == (341, 1, 40)
    assert sums["posts"] + sums["engagement"] == 300


def queries_that_spark_keeps(spark: SparkSession) -> int:
    """Queries whose jobs the scheduler holds, with their plans, until it is told that they have ended.

    A stream that leaves some behind with every batch fills the driver's heap within hours.
    """
    time.sleep(1)  # the scheduler is told a moment after whoever asked the query
    return spark.sparkContext._jsc.sc().dagScheduler().activeQueryToJobs().size()


def _beside(lake: Lake) -> Paths:
    return Paths(work=f"{lake.settings.paths.work}-in-parts")


@pytest.fixture
def checkpoints_often(spark: SparkSession) -> Iterator[None]:
    """Tables that are made meanwhile write a checkpoint with every tenth commit, as Delta's own default is."""
    interval = "spark.databricks.delta.properties.defaults.checkpointInterval"
    ours = spark.conf.get(interval)
    spark.conf.set(interval, "10")
    yield
    spark.conf.set(interval, ours)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("checkpoints_often")
def test_fourteen_batches_with_stops_between_end_as_one_batch_does(
    lake: Lake, real_records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_before = queries_that_spark_keeps(lake.spark)
    records = [*real_records, *real_records[50:90]]
    lake.send(records)
    lake.drain()
    at_once = lake.everything()

    in_parts = Lake(lake.spark, lake.settings.model_copy(update={"paths": _beside(lake)}), lake.servers)
    stop = threading.Event()
    written = delta.append

    def stop_at_the_third_ledger_entry(rows: DataFrame, table: Table, *rest: Any) -> None:
        written(rows, table, *rest)
        if table.name == "ops.batches" and in_parts.table("ops.batches").select("batch_id").distinct().count() == 3:
            stop.set()

    monkeypatch.setattr(delta, "append", stop_at_the_third_ledger_entry)
    in_parts.drain(most_a_batch=25, stop=stop)
    monkeypatch.undo()
    assert in_parts.table("ops.batches").select("batch_id").distinct().count() == 3
    in_parts.drain(most_a_batch=25)

    assert in_parts.table("ops.batches").select("batch_id").distinct().count() >= 13
    assert in_parts.everything() == at_once
    assert in_parts.ledger() == lake.ledger()
    assert list((Path(in_parts.settings.lake) / "bronze" / "events" / "_delta_log").glob("*.checkpoint.parquet"))
    # With the writes of a batch in each other's way it was one or two a batch.
    assert queries_that_spark_keeps(lake.spark) - kept_before < 7
