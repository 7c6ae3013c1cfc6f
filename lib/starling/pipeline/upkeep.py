"""The upkeep of the tables that a stream adds to: small files are compacted, and what no version needs is deleted.

Every micro-batch adds a file to a table. Whoever reads an hour of it would soon open thousands. A compaction changes no
row and hinders no one who adds rows, so it goes on beside the micro-batches; nothing depends on when, or whether.
"""

import threading
import time
from collections.abc import Callable

from pyspark.sql import SparkSession

from starling import delta
from starling.bronze import events
from starling.failures import in_one_line
from starling.gold import post_scores
from starling.ops import ledger
from starling.settings import Settings
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
)

_DAY_SECONDS = 86_400


class Upkeep:
    """Compacts the tables after every so many batches, and once a day vacuums them, in a thread of its own."""

    def __init__(
        self,
        spark: SparkSession,
        settings: Settings,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spark = spark
        self._lake = settings.lake
        self._every = settings.stream.compact_batches
        self._say = say
        self._clock = clock
        self._batches = 0
        self._vacuumed_at = dict.fromkeys((table.name for table in TABLES), clock())
        self._running: threading.Thread | None = None

    def batch_written(self) -> None:
        """Counts a batch, and begins the work where it is time for it and the last one has ended."""
        self._batches += 1
        if self._every and self._batches >= self._every and not (self._running and self._running.is_alive()):
            self._batches = 0
            self._running = threading.Thread(target=self._work, name="upkeep", daemon=True)
            self._running.start()

    def close(self) -> None:
        """Waits for the work that goes on."""
        if self._running:
            self._running.join()

    def _work(self) -> None:
        try:
            for table in TABLES:
                if delta.exists(self._spark, table, self._lake):
                    delta.compact(self._spark, table, self._lake)
                    if self._clock() - self._vacuumed_at[table.name] >= _DAY_SECONDS:
                        delta.vacuum(self._spark, table, self._lake)
                        self._vacuumed_at[table.name] = self._clock()
        except delta.CONFLICTS:
            return  # somebody else does the same, or wrote what was to be compacted: the next time will do
        except Exception as error:
            self._say(f"upkeep: the tables could not be compacted, which is tried again: {in_one_line(error)}")
