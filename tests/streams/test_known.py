"""A copy is known by its post's key, whatever else it says; how it is known is tried in tests/faults."""

from datetime import datetime, timezone

import pandas as pd
import pytest
from pyspark.sql import functions as F

from starling import delta
from starling.pipeline.remembered import Remembered
from starling.silver import posts
from starling.silver.outcomes import POST_KEY
from streams.lakes import Lake
from streams.messages import post


@pytest.mark.slow
def test_a_copy_that_says_another_time_is_known_while_its_post_is_remembered(lake: Lake) -> None:
    lake.send([post(id="500"), post(id="501", created_at="2021-05-01T10:16:00.000Z")])
    lake.drain()
    lake.send([post(id="500", created_at="2021-05-02T10:15:00.000Z")])
    lake.drain()
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == ["500", "501"]


def hour(day: int) -> int:
    return int(datetime(2021, 5, day, 10, tzinfo=timezone.utc).timestamp()) // 3600


@pytest.mark.slow
def test_what_a_batch_wrote_that_broke_off_is_remembered_though_it_is_newer_than_what_is_noted(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.send([post(id=str(500 + day), created_at=f"2021-05-0{day}T10:15:00.000Z") for day in (1, 2, 3)])
    lake.drain()
    hashes = lake.table("silver.posts").select("post_id", F.xxhash64(*POST_KEY).alias("hash")).collect()

    def copies(says: int) -> pd.DataFrame:
        """Of all three, as if published at that hour."""
        rows = [("x", row.post_id, row.hash, float(says)) for row in hashes]
        return pd.DataFrame(rows, columns=[*POST_KEY, "post_hash", "hour"])

    def known(remembered: Remembered, says: int) -> set[str]:
        found = remembered.known(copies(says))
        return set() if found is None else set(found["post_id"])

    def remembering(newest: int | None) -> Remembered:
        return Remembered(lake.spark, lake.settings.lake, posts.TABLE, POST_KEY, "post_hash", "created_at", newest)

    begun = remembering(newest=hour(day=2))
    begun.begin()
    assert known(begun, says=hour(day=1)) == {"501", "502", "503"}  # of its own hour, and of the newest ones
    assert known(begun, says=hour(day=4)) == {"502", "503"}
    begun.load()
    assert known(begun, says=hour(day=4)) == {"502", "503"}
    begun.add(copies(hour(day=1)))
    assert begun.newest == hour(day=2)

    without_note = remembering(newest=None)
    without_note.begin()
    assert known(without_note, says=hour(day=4)) == {"503"}

    reads: list[str] = []
    read = delta.read
    monkeypatch.setattr(delta, "read", lambda *of: reads.append(of[1].name) or read(*of))
    assert known(begun, says=hour(day=5)) == {"502", "503"}
    assert reads
    reads.clear()
    assert begun.known(copies(hour(day=5)).assign(post_hash=7)) is None
    assert not reads, "what cannot be there is not looked for"
