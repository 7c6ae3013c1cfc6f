"""What is taken out of the tables, and the receipts of it, which come from the tables' own histories.

Whatever takes something out notes its erasure in the commit that does it. Receipts are entered when all of it is done,
gold's hours included; a commit that is found without one is of an erasure that was interrupted, or of somebody else's,
and gets its receipt from the next who comes. `ops.erasures` notes from which versions on there may be such commits.
"""

import json
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from starling import commits, delta, failpoints
from starling.bronze import events
from starling.gold import author_records, hashtag_trends, post_scores, sentiment_by_hour
from starling.ops import erasures, ledger
from starling.ops.erasures import Receipt
from starling.ops.ledger import ReadUntil
from starling.pipeline.facts import hours
from starling.pipeline.together import together
from starling.silver import engagement, posts, rejected
from starling.tables import Table

# What something is taken out of. Gold's counts are computed again instead.
TABLES = (
    posts.TABLE,
    engagement.TABLE,
    rejected.TABLE,
    events.TABLE,
    post_scores.TABLE,
    author_records.TABLE,
)
COUNTS = (sentiment_by_hour.TABLE, hashtag_trends.TABLE)
_MARK = "starling.erased"
# Commits of a table that are looked at in a second or so, each being a file.
_FAR = 500

# Computes gold again for these hours; returns when that is done.
Recount = Callable[[Collection[datetime]], None]


@dataclass(frozen=True)
class Mark:
    """How far erasures have come: the records among which nothing deleted is left, and the tables' versions by then."""

    read_until: ReadUntil
    versions: Mapping[str, int]

    def is_far_from(self, versions: Mapping[str, int]) -> bool:
        """Whether the tables have come so far that to look at all their commits since the mark takes its time."""
        return any(version - self.versions.get(name, -1) > _FAR for name, version in versions.items())

    def said(self) -> str:
        """As a property of ops.erasures.

        >>> Mark({("posts", 0): 7}, {"silver.posts": 3}).said()
        '{"read_until": {"posts": {"0": 7}}, "versions": {"silver.posts": 3}}'
        """
        return json.dumps({"read_until": ledger.nested(self.read_until), "versions": dict(self.versions)})

    @classmethod
    def of(cls, said: str) -> "Mark":
        """What the property says.

        >>> Mark.of('{"read_until": {"posts": {"0": 7}}, "versions": {"silver.posts": 3}}')
        Mark(read_until={('posts', 0): 7}, versions={'silver.posts': 3})
        """
        values = json.loads(said)
        return cls(ledger.from_nested(values["read_until"]), values["versions"])


class Note(NamedTuple):
    """What a commit notes: its erasure, why, how many deleted posts it is of, and the hours of those that gold counts.

    Hours are counted since 1970.
    """

    erasure_id: str
    reason: str
    posts: int
    hours: Sequence[int] = ()

    def said(self) -> str:
        """As JSON; never a post's id, which would outlive it in the log.

        >>> Note("a", "deletion", 2, [5]).said()
        '{"erasure": ["a", "deletion", 2, [5]]}'
        """
        return json.dumps({"erasure": self})

    @classmethod
    def of(cls, said: str) -> "Note | None":
        """What a commit's note says; None for one of another kind.

        >>> Note.of('{"erasure": ["a", "deletion", 2, [5]]}')
        Note(erasure_id='a', reason='deletion', posts=2, hours=[5])
        >>> Note.of('{"counted_until": {}}'), Note.of("anything")
        (None, None)
        """
        try:
            return cls(*json.loads(said)["erasure"])
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True)
class Erasing:
    """An erasure under way: each of its commits carries its note."""

    spark: SparkSession
    lake: str
    reason: str
    erasure_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def delete(self, table: Table, keys: pd.DataFrame, posts: int = 0, hours: Sequence[int] = ()) -> None:
        """Takes out the rows that equal a row of `keys`, each of which the table has."""
        if len(keys):
            session = self.session(posts, hours)
            delta.delete(session.createDataFrame(pa.Table.from_pandas(keys, preserve_index=False)), table, self.lake)
        failpoints.reach("in_deletion")

    def blank(self, table: Table, keys: pd.DataFrame, columns: Sequence[str], posts: int = 0) -> None:
        """Makes columns null in the rows that equal a row of `keys`, each of which the table has."""
        if len(keys):
            rows = self.session(posts).createDataFrame(pa.Table.from_pandas(keys, preserve_index=False))
            delta.erase(rows, table, self.lake, columns)
        failpoints.reach("in_deletion")

    def session(self, posts: int = 0, hours: Sequence[int] = ()) -> SparkSession:
        """A session whose commits carry the note."""
        return delta.apart(self.spark, Note(self.erasure_id, self.reason, posts, hours).said())


def begin(spark: SparkSession, lake: str) -> Mark:
    """How far erasures have come; for before anything is taken out. Makes ops.erasures where it is missing."""
    if not delta.exists(spark, erasures.TABLE, lake):
        delta.create(spark, erasures.TABLE, lake)
        _set(spark, lake, Mark({}, _versions(spark, lake)))
    return marked(spark, lake)


def marked(spark: SparkSession, lake: str) -> Mark:
    """How far erasures have come; changes nothing."""
    there = delta.exists(spark, erasures.TABLE, lake)
    said = delta.properties(spark, erasures.TABLE, lake).get(_MARK) if there else None
    # Without one, where `begin` ended before it was set, the tables are looked at from their beginnings.
    return Mark.of(said) if said else Mark({}, {})


def finish(spark: SparkSession, lake: str, mark: Mark, recount: Recount, read_until: ReadUntil) -> list[Receipt]:
    """Has gold computed again, and enters the receipts of all that was taken out since the mark, which it then moves.

    `read_until` says among which records nothing deleted is left now.
    """
    versions = _versions(spark, lake)
    found = pending(spark, lake, mark)
    touched = touched_hours(found)
    if touched:
        recount(touched)
    done = [receipt for _, receipt in found]
    if done:
        delta.add_missing(erasures.rows(spark, done), erasures.TABLE, lake, "true")
    if done or read_until != mark.read_until or mark.is_far_from(versions):
        _set(spark, lake, Mark(read_until, versions))
    return done


def pending(spark: SparkSession, lake: str, mark: Mark) -> list[tuple[Note, Receipt]]:
    """The commits since the mark that took something out, as their receipts say it."""
    now = datetime.now(timezone.utc)
    there = _there(spark, lake)
    noted = together(
        spark, *(partial(commits.noted, spark, table, lake, mark.versions.get(table.name, -1)) for table in there)
    )
    return [
        (note, Receipt(note.erasure_id, table.name, commit.version, commit.changed, note.posts, note.reason, now))
        for table, of_table in zip(there, noted, strict=True)
        for commit in of_table
        if commit.changed and (note := Note.of(commit.note or ""))
    ]


def touched_hours(pending: Sequence[tuple[Note, Receipt]]) -> set[datetime]:
    """The hours that gold is to count again for these commits."""
    return hours({number for note, _ in pending for number in note.hours})


def delete_files(spark: SparkSession, lake: str, grace: timedelta) -> int:
    """Deletes the files of what was taken out so long ago from the disk, and notes it in the receipts; how many files.

    Whoever reads a version of a table from before that loses it.
    """
    if not delta.exists(spark, erasures.TABLE, lake):
        return 0
    now = datetime.now(timezone.utc)
    due = F.col("files_gone_at").isNull() & (F.col("erased_at") <= F.lit(now - grace))
    found = delta.read(spark, erasures.TABLE, lake).where(due).select("table_name").distinct().toArrow()
    names = set(found["table_name"].to_pylist())
    if not names:
        return 0
    # Where posts left, gold was computed again.
    tables = [table for table in TABLES if table.name in names] + list(COUNTS if posts.TABLE.name in names else ())
    session = delta.apart(spark)
    files = sum(delta.vacuum(session, table, lake, grace / timedelta(hours=1)) for table in tables)
    delta.update(spark, erasures.TABLE, lake, due, {"files_gone_at": F.lit(now)})
    return files


def _there(spark: SparkSession, lake: str) -> list[Table]:
    return [table for table in TABLES if delta.exists(spark, table, lake)]


def _versions(spark: SparkSession, lake: str) -> dict[str, int]:
    there = _there(spark, lake)
    found = together(spark, *(partial(commits.version, spark, table, lake) for table in there))
    return dict(zip([table.name for table in there], found, strict=True))


def _set(spark: SparkSession, lake: str, mark: Mark) -> None:
    delta.set_property(spark, erasures.TABLE, lake, _MARK, mark.said())
