"""Checkpoints that are lost, damaged, or another topic's."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.checked import is_whole, tell, versions
from faults.figures import Tally
from starling.errors import CheckpointError
from streams.lakes import Lake, Record
from streams.messages import post

REMEDY = r"Move the folder .*/checkpoints/posts away and start again"


@pytest.fixture
def drained(lake: Lake, real_records: list[Record]) -> Lake:
    """A lake that has read its topic in three batches."""
    lake.send([*real_records[:90], *real_records[:5]])
    lake.drain(most_a_batch=40)
    return lake


def checkpoint(lake: Lake) -> Path:
    return Path(lake.settings.checkpoints) / "posts"


@pytest.mark.fault(3, "the checkpoint deleted")
def test_without_its_checkpoint_a_stream_reads_all_again_and_changes_nothing(drained: Lake, tally: Tally) -> None:
    before = drained.everything()
    shutil.rmtree(checkpoint(drained))
    drained.send([post(id="9000")])
    drained.drain()
    found = drained.everything()
    added = [row for row in found["silver.posts"] if row["post_id"] == "9000"]
    assert len(added) == 1
    assert [row for row in found["silver.posts"] if row not in added] == before["silver.posts"]
    assert drained.ledger()["repeated"] == 95
    is_whole(drained)
    tell(tally, drained, 96)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def garbled(file: Path) -> None:
    file.write_bytes(b"\x00\xff garbage")


def garbled_beside_its_checksum(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1] + b"?")


def cut(file: Path) -> None:
    file.write_text("v1\n{")


def removed(file: Path) -> None:
    file.unlink()


def without_checksum(damage: Callable[[Path], None], file: Path) -> None:
    """Damages a file; the checksum that local disks have beside it would tell at once."""
    damage(file)
    if damage is not garbled_beside_its_checksum:
        file.with_name(f".{file.name}.crc").unlink()


@pytest.mark.fault(4, "checkpoint files emptied, garbled, removed")
@pytest.mark.timeout(600)
def test_a_damaged_checkpoint_is_one_message_with_file_and_remedy_and_touches_no_table(
    drained: Lake, tally: Tally, tmp_path: Path
) -> None:
    good = shutil.copytree(checkpoint(drained), tmp_path / "good")
    last = max(int(path.name) for path in (good / "offsets").glob("[0-9]*"))
    tried = [
        *((name, damage) for name in ("metadata", f"offsets/{last}") for damage in (emptied, garbled, removed)),
        *((f"commits/{last}", damage) for damage in (emptied, cut)),
        ("sources/0/0", emptied),
        ("metadata", garbled_beside_its_checksum),
        (f"offsets/{last}", cut),
    ]
    before = versions(drained)
    for name, damage in tried:
        shutil.rmtree(checkpoint(drained))
        shutil.copytree(good, checkpoint(drained))
        without_checksum(damage, checkpoint(drained) / name)
        with pytest.raises(CheckpointError, match=f"{re.escape(name)}: .*{REMEDY}"):
            drained.drain()
    assert versions(drained) == before
    tally.bad_inputs(len(tried))

    shutil.rmtree(checkpoint(drained))
    drained.drain()
    is_whole(drained)


def rewrite(lake: Lake, batch: int, change: Callable[[int], int]) -> str:
    """Changes the offset of one partition in a batch's file; returns the topic's name."""
    file = checkpoint(lake) / "offsets" / str(batch)
    *head, offsets = file.read_text().splitlines()
    said = json.loads(offsets)
    (topic,) = said
    said[topic]["0"] = change(said[topic]["0"])
    file.write_text("\n".join([*head, json.dumps(said)]))
    file.with_name(f".{file.name}.crc").unlink(missing_ok=True)
    return str(topic)


@pytest.mark.fault(5, "a digit flipped in offsets/N")
def test_an_offset_that_says_less_repeats_records_which_the_ledger_reports(drained: Lake, tally: Tally) -> None:
    before, last = drained.everything(), max(row["batch_id"] for row in drained.rows("ops.batches", "batch_id"))
    rewrite(drained, last, lambda offset: offset - 7)
    drained.send([post(id="9001")])
    drained.drain()
    assert drained.ledger()["repeated"] == 7
    assert {key: len(rows) for key, rows in drained.everything().items() if key != "gold.sentiment_by_hour"} == {
        key: len(rows) + (key in {"bronze.events", "silver.posts", "silver.engagement", "gold.hashtag_trends"})
        for key, rows in before.items()
        if key != "gold.sentiment_by_hour"
    }
    is_whole(drained)
    tell(tally, drained, 96)


@pytest.mark.fault(5, "a digit flipped in offsets/N")
def test_an_offset_that_says_more_would_leave_records_out_and_is_refused(drained: Lake, tally: Tally) -> None:
    last = max(row["batch_id"] for row in drained.rows("ops.batches", "batch_id"))
    rewrite(drained, last, lambda offset: offset + 9000)
    with pytest.raises(
        CheckpointError, match=rf"offsets/{last}: it says that partition 0 is read until \d+, and the topic ends"
    ):
        drained.drain()
    rewrite(drained, last, lambda offset: offset - 9000 + 1)
    drained.send([post(id=str(number)) for number in range(9000, 9020)])
    with pytest.raises(
        CheckpointError, match=rf"offsets/{last}: .* partition 0 is read until \d+, and the tables end at"
    ):
        drained.drain()
    tally.bad_inputs(2)
    shutil.rmtree(checkpoint(drained))
    drained.drain()
    is_whole(drained)
    tell(tally, drained, 115)
