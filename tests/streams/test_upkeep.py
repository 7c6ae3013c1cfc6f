"""The upkeep beside a running stream: fewer files, the same rows, and a stream that goes on whatever fails in it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from delta.exceptions import ConcurrentDeleteReadException

from ops.entries import entry
from starling import delta
from starling.pipeline import upkeep as module
from starling.pipeline.upkeep import Upkeep
from starling.settings import Retention, Settings, Stream
from streams.lakes import wait_until

HOUR = 3_600.0


# --- what is done when: with a clock of the test's own, and without tables


@dataclass
class Kept:
    """An upkeep whose work is written down instead of done."""

    settings: Settings
    once: bool = False
    now: float = 1_000.0
    done: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def made(self) -> Upkeep:
        return Upkeep(
            None,  # type: ignore[arg-type]
            self.settings,
            lambda hours: None,
            self.said.append,
            once=self.once,
            clock=lambda: self.now,
        )

    def does(self, what: str) -> Callable[..., None]:
        def did(*_: Any) -> None:
            self.done.append(what)
            if self.failure:
                raise self.failure

        return did

    def at(self, upkeep: Upkeep, seconds: float) -> list[str]:
        """What is done so long after the start, by then."""
        self.now = 1_000.0 + seconds
        upkeep.work()
        done, self.done[:] = list(self.done), []
        return done


@pytest.fixture
def kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Kept]:
    def make(once: bool = False, batches: int = 0, **retention: Any) -> Kept:
        told = settings.model_copy(
            update={"retention": Retention(**retention), "stream": Stream(compact_batches=batches)}
        )
        made = Kept(told, once)
        monkeypatch.setattr(delta, "exists", lambda _spark, table, _lake: table.name == "silver.posts")
        for where, name in ((delta, "compact"), (delta, "vacuum"), (module, "erase"), (module, "delete_files")):
            monkeypatch.setattr(where, name, made.does(name))
        monkeypatch.setattr(module, "drop_payloads", lambda *rest: made.does(f"drop {rest[2]:%Y-%m-%d}")())
        return made

    return make


def deletions(number: int) -> list[Any]:
    return [entry(deletions=number)]


def test_compaction_comes_after_so_many_batches_and_a_vacuum_once_a_day(kept: Callable[..., Kept]) -> None:
    of = kept(batches=2, erase_minutes=1440)
    upkeep = of.made()
    upkeep.batch_written(deletions(0))
    assert of.at(upkeep, 1) == []
    upkeep.batch_written(deletions(0))
    assert of.at(upkeep, 2) == ["compact"]
    upkeep.batch_written(deletions(0))
    assert of.at(upkeep, 3) == []
    for hours, done in (
        (23.9, ["compact"]),
        (24, ["compact", "vacuum"]),
        (47, ["compact"]),
        (48, ["compact", "vacuum"]),
    ):
        for _ in range(2):
            upkeep.batch_written(deletions(0))
        assert [one for one in of.at(upkeep, hours * HOUR) if one in ("compact", "vacuum")] == done, hours


def test_what_is_deleted_is_looked_for_a_minute_after_the_start_and_then_as_often_as_is_said(
    kept: Callable[..., Kept],
) -> None:
    of = kept(erase_minutes=5)
    upkeep = of.made()
    upkeep.batch_written(deletions(3))
    assert of.at(upkeep, 59) == []
    assert of.at(upkeep, 60) == ["erase", "delete_files"]
    assert of.at(upkeep, 359) == []
    assert of.at(upkeep, 360) == ["erase", "delete_files"]


def test_with_no_time_between_it_is_taken_out_after_each_batch_with_deletions(kept: Callable[..., Kept]) -> None:
    of = kept(erase_minutes=0)
    upkeep = of.made()
    upkeep.batch_written(deletions(0))
    assert of.at(upkeep, 1) == []
    upkeep.batch_written(deletions(1))
    assert of.at(upkeep, 1) == ["erase", "delete_files"]
    assert of.at(upkeep, 600) == []
    assert of.at(upkeep, 601) == ["erase", "delete_files"], "what is deleted may come back in others' payloads"


def test_payloads_that_are_too_old_leave_once_a_day_where_there_is_an_age(kept: Callable[..., Kept]) -> None:
    of = kept(erase_minutes=1440, payload_days=30)
    upkeep = of.made()
    past = datetime.now(timezone.utc) - timedelta(days=30)
    assert [one for one in of.at(upkeep, 60) if one.startswith("drop")] == [f"drop {past:%Y-%m-%d}"]
    assert of.at(upkeep, 24 * HOUR) == []
    assert of.at(upkeep, 24 * HOUR + 60)[-1].startswith("drop")
    without = kept(payload_days=0)
    assert without.at(without.made(), 60) == ["erase", "delete_files"]


def test_a_drained_topic_leaves_nothing_to_be_erased_unless_the_stream_failed(kept: Callable[..., Kept]) -> None:
    of = kept(once=True, payload_days=1)
    with of.made():
        pass
    assert [one.split()[0] for one in of.done] == ["erase", "delete_files", "drop"]
    of.done.clear()
    with pytest.raises(OSError, match="no disk"), of.made():
        raise OSError("no disk")
    goes_on = kept(once=False)
    with goes_on.made():
        pass
    assert of.done == goes_on.done == []


def test_what_goes_wrong_is_said_and_tried_again_and_stops_nothing(kept: Callable[..., Kept]) -> None:
    of = kept(batches=1, erase_minutes=10, payload_days=1)
    upkeep = of.made()
    of.failure = ConcurrentDeleteReadException("overtaken")
    upkeep.batch_written(deletions(0))
    assert len(of.at(upkeep, 60)) == 3
    assert of.said == []
    of.failure = OSError("no disk")
    upkeep.batch_written(deletions(0))
    of.at(upkeep, 25 * HOUR)
    assert of.said == [
        "upkeep: the tables could not be compacted, which is tried again: OSError: no disk",
        "upkeep: what is deleted could not be taken out, which is tried again: OSError: no disk",
        "upkeep: payloads that are too old could not be taken out, which is tried again: OSError: no disk",
    ]
    of.failure = None
    assert of.at(upkeep, 26 * HOUR) == ["erase", "delete_files"]


def test_the_thread_is_woken_by_the_batch_that_makes_work_due(kept: Callable[..., Kept]) -> None:
    of = kept(erase_minutes=0)
    began = time.monotonic()
    with of.made() as upkeep:
        upkeep.batch_written(deletions(1))
        wait_until(lambda: len(of.done) == 2)
    assert time.monotonic() - began < 30, "by itself it would have slept for a minute"
    assert of.done == ["erase", "delete_files"]
