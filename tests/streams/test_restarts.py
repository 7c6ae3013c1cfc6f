"""Stopped between batches and started again, the stream ends in the same tables, and keeps nothing of its batches."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from starling import delta
from starling.tables import Table
from streams.lakes import Lake, Record


def queries_that_spark_keeps(spark: SparkSession) -> int:
    """Queries whose jobs the scheduler holds, with their plans, until it is told that they have ended.

    A stream that leaves some behind with every batch fills the driver's heap within hours.
    """
    time.sleep(1)  # the scheduler is told a moment after whoever asked the query
    return spark.sparkContext._jsc.sc().dagScheduler().activeQueryToJobs().size()


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

    in_parts = lake.beside("in-parts")
    stop = threading.Event()
    written = delta.append

    def stop_at_the_third_ledger_entry(rows: DataFrame, table: Table, *rest: Any) -> None:
        written(rows, table, *rest)
        if table.name == "ops.batches" and in_parts.batches() == 3:
            stop.set()

    monkeypatch.setattr(delta, "append", stop_at_the_third_ledger_entry)
    in_parts.drain(most_a_batch=25, stop=stop)
    monkeypatch.undo()
    assert in_parts.batches() == 3
    in_parts.drain(most_a_batch=25)

    assert in_parts.batches() >= 13
    assert in_parts.everything() == at_once
    assert in_parts.ledger() == lake.ledger()
    assert list((Path(in_parts.settings.lake) / "bronze" / "events" / "_delta_log").glob("*.checkpoint.parquet"))
    # With the writes of a batch in each other's way it was one or two a batch.
    assert queries_that_spark_keeps(lake.spark) - kept_before < 7
