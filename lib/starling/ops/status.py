"""The one line that says how the stream is doing."""

import json
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)

from starling.ops.ledger import Entry
from starling.ops.metrics import StreamMetrics, by_outcome, freshness_seconds
from starling.plaintext import printable


class StatusLine(StreamingQueryListener):
    """Prints a line a micro-batch, over the one before where the output is a terminal, and keeps the metrics."""

    def __init__(self, metrics: StreamMetrics, out: TextIO = sys.stderr) -> None:
        super().__init__()
        self._metrics = metrics
        self._out = out
        self._live = out.isatty()
        self._rejected = 0
        self._freshness = 0.0
        self._drawn = False
        self._drawing = threading.RLock()  # Spark's listener, the batches and the champions have threads of their own

    def batch_written(self, entries: Sequence[Entry]) -> None:
        """Takes in what the ledger says of a micro-batch, before Spark reports on it."""
        self._metrics.batch_written(entries)
        self._rejected += by_outcome(entries)["rejected"]
        self._freshness = freshness_seconds(entries)

    def note(self, text: str) -> None:
        """Prints a line of its own, beside the batches'. An error's words in it may be a post's.

        It is said from within a batch, which a terminal that has gone away is not to stop.
        """
        with self._drawing, suppress(OSError, ValueError):
            self.close()
            print(printable(text), file=self._out, flush=True)

    def onQueryStarted(self, event: QueryStartedEvent) -> None:  # noqa: N802 — Spark's name
        """Says nothing: the first line is the first batch's."""

    def onQueryProgress(self, event: QueryProgressEvent) -> None:  # noqa: N802
        """Prints the line."""
        progress = event.progress
        seconds = progress.batchDuration / 1000
        lag = sum(lag_records(source.endOffset, source.latestOffset) for source in progress.sources)
        self._metrics.batch_done(seconds, lag)
        if progress.numInputRows:
            self._print(line(progress.batchId, progress.numInputRows, seconds, lag, self._freshness, self._rejected))

    def onQueryIdle(self, event: QueryIdleEvent) -> None:  # noqa: N802
        """Says nothing: the last line still holds."""

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:  # noqa: N802
        """Leaves the last line standing."""
        self.close()

    def close(self) -> None:
        """Ends the live line, so that what is printed next begins on its own."""
        with self._drawing:
            if self._live and self._drawn:
                print(file=self._out, flush=True)
                self._drawn = False

    def _print(self, text: str) -> None:
        end = "" if self._live else "\n"
        with self._drawing:
            self._drawn = True
            print(f"\r\x1b[K{text}" if self._live else text, end=end, file=self._out, flush=True)


def line(batch_id: int, records: int, seconds: float, lag: int, freshness: float, rejected: int) -> str:
    """The status line.

    >>> line(3, 20000, 4.0, 1500, 6.25, 2)
    'batch 3: 20,000 records in 4.0 s (5,000/s), lag 1,500, freshness 6.2 s, rejected 2'
    """
    rate = records / seconds if seconds else 0.0
    return (
        f"batch {batch_id}: {records:,} records in {seconds:.1f} s ({rate:,.0f}/s), lag {lag:,}, "
        f"freshness {freshness:.1f} s, rejected {rejected:,}"
    )


def lag_records(end: str, latest: str) -> int:
    """Records between the end of a micro-batch and the end of the topic, from the two offsets as Spark writes them.

    >>> lag_records('{"starling.posts": {"0": 5, "1": 7}}', '{"starling.posts": {"0": 9, "1": 7}}')
    4
    >>> lag_records("None", "None")
    0
    """
    read, there = _offsets(end), _offsets(latest)
    return sum(
        max(0, offset - read.get(topic, {}).get(partition, 0))
        for topic, partitions in there.items()
        for partition, offset in partitions.items()
    )


def _offsets(text: str) -> dict[str, dict[str, int]]:
    """Offsets by topic and partition; an offset that there is not, PySpark writes in Python's word or in JSON's."""
    return {} if text in ("None", "null") else json.loads(text)
