"""One micro-batch: read, judged, written, entered in the ledger.

Bronze is written after silver, so that a record found in bronze is known to be written completely; gold is computed
again from silver for the hours that the batch touches; the ledger is checked before anything is written, and entered
last. Every write leaves out what is there already, so that a batch may be interrupted anywhere and read again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from starling import delta
from starling.bronze import events
from starling.hours import hour_ranges
from starling.ops import ledger
from starling.pipeline import extent
from starling.pipeline.extent import Extent
from starling.pipeline.known import known
from starling.pipeline.refresh import refreshes
from starling.pipeline.scored import Scores
from starling.pipeline.together import together
from starling.pipeline.writes import COUNTED, NewRows, Write
from starling.settings import Settings
from starling.silver import outcomes, posts
from starling.sources.parse import parse


def records(kafka: DataFrame, settings: Settings, pseudonym_key: bytes) -> DataFrame:
    """All that can be said of a record by itself: bronze's columns, RECORD's, silver.posts', and the reason.

    Done in the stream, ahead of the micro-batches, Spark analyses it once and not in every batch.
    """
    return (
        kafka.transform(events.from_kafka)
        .transform(parse, settings.limits)
        .transform(posts.with_post, settings, pseudonym_key)
    )


class MicroBatches:
    """What Spark calls with each micro-batch of `records`, and what is remembered from one to the next."""

    def __init__(self, settings: Settings, report: Callable[[Sequence[ledger.Entry]], None], scores: Scores) -> None:
        self._lake = settings.lake
        self._baseline_hours = settings.trends.baseline_hours
        self._report = report
        self._scores = scores
        self._past: ledger.Past | None = None
        self._repeating = True  # the first batch after a start may be one that was interrupted

    def __call__(self, batch: DataFrame, batch_id: int) -> None:
        """Writes one micro-batch; raises LedgerError, before anything is written, where its sums do not balance."""
        started_at = datetime.now(timezone.utc)
        with _kept(batch):
            extents = extent.of(batch)
            if extents:
                self._report(self._write(batch, extents, batch_id, started_at))

    def _write(
        self, batch: DataFrame, extents: Sequence[Extent], batch_id: int, started_at: datetime
    ) -> list[ledger.Entry]:
        spark = batch.sparkSession
        past = self._past or ledger.past(delta.read(spark, ledger.TABLE, self._lake))
        may_repeat = self._repeating or any(e.from_offset < past.until(e.topic, e.partition) for e in extents)
        there = known(batch, extents, self._lake, may_repeat=may_repeat, deletions_are=may_repeat or past.deletions > 0)
        verdicts = outcomes.judged(batch, there)
        with _kept(verdicts):
            counts = _counts(verdicts)
            entries = _entries(extents, counts, _query_id(spark), batch_id, started_at)
            ledger.check(entries)
            rows = NewRows(batch, verdicts, {name: sum(row[name] for row in counts) for name in COUNTED}, self._lake)
            together(spark, *rows.silver())
            found = _found(counts)
            gold = self._gold(rows, extents, again=may_repeat or found) if any(e.posts for e in entries) else []
            together(spark, *rows.bronze(), *gold)
        entries = [replace(entry, written_at=datetime.now(timezone.utc)) for entry in entries]
        self._enter(spark, entries)
        self._past = past.followed_by(entries)
        self._repeating = found or any(entry.repeated for entry in entries)
        return entries

    def _gold(self, rows: NewRows, extents: Sequence[Extent], *, again: bool) -> list[Write]:
        """`again` says whether an earlier batch may have written some of it."""
        ranges = hour_ranges(extent.hours(extents))
        refreshed = refreshes(rows.batch.sparkSession, self._lake, ranges, self._baseline_hours)
        return [*refreshed, *self._scores.writes(*rows.posts(), ranges, again=again)]

    def _enter(self, spark: SparkSession, entries: list[ledger.Entry]) -> None:
        rows = ledger.rows(spark, entries)
        if self._repeating:  # the batch may have been entered before the crash that made it run again
            first = entries[0]
            this_batch = f"query_id = '{first.query_id}' AND batch_id = {first.batch_id}"
            delta.replace(rows, ledger.TABLE, self._lake, this_batch)
        else:
            delta.append(rows, ledger.TABLE, self._lake, len(entries))


@contextmanager
def _kept(rows: DataFrame) -> Iterator[None]:
    """Keeps the rows, once computed, for as long as they are used."""
    rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield
    finally:
        rows.unpersist()


def _counts(verdicts: DataFrame) -> list[Row]:
    """By partition: records of each outcome, repeated records, and rows to be added to each table."""
    return (
        verdicts.groupBy("topic", "partition")
        .agg(
            *(F.count_if(F.col("outcome") == name).alias(name) for name in ledger.OUTCOMES),
            *(F.count_if(F.col(name)).alias(name) for name in ("repeated", *COUNTED)),
        )
        .collect()
    )


def _found(counts: Sequence[Row]) -> bool:
    """Whether a table has rows of these records already: some of an earlier batch, that was interrupted, is written."""
    adds = (("posts", "adds_post"), ("deletions", "adds_deletion"), ("rejected", "adds_rejected"))
    return any(row[outcome] > row[flag] for row in counts for outcome, flag in adds)


def _entries(
    extents: Sequence[Extent], counts: Sequence[Row], query_id: str, batch_id: int, started_at: datetime
) -> list[ledger.Entry]:
    by_partition = {(row.topic, row.partition): row for row in counts}
    return [
        ledger.Entry(
            query_id=query_id,
            batch_id=batch_id,
            topic=e.topic,
            partition=e.partition,
            from_offset=e.from_offset,
            until_offset=e.until_offset,
            records=e.records,
            **{name: by_partition[e.topic, e.partition][name] for name in (*ledger.OUTCOMES, "repeated")},
            newest_record_at=e.newest_record_at,
            started_at=started_at,
            written_at=started_at,
        )
        for e in extents
    ]


def _query_id(spark: SparkSession) -> str:
    """The running query's id, which its checkpoint keeps: a new checkpoint is a new query."""
    return spark.sparkContext.getLocalProperty("sql.streaming.queryId") or "none"
