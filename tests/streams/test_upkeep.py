"""Compaction beside a running stream: fewer files, the same rows, and a stream that goes on."""

from collections.abc import Callable
from itertools import count

import pytest
from delta.exceptions import ConcurrentDeleteReadException

from starling import delta
from starling.pipeline.accounts import accounts
from starling.pipeline.upkeep import Upkeep
from starling.settings import Settings, Stream
from streams.lakes import Lake, running, wait_until
from streams.messages import post


@pytest.mark.slow
def test_a_running_stream_compacts_what_it_wrote_and_goes_on(lake: Lake) -> None:
    numbers = count(500)

    def written(batches: int) -> Callable[[], bool]:
        def met() -> bool:
            lake.send([post(id=str(next(numbers)))])
            return lake.table("ops.batches").count() >= batches

        return met

    with running(lake, compact_batches=4) as failures:
        wait_until(written(4))
        wait_until(lambda: "OPTIMIZE" in operations(lake, "silver.posts"))
        wait_until(written(7))
    assert not failures
    for name in ("silver.posts", "bronze.events", "silver.engagement"):
        appended = operations(lake, name).count("WRITE")
        assert "OPTIMIZE" in operations(lake, name)
        assert len(lake.table(name).inputFiles()) <= appended - 2
    assert accounts(lake.spark, lake.settings.lake).balanced
    sent = [str(number) for number in range(500, next(numbers))]
    lake.drain()
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == sent


def operations(lake: Lake, name: str) -> list[str]:
    """What the commits of a table did, the last first."""
    path = f"{lake.settings.lake}/{name.replace('.', '/')}"
    return [row.operation for row in lake.spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()]


def after_each_batch(lake: Lake) -> Settings:
    """The lake's settings, with a compaction after every batch."""
    return lake.settings.model_copy(update={"stream": Stream(compact_batches=1)})


def test_what_goes_wrong_in_a_compaction_is_said_and_stops_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def tried(error: Exception) -> list[str]:
        def broken(*_: object) -> None:
            raise error

        monkeypatch.setattr(delta, "exists", broken)
        upkeep = Upkeep(lake.spark, after_each_batch(lake), said.append)
        upkeep.batch_written()
        upkeep.close()
        return said

    assert tried(ConcurrentDeleteReadException("overtaken")) == []
    assert tried(OSError("no disk")) == [
        "upkeep: the tables could not be compacted, which is tried again: OSError: no disk"
    ]


def test_a_vacuum_comes_once_a_day(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    now, vacuumed = [1_000.0], []
    monkeypatch.setattr(delta, "exists", lambda *_: True)
    monkeypatch.setattr(delta, "compact", lambda *_: None)
    monkeypatch.setattr(delta, "vacuum", lambda spark, table, lake: vacuumed.append(table.name))
    upkeep = Upkeep(lake.spark, after_each_batch(lake), print, clock=lambda: now[0])
    counts = []
    for seconds in (0, 86_399, 1, 1, 86_400):
        now[0] += seconds
        upkeep.batch_written()
        upkeep.close()
        counts.append(vacuumed.count("silver.posts"))
    assert counts == [0, 0, 1, 1, 2]
