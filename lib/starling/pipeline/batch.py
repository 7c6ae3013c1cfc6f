"""One micro-batch: read, judged, written, entered in the ledger.

Bronze is written after silver, so that a record found in bronze is known to be written completely; the ledger is
checked before anything is written, and entered last. Every write leaves out what is there already, so that a batch may
be interrupted anywhere and read again. Gold follows by itself: see `starling.pipeline.refresh`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone

import pandas as pd
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from starling import delta, failpoints
from starling.arrow import Columns, made
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.hours import hour_ranges
from starling.ops import ledger
from starling.pipeline import extent
from starling.pipeline.extent import Extent
from starling.pipeline.facts import facts, hours
from starling.pipeline.interpreted import compiled
from starling.pipeline.known import Memory, found_some
from starling.pipeline.refresh import Gold
from starling.pipeline.scored import Scores
from starling.pipeline.together import together
from starling.pipeline.writes import NewRows
from starling.settings import Settings
from starling.silver import outcomes, posts
from starling.sources import parse


def records(kafka: DataFrame, settings: Settings, pseudonym_key: bytes) -> DataFrame:
    """All that can be said of a record by itself: bronze's columns, parse.COLUMNS, posts.DESCRIPTION.

    In the stream, ahead of the micro-batches, Spark analyses it once and not in every batch. It is one pass of Python
    over the records; a key in a Spark expression would be readable in every query plan.
    """

    def described(batch: pa.RecordBatch) -> Columns:
        bronze = events.from_kafka(batch)
        parsed = parse.parsed(bronze, settings.limits)
        return [*bronze.columns, *parse.columns(parsed), *posts.described(parsed, settings, pseudonym_key)]

    schema = StructType([*events.TABLE.schema, *parse.COLUMNS, *posts.DESCRIPTION])
    return made(events.with_arrival(kafka), schema, failpoints.in_udf(described))


class MicroBatches:
    """What Spark calls with each micro-batch of `records`, and what is remembered from one to the next."""

    def __init__(
        self,
        settings: Settings,
        past: ledger.Past,
        report: Callable[[Sequence[ledger.Entry]], None],
        scores: Scores,
        gold: Gold,
        before_writing: Callable[[Sequence[Extent], ledger.Past], None] = lambda extents, past: None,
    ) -> None:
        """`past` is what the ledger says now.

        `before_writing` may raise, where a batch that reaches so far after its past is not to be written.
        """
        self._lake = settings.lake
        self._past = past
        self._report = report
        self._scores = scores
        self._gold = gold
        self._before_writing = before_writing
        self._memory: Memory | None = None

    def __call__(self, batch: DataFrame, batch_id: int) -> None:
        """Writes one micro-batch; raises LedgerError, before anything is written, where its sums do not balance."""
        started_at = datetime.now(timezone.utc)
        with _kept(batch):
            found = facts(batch)
            if len(found):
                with compiled(batch.sparkSession, len(found)):
                    self._report(self._write(batch, found, batch_id, started_at))
        failpoints.reach("before_commit")

    def _write(self, batch: DataFrame, found: pd.DataFrame, batch_id: int, started_at: datetime) -> list[ledger.Entry]:
        spark = batch.sparkSession
        memory = self._memory = self._memory or Memory(spark, self._lake, self._past)
        extents = extent.of(found)
        judged = found.merge(outcomes.judged(found, memory.known(found, extents)), on=list(COORDINATES))
        entries = _entries(extents, judged, _query_id(spark), batch_id, started_at)
        ledger.check(entries)
        self._before_writing(extents, memory.past)
        self._gold.expect()
        may_repeat = memory.may_repeat(extents)
        rows = NewRows(batch, judged, self._lake)
        together(spark, *rows.silver())
        touched = hours(judged.loc[judged["is_post"], "hour"])
        scored = self._scores.writes(*rows.posts(), hour_ranges(touched), again=may_repeat or found_some(judged))
        together(spark, *rows.bronze(), *scored)
        entries = [replace(entry, written_at=datetime.now(timezone.utc)) for entry in entries]
        again = memory.has_entered(extents)
        memory.learn(judged, entries)
        self._enter(spark, entries, again=again, note=ledger.note(memory.past))
        self._gold.follow(touched, memory.past.read_until)
        return entries

    def _enter(self, spark: SparkSession, entries: list[ledger.Entry], *, again: bool, note: str) -> None:
        rows = ledger.rows(spark, entries)
        if again:  # perhaps this very batch, before the crash that made it run again
            first = entries[0]
            this_batch = f"query_id = '{first.query_id}' AND batch_id = {first.batch_id}"
            delta.replace(rows, ledger.TABLE, self._lake, this_batch, note)
        else:
            delta.append(rows, ledger.TABLE, self._lake, len(entries), note)


@contextmanager
def _kept(rows: DataFrame) -> Iterator[None]:
    """Keeps the rows, once computed, for as long as they are used."""
    rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield
    finally:
        rows.unpersist()


def _entries(
    extents: Sequence[Extent], judged: pd.DataFrame, query_id: str, batch_id: int, started_at: datetime
) -> list[ledger.Entry]:
    of_partition = dict(list(judged[["topic", "partition", "outcome", "repeated"]].groupby(["topic", "partition"])))
    return [
        ledger.Entry(
            query_id=query_id,
            batch_id=batch_id,
            topic=e.topic,
            partition=e.partition,
            from_offset=e.from_offset,
            until_offset=e.until_offset,
            records=e.records,
            **_counts(of_partition[e.topic, e.partition]),
            newest_record_at=e.newest_record_at,
            started_at=started_at,
            written_at=started_at,
        )
        for e in extents
    ]


def _counts(judged: pd.DataFrame) -> dict[str, int]:
    """Records of each outcome, and repeated records."""
    outcomes_of = judged["outcome"].value_counts()
    counts = {name: int(outcomes_of.get(name, 0)) for name in ledger.OUTCOMES}
    return counts | {"repeated": int(judged["repeated"].sum())}


def _query_id(spark: SparkSession) -> str:
    """The running query's id, which its checkpoint keeps: a new checkpoint is a new query."""
    return spark.sparkContext.getLocalProperty("sql.streaming.queryId") or "none"
