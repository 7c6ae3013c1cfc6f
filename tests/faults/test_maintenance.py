"""Maintenance while the stream writes: few files, the same rows, and nobody stopped."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from faults.checked import is_whole, tell
from faults.figures import Tally
from starling.errors import BusyError
from starling.ops.maintenance import files
from starling.settings import Retention
from streams.lakes import Lake, running, wait_until
from streams.messages import deletion, post


@pytest.mark.fault(18, "compaction, vacuum and deletions while the stream writes")
@pytest.mark.timeout(600)
def test_compaction_vacuum_and_deletions_beside_a_running_stream_change_no_count(lake: Lake, tally: Tally) -> None:
    spark, place = lake.spark, lake.settings.lake
    at_once = lake.settings.model_copy(update={"retention": Retention(erase_minutes=0)})
    busy = Lake(spark, at_once, lake.servers)
    numbers = count(500)
    sent = 0

    def written(batches: int) -> Callable[[], bool]:
        def met() -> bool:
            nonlocal sent
            busy.send([post(id=str(next(numbers)))])
            sent += 1
            return busy.count("ops.batches") >= batches

        return met

    def maintain() -> list[str]:
        return [
            *files.compact(spark, place),
            *files.compact(spark, place),
            *files.vacuum(spark, place, files.WEEK_HOURS),
        ]

    with running(busy, compact_batches=3) as failures:
        wait_until(written(3))
        wait_until(lambda: "OPTIMIZE" in operations(busy, "silver.posts"))  # the stream's own
        busy.send([deletion("500"), deletion("501")])
        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(maintain)
            wait_until(written(8))
            wait_until(lambda: not {"500", "501"} & {row["post_id"] for row in busy.rows("silver.posts", "post_id")})
            wait_until(done.done)
        with pytest.raises(BusyError, match="stop it to delete files that are younger than a week"):
            next(files.vacuum(spark, place, 1))
    assert not failures
    assert any("silver.posts: " in line and " put together into 1 file" in line for line in done.result())
    busy.drain()
    assert len(busy.table("silver.posts").inputFiles()) <= busy.count("ops.batches") - 3
    assert busy.count("silver.posts") == sent - 2
    is_whole(busy)
    tell(tally, busy, sent + 2)

    lines = list(files.vacuum(spark, place, 0))  # nobody writes any more
    assert any(line.startswith("silver.posts: ") and not line.endswith(": 0 files deleted") for line in lines)
    is_whole(busy)


def operations(lake: Lake, name: str) -> set[str]:
    """What the commits of a table did."""
    path = f"{lake.settings.lake}/{name.replace('.', '/')}"
    return {row.operation for row in lake.spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()}
