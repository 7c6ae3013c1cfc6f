"""The upkeep of the tables beside the micro-batches, in a thread of its own.

Every micro-batch adds a file to a table, and whoever reads an hour of it would soon open thousands: small files are
compacted, and what no version needs is deleted. Deleted posts are taken out, and payloads that are too old. Nothing of
this hinders who adds rows, and what fails is said and tried again: no upkeep ends a stream.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import TracebackType

from pyspark.sql import SparkSession

from starling import delta
from starling.bronze import events
from starling.failures import in_one_line
from starling.gold import post_scores
from starling.ops import erasures, ledger
from starling.ops.ledger import Entry
from starling.pipeline.erasure import erase
from starling.pipeline.receipts import Recount, delete_files
from starling.pipeline.retention import drop_payloads
from starling.settings import Retention, Settings
from starling.silver import deletions, engagement, posts, rejected

# Those that are only added to. Gold is kept by the hour: its files are replaced, and compacted an hour would cost all.
TABLES = (
    posts.TABLE,
    engagement.TABLE,
    events.TABLE,
    deletions.TABLE,
    rejected.TABLE,
    post_scores.TABLE,
    ledger.TABLE,
    erasures.TABLE,
)

_MINUTE_SECONDS = 60.0
_DAY_SECONDS = 86_400.0
# How often it is looked whether something deleted came back, where deletions are taken out as they come.
_LOOK_MINUTES = 10.0


def look_minutes(retention: Retention) -> float:
    """How often a running stream looks for what is to be taken out, and for files that are to be deleted."""
    return retention.erase_minutes or _LOOK_MINUTES


@dataclass
class _Task:
    """Something to be done again and again: from when on it is due, and after how many seconds anew."""

    what: str
    do: Callable[[], None]
    due: float
    every_seconds: float


class Upkeep:
    """Compacts, erases and vacuums while its block lasts; with `once`, what is left to be erased at the block's end."""

    def __init__(
        self,
        spark: SparkSession,
        settings: Settings,
        recount: Recount,
        say: Callable[[str], None],
        *,
        once: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`recount` has gold computed again for hours that posts were taken out of."""
        self._spark = spark
        self._lake = settings.lake
        self._settings = settings.retention
        self._compact_batches = settings.stream.compact_batches
        self._recount = recount
        self._say = say
        self._once = once
        self._clock = clock
        self._batches = 0
        self._vacuumed_at = dict.fromkeys((table.name for table in TABLES), clock())
        soon = clock() + _MINUTE_SECONDS  # the first micro-batches have enough to do
        look_seconds = look_minutes(self._settings) * _MINUTE_SECONDS
        self._compaction = _Task("the tables could not be compacted", self._compact, math.inf, math.inf)
        self._erasure = _Task("what is deleted could not be taken out", self._erase, soon, look_seconds)
        self._retention = _Task("payloads that are too old could not be taken out", self._retain, soon, _DAY_SECONDS)
        self._ending = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def __enter__(self) -> "Upkeep":
        """Begins."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Waits for the work that goes on; after a failure the rest is left for the next start."""
        self._ending = True
        self._wake.set()
        self._thread.join()
        if self._once and error is None:
            self._try(self._erasure)
            self._try(self._retention)

    def batch_written(self, entries: Sequence[Entry]) -> None:
        """Counts a batch, and begins the work that it makes due."""
        self._batches += 1
        if self._compact_batches and self._batches >= self._compact_batches:
            self._batches = 0
            self._compaction.due = self._clock()
        if not self._settings.erase_minutes and any(entry.deletions for entry in entries):
            self._erasure.due = self._clock()
        self._wake.set()

    def work(self) -> None:
        """Does what is due; what goes wrong is said, and tried again when it is due the next time."""
        for task in self._tasks():
            if task.due <= self._clock() and not self._ending:
                task.due = self._clock() + task.every_seconds
                self._try(task)

    def _tasks(self) -> tuple[_Task, ...]:
        return self._compaction, self._erasure, self._retention

    def _run(self) -> None:
        while not self._ending:
            self.work()
            rest = min(task.due for task in self._tasks()) - self._clock()
            self._wake.wait(min(max(rest, 0.0), threading.TIMEOUT_MAX))
            self._wake.clear()

    def _try(self, task: _Task) -> None:
        try:
            task.do()
        except delta.CONFLICTS:
            return  # somebody else does the same, or wrote what was to be compacted: the next time will do
        except Exception as error:
            self._say(f"upkeep: {task.what}, which is tried again: {in_one_line(error)}")

    def _compact(self) -> None:
        for table in TABLES:
            if delta.exists(self._spark, table, self._lake):
                delta.compact(self._spark, table, self._lake)
                if self._clock() - self._vacuumed_at[table.name] >= _DAY_SECONDS:
                    delta.vacuum(self._spark, table, self._lake)
                    self._vacuumed_at[table.name] = self._clock()

    def _erase(self) -> None:
        erase(self._spark, self._lake, self._recount)
        delete_files(self._spark, self._lake, timedelta(minutes=self._settings.grace_minutes))

    def _retain(self) -> None:
        if self._settings.payload_days:
            before = datetime.now(timezone.utc) - timedelta(days=self._settings.payload_days)
            drop_payloads(self._spark, self._lake, before, self._recount)
