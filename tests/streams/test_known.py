"""A copy is known however much or little the stream remembers, in one run or after another start."""

from dataclasses import replace

import pytest

from starling.pipeline import recent, remembered
from starling.pipeline.accounts import accounts
from streams.lakes import Lake, Record
from streams.messages import COUNTS, deletion, post, repost


def story() -> list[Record]:
    """Eight posts of four hours, a deletion, and then copies of all, news, reposts, and a post that was deleted."""
    times = [f"2021-05-0{day}T1{hour}:15:00.000Z" for day in (1, 3) for hour in (0, 5)]
    posts = [post(id=str(500 + number), created_at=times[number // 2]) for number in range(8)]
    news = [
        post(id=str(500 + n), created_at=times[n // 2], public_metrics={**COUNTS, "like_count": 50}) for n in (0, 7)
    ]
    return [
        *posts,
        deletion("502"),
        *posts,
        *news,
        *news,
        repost("600", of="501", reposts=9),
        deletion("502"),
        repost("600", of="501", reposts=9),
        deletion("508"),
        post(id="508", created_at=times[3]),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("most", [4_000_000, 3])
def test_copies_are_known_from_memory_and_from_the_tables_alike(
    lake: Lake, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST", most)
    monkeypatch.setattr(recent, "_MOST_NEW", min(most, 50_000) - 1)
    # One partition, so that every copy comes after its post.
    told = [replace(record, partition=0) for record in story()]
    lake.send(told[:14])
    lake.drain(most_a_batch=5)
    lake.send(told[14:])
    lake.drain(most_a_batch=5)

    assert lake.ledger() == {
        "records": 26,
        "posts": 8,
        "engagement": 3,
        "deletions": 2,
        "rejected": 2,
        "duplicates": 11,
        "repeated": 0,
    }
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == [str(500 + n) for n in range(8)]
    assert accounts(lake.spark, lake.settings.lake).balanced


@pytest.mark.slow
def test_a_copy_that_says_another_time_is_known_while_its_post_is_remembered(lake: Lake) -> None:
    lake.send([post(id="500"), post(id="501", created_at="2021-05-01T10:16:00.000Z")])
    lake.drain()
    lake.send([post(id="500", created_at="2021-05-02T10:15:00.000Z")])
    lake.drain()
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == ["500", "501"]
