"""A second stream on the same tables refuses; the first one goes on."""

import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from faults.checked import is_whole
from starling.errors import BusyError
from starling.hadoop import Folder
from starling.pipeline import driver_lock
from starling.pipeline.driver_lock import is_driven
from streams.lakes import Lake, running, wait_until
from streams.messages import post


@pytest.mark.fault(6, "a second driver on the same tables")
def test_a_second_stream_refuses_and_the_first_one_goes_on(lake: Lake) -> None:
    lake.send([post(id="500")])
    with running(lake) as failures:
        wait_until(lambda: lake.count("ops.batches") == 1)
        assert is_driven(lake.spark, lake.settings.lake)
        with pytest.raises(BusyError, match=r"another stream writes the tables in .*/lake \(process \d+ on .* since "):
            lake.drain()
        lake.send([post(id="501")])
        wait_until(lambda: lake.count("ops.batches") == 2)
    assert not failures
    assert not is_driven(lake.spark, lake.settings.lake)
    lake.drain()
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == ["500", "501"]
    is_whole(lake)


# --- where the lake is a URI, whose storage has no locks


@pytest.fixture
def folder(spark: SparkSession, tmp_path: Path) -> Folder:
    return Folder(spark, f"file://{tmp_path}/lake")


@pytest.mark.fault(6, "a second driver on the same tables")
def test_a_lock_that_is_a_file_keeps_the_second_one_out_while_its_holder_lives(folder: Folder) -> None:
    with driver_lock._by_a_file(folder, beat=0.2, dead=2.0) as held:
        with (
            pytest.raises(BusyError, match=r"another stream writes the tables in file://.*/lake \(process \d+ on "),
            driver_lock._by_a_file(folder, beat=0.2, dead=2.0),
        ):
            pass
        held.check()
    assert folder.names() == []
    with driver_lock._by_a_file(folder, beat=0.2, dead=2.0):
        pass


@pytest.mark.fault(6, "a second driver on the same tables")
def test_a_lock_whose_holder_died_is_taken_over_and_the_dead_one_hears_of_it(folder: Folder) -> None:
    with driver_lock._by_a_file(folder, beat=0.3, dead=1.0) as stalled:
        folder.write(
            driver_lock.FILE, "process 1 on elsewhere, another\n0\n"
        )  # it took over while this one stood still
        time.sleep(1)
        with pytest.raises(BusyError, match=r"another one took over \(process 1 on elsewhere"):
            stalled.check()
    assert folder.names() == [driver_lock.FILE], "the lock of another one was taken away"
    with driver_lock._by_a_file(folder, beat=0.2, dead=1.0) as held:
        held.check()
    assert folder.names() == []
