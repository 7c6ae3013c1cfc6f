"""Gold, which follows silver beside the micro-batches: computed again for the hours that they touched.

So late posts, and whatever went wrong before, are right at once; the cost follows the touched hours, not the tables,
and of the newest ones, which a live stream touches again and again, what came since (`starling.pipeline.growing`). It
is paid once for all batches that came meanwhile. Each commit notes up to which records of silver it has counted:
by that the next start finds what it had not when the stream ended, be it by a crash. And the last commit of a stream
that ends in good order notes the version of silver.posts that it has counted all of: if that is still the last one, the
next start need not look.
"""

import json
import math
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial, reduce
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.gold import hashtag_trends, sentiment_by_hour, tally
from starling.gold.tally import Tally
from starling.hours import HOUR, Range, hour_ranges, sql_within, widened, within
from starling.ops import ledger
from starling.ops.ledger import Past, ReadUntil
from starling.pipeline.facts import hour, hours
from starling.pipeline.growing import GrowingHours
from starling.pipeline.together import together
from starling.settings import Settings
from starling.silver import posts
from starling.tables import Table

# A refresh is followed by a rest at least so many times as long, in which the micro-batches have the processors. With
# one of its own length gold was 16.4 s behind at 500 posts a second (p95) where it was 14.2, and silver no earlier.
_REST = 0.25
_NOTE = "counted_until"
_ALL_OF = "all_of_posts_version"

_Tallies = Mapping[datetime, Tally]


class _Task(NamedTuple):
    """The hours to compute again, and up to which records silver was written when they were named.

    `is_last` says that no posts come beside it, and that all that are there are counted with it.
    """

    touched: Collection[datetime]
    read_until: ReadUntil
    is_last: bool = False


class Gold:
    """Keeps the tables of gold up with silver in a thread of its own, from its making until it is closed."""

    def __init__(self, spark: SparkSession, settings: Settings, *, once: bool) -> None:
        """`once` says that nobody looks before the end: all is then computed when it is closed."""
        self._spark = spark
        self._lake = settings.lake
        self._baseline = timedelta(hours=settings.trends.baseline_hours)
        self._every_seconds = settings.stream.gold_seconds
        self._due = math.inf if once else 0.0
        self._changed = threading.Condition()
        self._touched: set[datetime] = set()
        self._read_until: ReadUntil = {}
        self._growing = None if once else GrowingHours(spark, settings.lake)
        self._begun = self._done = 0  # refreshes
        self._closing = False
        self._expecting = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="gold", daemon=True)
        self._thread.start()

    def expect(self) -> None:
        """Says that a batch is about to write posts, of which `follow` will say the hours, unless it breaks off."""
        self._expecting = True

    def follow(self, touched: Collection[datetime], read_until: ReadUntil) -> None:
        """Says which hours a batch has posts of, and how far all that is in silver was read.

        Raises what the thread has failed with: nothing is lost, but a stream whose gold stands still is to stop.
        """
        with self._changed:
            if self._failure:
                raise self._failure
            self._touched |= set(touched)
            self._read_until = read_until
            self._expecting = False
            self._changed.notify_all()

    def recount(self, touched: Collection[datetime]) -> None:
        """Has hours, one at least, computed again that posts were taken out of, and waits until they are.

        Raises what the thread has failed with.
        """
        with self._changed:
            self._touched |= set(touched)
            self._due = min(self._due, time.monotonic())
            self._changed.notify_all()
            mine = self._begun + 1
            self._changed.wait_for(lambda: self._failure or self._done >= mine)
            if self._failure:
                raise self._failure

    def close(self) -> None:
        """Computes what is still to be computed, and ends; raises what the thread has failed with."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            missed = _missed(self._spark, self._lake)
            with self._changed:
                self._touched |= set(missed.touched)
                self._read_until = self._read_until or missed.read_until
            while task := self._next():
                started = time.monotonic()
                version = commits.version(self._spark, posts.TABLE, self._lake) if task.is_last else None
                note = _note(task.read_until, version)
                refresh(self._spark, self._lake, task.touched, self._baseline, note, self._growing)
                self._rest(started, ended=time.monotonic())
        except Exception as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _rest(self, started: float, ended: float) -> None:
        with self._changed:
            self._done = self._begun
            if self._due < math.inf:
                self._due = max(started + self._every_seconds, ended + _REST * (ended - started))
            self._changed.notify_all()

    def _next(self) -> _Task | None:
        """Waits for what is to be done and until it is due; None when all is done and nothing more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._touched or self._closing)
            while not self._closing and (rest := self._due - time.monotonic()) > 0:
                self._changed.wait(min(rest, threading.TIMEOUT_MAX))
            task = _Task(self._touched, self._read_until, is_last=self._closing and not self._expecting)
            self._touched = set()
            self._begun += 1
        return task if task.touched else None


def refresh(
    spark: SparkSession,
    lake: str,
    touched: Collection[datetime],
    baseline: timedelta,
    note: str,
    growing: GrowingHours | None = None,
) -> None:
    """Computes the tables of gold again for these hours; what `growing` keeps is counted there, the rest by Spark."""
    hours = _Hours(spark, lake, set(touched), growing.counted(touched) if growing and touched else {})
    together(spark, lambda: _sentiment(hours, note), lambda: _trends(hours, baseline, note))


def recount(spark: SparkSession, settings: Settings, touched: Collection[datetime]) -> None:
    """Computes these hours again where no stream does; up to which records gold has counted, it goes on to say."""
    counted = _counted_by_all(_notes(spark, settings.lake))
    refresh(spark, settings.lake, touched, timedelta(hours=settings.trends.baseline_hours), _note(counted))


class _Hours(NamedTuple):
    """The hours to be computed, and tallies of some of them; the others are counted by Spark."""

    spark: SparkSession
    lake: str
    touched: set[datetime]
    tallies: Mapping[datetime, Tally]

    @property
    def ranges(self) -> list[Range]:
        return hour_ranges(self.touched)

    def counts(self, by_spark: Callable[[DataFrame], DataFrame], tallied: Callable[[_Tallies], pa.Table]) -> DataFrame:
        """What either way of counting, which gives the same columns, says of its hours."""
        parts = []
        if others := self.touched - self.tallies.keys():
            there = delta.read(self.spark, posts.TABLE, self.lake)
            parts.append(by_spark(there.where(within("created_at", hour_ranges(others)))))
        if self.tallies:
            parts.append(self.spark.createDataFrame(tallied(self.tallies)))
        return reduce(DataFrame.unionByName, parts)


def _sentiment(hours: _Hours, note: str) -> None:
    rows = hours.counts(sentiment_by_hour.sentiment_by_hour, tally.sentiment)
    _put(rows, sentiment_by_hour.TABLE, hours, hours.ranges, note)


def _trends(hours: _Hours, baseline: timedelta, note: str) -> None:
    """An hour is in the baseline of the hours after it, and has those before it in its own: their counts stand."""
    ranges = hours.ranges
    changed = widened(ranges, before=timedelta(0), after=baseline)
    around = within("hour", widened(ranges, before=baseline, after=baseline)) & ~within("hour", ranges)
    counts = hours.counts(hashtag_trends.hashtag_counts, tally.hashtags)
    if not commits.is_blank(hours.spark, hashtag_trends.TABLE, hours.lake):
        others = delta.read(hours.spark, hashtag_trends.TABLE, hours.lake).where(around)
        counts = counts.unionByName(others.select(*counts.columns))
    rows = hashtag_trends.hashtag_trends(counts, baseline // HOUR).where(within("hour", changed))
    _put(rows, hashtag_trends.TABLE, hours, changed, note)


def _put(rows: DataFrame, table: Table, hours: _Hours, ranges: Sequence[Range], note: str) -> None:
    """Puts the rows in the place of all that the table has of these ranges.

    Gold has one writer. So nothing is looked for in a table that nobody has written to, which took a third of the
    processor time of a lake's first few records.
    """
    if commits.is_blank(hours.spark, table, hours.lake):
        delta.append(rows, table, hours.lake, 1, note)
    else:
        delta.replace(rows, table, hours.lake, sql_within("hour", ranges), note)


def _missed(spark: SparkSession, lake: str) -> _Task:
    """The hours of posts that are in silver and that one of the tables has not counted yet."""
    read_until = ledger.last_noted(spark, lake).read_until
    version = commits.version(spark, posts.TABLE, lake)
    notes = _notes(spark, lake) if version else []
    if all(_version(note) == version for note in notes):
        return _Task((), read_until)
    counted = _counted_by_all(notes) if read_until else {}
    missed = delta.read(spark, posts.TABLE, lake).where(f"NOT ({Past(counted).before()})")
    found = missed.select(hour(F.col("created_at")).alias("hour")).distinct()
    return _Task(hours(found.toArrow()["hour"].to_pylist()), read_until)


def _notes(spark: SparkSession, lake: str) -> list[str | None]:
    """The last note of each table."""
    tables = (sentiment_by_hour.TABLE, hashtag_trends.TABLE)
    return together(spark, *(partial(commits.note, spark, table, lake) for table in tables))


def _counted_by_all(notes: Sequence[str | None]) -> ReadUntil:
    """Up to which records every table has counted, as they note it."""
    of_tables = [counted_until(note) for note in notes]
    of_all = set.intersection(*(set(until) for until in of_tables))
    return {place: min(until[place] for until in of_tables) for place in of_all}


def _note(read_until: ReadUntil, version: int | None = None) -> str:
    """What a commit says that it has counted: up to which records, and, if so, all of a version of silver.posts."""
    return json.dumps({_NOTE: ledger.nested(read_until), **({} if version is None else {_ALL_OF: version})})


def _version(note: str | None) -> int | None:
    """The version of silver.posts that a commit has counted all of; None where it says nothing of one."""
    version = _said(note).get(_ALL_OF)
    return version if isinstance(version, int) else None


def counted_until(note: str | None) -> ReadUntil:
    """What a commit's note says; nothing where it has none, which is found to have counted nothing.

    >>> counted_until('{"counted_until": {"posts": {"0": 5, "1": 7}}}')
    {('posts', 0): 5, ('posts', 1): 7}
    >>> counted_until(None)
    {}
    """
    try:
        return ledger.from_nested(_said(note).get(_NOTE, {}))
    except (ValueError, AttributeError):
        return {}


def _said(note: str | None) -> dict[str, Any]:
    try:
        said = json.loads(note or "{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
