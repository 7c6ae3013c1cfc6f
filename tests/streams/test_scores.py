"""Champions beside a running stream: every post that comes while there is one has its scores, once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling import delta
from starling.errors import StreamError
from starling.models import topic_scores
from starling.models.scoring import Champions
from starling.models.trained import TOPICS, Loaded
from starling.pipeline.accounts import accounts
from starling.pipeline.history import rescore
from starling.settings import Models
from starling.tables import Table
from streams.lakes import Lake, Record
from streams.scored import deletion, posts, scored, told
from streams.shelf import Copy


@pytest.fixture
def eager(lake: Lake) -> Lake:
    """A lake whose stream asks for a new champion before every batch."""
    return Lake(lake.spark, lake.settings.model_copy(update={"models": Models(refresh_seconds=0)}), lake.servers)


@pytest.fixture
def after_batch(monkeypatch: pytest.MonkeyPatch) -> dict[int, Callable[[], Any]]:
    """What is to happen once a batch is in the ledger, by its number; what is being fetched then is waited for."""
    wanted: dict[int, Callable[[], Any]] = {}

    def and_then(write: Callable[..., None]) -> Callable[..., None]:
        def written(rows: DataFrame, table: Table, *rest: Any) -> None:
            write(rows, table, *rest)
            if table.name == "ops.batches":
                for thread in threading.enumerate():
                    if thread.name == "champions":
                        thread.join()
                wanted.get(int(rows.first().batch_id), lambda: None)()

        return written

    for operation in ("append", "replace"):
        monkeypatch.setattr(delta, operation, and_then(getattr(delta, operation)))
    return wanted


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_champions_promoted_while_the_stream_runs_are_taken_up_between_batches(
    eager: Lake, registry: Copy, after_batch: dict[int, Callable[[], Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    second = registry.topics_numbered(11, 12)
    # The next batch still goes with what is held, and has the question asked; the one after it goes with the answer.
    after_batch[0] = lambda: registry.promote(version=1)
    after_batch[2] = lambda: registry.promote(version=second)
    eager.send(posts(100, 50))
    eager.drain(most_a_batch=10)
    # Batches 0 and 1 had no champion, 2 and 3 the first, 4 the second; none is mixed.
    assert scored(eager) == told(120, 20, 1) | told(140, 10, second, 11, 12)
    found = accounts(eager.spark, eager.settings.lake)
    assert found.balanced
    assert found.rows["silver.posts"] == 50
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("champion")]
    assert said == [f"champion: {TOPICS} version 1", f"champion: {TOPICS} version {second}"]

    # All history, by a version that is chosen.
    assert rescore(eager.spark, eager.settings, Champions(topics=registry.registry.load(TOPICS, 1))) == 50
    assert scored(eager) == told(100, 50, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_post_that_a_champion_cannot_bear_costs_its_batch_the_scores_and_nothing_else(
    lake: Lake, registry: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    score = topic_scores.score

    def fragile(rows: DataFrame, model: Loaded) -> DataFrame:
        bad = F.when(F.array_contains("terms", "poison"), F.raise_error(F.lit("it is bitter\x1b[2J")))
        return score(rows.withColumn("terms", F.coalesce(bad.cast("array<string>"), "terms")), model)

    monkeypatch.setattr(topic_scores, "score", fragile)
    registry.promote()
    lake.send([*posts(100, 9), *posts(109, 1, "poison"), *posts(110, 10)])
    lake.drain(most_a_batch=10)
    assert scored(lake) == dict.fromkeys(range(100, 110), (None, None)) | told(110, 10, 1)
    reasons = {row["topic_reason"] for row in lake.rows("gold.post_scores", "topic_reason", "post_id")}
    assert reasons == {None, "version 1 failed"}
    assert accounts(lake.spark, lake.settings.lake).balanced
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("scores: ")]
    assert len(said) == 1
    assert f"{TOPICS} version 1 failed on a batch, whose posts go without: " in said[0]
    assert "it is bitter?[2J" in said[0]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_batch_broken_off_and_a_lost_checkpoint_leave_no_post_without_its_scores_and_none_with_two(
    lake: Lake, registry: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.promote()
    lake.send([*posts(100, 29), Record("x-v2", b"{", "x:0", partition=0), deletion(50)])
    written = delta.append

    def without_bronze(rows: DataFrame, table: Table, *rest: Any) -> None:
        if table.name == "bronze.events":
            raise OSError("the machine went away")
        written(rows, table, *rest)

    monkeypatch.setattr(delta, "append", without_bronze)
    with pytest.raises(StreamError, match="the machine went away"):
        lake.drain()
    monkeypatch.undo()
    assert scored(lake) == told(100, 29, 1), "scores are written beside bronze"
    Path(lake.settings.checkpoints).rename(f"{lake.settings.checkpoints}-lost")
    lake.drain(most_a_batch=10)
    assert scored(lake) == told(100, 29, 1)
    assert accounts(lake.spark, lake.settings.lake).balanced
    assert {name: len(lake.rows(f"silver.{name}")) for name in ("posts", "rejected", "deletions")} == {
        "posts": 29,
        "rejected": 1,
        "deletions": 1,
    }

    # Of posts that were taken out since, a replay brings no scores back.
    gone = "CAST(post_id AS INT) < 110"
    for name in ("silver.posts", "gold.post_scores"):
        lake.spark.sql(f"DELETE FROM delta.`{lake.settings.lake}/{name.replace('.', '/')}` WHERE {gone}")
    lake.send([deletion(number) for number in range(100, 110)])
    lake.drain()
    Path(lake.settings.checkpoints).rename(f"{lake.settings.checkpoints}-lost-again")
    lake.drain()
    assert scored(lake) == told(110, 19, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_history_is_scored_again_beside_a_stream_that_goes_on(lake: Lake, registry: Copy) -> None:
    second = registry.topics_numbered(11, 12)
    registry.promote()
    lake.send(posts(100, 20))
    lake.drain()
    lake.send(posts(120, 40))
    champions = Champions(topics=registry.registry.load(TOPICS, second))
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(lake.drain, 10)
        counts = [rescore(lake.spark, lake.settings, champions)]
        while not running.done() and len(counts) < 3:
            counts.append(rescore(lake.spark, lake.settings, champions))
        running.result()
    assert counts == sorted(counts)
    assert counts[0] >= 20
    found = scored(lake)
    assert found == told(100, 60, 1) | told(100, counts[-1], second, 11, 12)
