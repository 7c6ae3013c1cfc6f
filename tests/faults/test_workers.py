"""Python workers that die, hang or raise while they score: retried, or a stop that says why; never a loop."""

import pytest
from pyspark.sql import SparkSession

from faults.checked import is_whole, tell
from faults.figures import Tally
from starling import failpoints
from starling.errors import StreamError
from streams.lakes import Lake, Record

_IDLE_SECONDS = "spark.sql.execution.pyspark.udf.idleTimeoutSeconds"


def failed_tasks(spark: SparkSession) -> int:
    """Tasks that have failed so far, retried ones included."""
    context = spark.sparkContext._jsc.sc()
    context.listenerBus().waitUntilEmpty()
    return int(context.statusStore().executorList(True).head().failedTasks())


def arm(monkeypatch: pytest.MonkeyPatch, times: int, action: str) -> None:
    """Has the worker fail in so many attempts of each task."""
    monkeypatch.setenv(failpoints.VARIABLE, f"in_udf:{times}:{action}")


def is_complete(lake: Lake, sent: list[Record], tally: Tally) -> None:
    """Every post is there and scored, once."""
    found = lake.rows("silver.posts", "post_id", "lang", "compound")
    assert len(found) == lake.ledger()["posts"] > 50
    assert all((row["compound"] is None) == (row["lang"] != "en") for row in found)
    is_whole(lake)
    tell(tally, lake, len(sent))


@pytest.mark.fault(13, "a UDF that raises, a worker that is killed, one that hangs")
def test_a_worker_that_is_killed_once_is_retried(
    lake: Lake, real_records: list[Record], tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed_before = failed_tasks(lake.spark)
    arm(monkeypatch, 1, "kill")
    lake.send(real_records[:120])
    lake.drain()
    assert failed_tasks(lake.spark) > failed_before, "no worker was killed"
    tally.kills(failed_tasks(lake.spark) - failed_before)
    is_complete(lake, real_records[:120], tally)


@pytest.mark.fault(13, "a UDF that raises, a worker that is killed, one that hangs")
def test_a_worker_that_fails_each_time_stops_the_stream_with_the_reason_and_the_next_run_has_all(
    lake: Lake, real_records: list[Record], tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.send(real_records[:120])
    for action, reason in (
        ("kill", "SparkException: Python worker exited unexpectedly (crashed)"),
        ("raise", "FailPointReached: fail point in_udf; "),
    ):
        failed_before = failed_tasks(lake.spark)
        arm(monkeypatch, 9, action)
        with pytest.raises(StreamError) as stopped:
            lake.drain()
        said = str(stopped.value)
        assert said.startswith(f"the stream stopped: {reason}")
        assert "; nothing is lost: start it again and it goes on where it was" in said
        assert "\n" not in said
        assert stopped.value.exit_code == 5
        # Each of the partitions' tasks is tried three times (local[*,3]), and that is all.
        assert 3 <= failed_tasks(lake.spark) - failed_before <= 6
        assert lake.rows("bronze.events", "offset") == lake.rows("ops.batches", "batch_id") == []
    monkeypatch.delenv(failpoints.VARIABLE)
    lake.drain()
    is_complete(lake, real_records[:120], tally)


@pytest.mark.fault(13, "a UDF that raises, a worker that is killed, one that hangs")
def test_a_worker_that_hangs_is_killed_and_its_work_done_by_another(
    lake: Lake, real_records: list[Record], tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = lake.spark.conf.get(_IDLE_SECONDS)
    assert ours == "120"  # of conf/spark-defaults.conf: longer than any batch takes, and no test's patience
    failed_before = failed_tasks(lake.spark)
    arm(monkeypatch, 1, "hang")
    lake.send(real_records[:120])
    lake.spark.conf.set(_IDLE_SECONDS, "6")
    try:
        lake.drain()
    finally:
        lake.spark.conf.set(_IDLE_SECONDS, ours)
    assert failed_tasks(lake.spark) > failed_before, "no worker was killed"
    is_complete(lake, real_records[:120], tally)
