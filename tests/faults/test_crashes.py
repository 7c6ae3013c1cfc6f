"""A crash after any write of a micro-batch, the first one included: every table has everything once."""

import pytest

from faults.checked import is_whole, tell
from faults.figures import Tally
from starling import failpoints
from starling.errors import StreamError
from starling.models.champions import NAMES
from streams.lakes import Lake, Record
from streams.messages import deletion, post, repost
from streams.shelf import Copy

# Every write of a batch, in their order; those of gold, which come beside the batches; and that of bronze, beside which
# scores are written: they are there by then.
POINTS = (
    "after_silver_posts",
    "after_silver_engagement",
    "after_silver_deletions",
    "after_silver_rejected",
    "after_ops_batches",
    "before_commit",
    "after_gold_sentiment_by_hour",
    "after_gold_hashtag_trends",
)
BESIDE_SCORES = "after_bronze_events"


@pytest.mark.fault(1, "a crash at every step of a batch, the first batch included")
@pytest.mark.timeout(900)
def test_a_crash_after_any_write_leaves_every_table_exactly_once(
    lake: Lake, real_records: list[Record], registry: Copy, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [*real_records[:60], *real_records[:20]]
    lake.send(sent)
    for number, point in enumerate((*POINTS, BESIDE_SCORES)):
        if point == BESIDE_SCORES:
            lake.drain()
            for name in NAMES:
                registry.promote(name)
        records = of_every_kind(number)
        lake.send(records)
        sent += records
        crash_at(point, lake, monkeypatch)
    lake.drain()
    is_whole(lake)
    tell(tally, lake, len(sent))

    scored = [row["post_id"] for row in lake.rows("gold.post_scores", "post_id")]
    assert scored == [str(1000 + len(POINTS))], "the post that came when there were champions"
    undisturbed = lake.beside("undisturbed")
    undisturbed.drain()
    wanted = undisturbed.everything()
    assert {name: rows for name, rows in lake.everything().items() if name in wanted} == wanted


def of_every_kind(number: int) -> list[Record]:
    """Records that have a batch write every table: a post with a copy, a repost, a deletion, and what is refused."""
    new, gone = post(id=str(1000 + number), text=f"a good day #tag{number}"), str(3000 + number)
    return [new, new, repost(str(2000 + number), of=str(1000 + number), reposts=9), deletion(gone), post(id=gone)]


def crash_at(point: str, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, f"{point}:1:raise")
    failpoints.disarm()
    with pytest.raises(StreamError, match=f"the stream stopped: FailPointReached: fail point {point}"):
        lake.drain()
    monkeypatch.delenv(failpoints.VARIABLE)
