"""That gold is what silver says, computed anew over all of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.gold import hashtag_trends, sentiment_by_hour
from starling.hours import HOUR, hour_ranges, widened, within
from starling.ops import erasures
from starling.ops.ledger import Past
from starling.ops.maintenance.verdicts import Verdict, none_of
from starling.pipeline.facts import hour, hours
from starling.pipeline.receipts import Mark, marked, pending, touched_hours
from starling.pipeline.refresh import counted_until
from starling.settings import Settings
from starling.silver import posts
from starling.tables import Table

_TABLES = (sentiment_by_hour.TABLE, hashtag_trends.TABLE)


@dataclass(frozen=True)
class Counted:
    """A table of gold at one of its versions, and up to which records it has counted."""

    version: int
    until: Past


@dataclass(frozen=True)
class Standing:
    """How gold stands: its tables by their names, and how far erasures had come before they stood so."""

    tables: dict[str, Counted]
    erased: Mark


def standing(spark: SparkSession, lake: str) -> Standing:
    """How gold stands now; each table's note ahead of its version, which then has counted no less."""
    erased, found = marked(spark, lake), {}
    for table in _TABLES:
        until = Past(counted_until(commits.note(spark, table, lake)))
        found[table.name] = Counted(commits.version(spark, table, lake), until)
    return Standing(found, erased)


def check(spark: SparkSession, settings: Settings, gold: Standing) -> list[Verdict]:
    """The verdicts on both tables; hours with posts that one has not counted yet are left out of it.

    So are those that posts were taken out of since gold stood so, or by an erasure that has not come to its end.
    """
    lake, baseline = settings.lake, timedelta(hours=settings.trends.baseline_hours)
    silver = delta.read(spark, posts.TABLE, lake, commits.version(spark, posts.TABLE, lake))
    # After silver was fixed, so that no erasure that it has seen is missed.
    erased = touched_hours(pending(spark, lake, gold.erased)) if delta.exists(spark, erasures.TABLE, lake) else set()

    def trends(rows: DataFrame) -> DataFrame:
        return hashtag_trends.hashtag_trends(hashtag_trends.hashtag_counts(rows), baseline // HOUR)

    def verdict(table: Table, wanted: DataFrame, reach: timedelta) -> Verdict:
        stands = gold.tables[table.name]
        waiting = hour_ranges(_uncounted(silver, stands.until) | erased)
        settled = ~within("hour", widened(waiting, before=timedelta(0), after=reach))
        there = delta.read(spark, table, lake, stands.version).where(settled)
        return _equal(table, wanted.where(settled), there, bool(waiting))

    return [
        verdict(sentiment_by_hour.TABLE, sentiment_by_hour.sentiment_by_hour(silver), timedelta(0)),
        verdict(hashtag_trends.TABLE, trends(silver), baseline),  # a post has a part in the rows of later hours
    ]


def _equal(table: Table, wanted: DataFrame, there: DataFrame, is_behind: bool) -> Verdict:
    both = _by_key(wanted, table, "wanted").join(_by_key(there, table, "there"), list(table.keys), "full_outer")
    wrong = both.where(~F.col("wanted").eqNullSafe(F.col("there"))).select(*table.keys)
    fine = "as computed anew from silver" + (", but for hours that it has not counted yet" if is_behind else "")
    return none_of(table.name, wrong, "rows are not as computed anew from silver", fine)


def _by_key(rows: DataFrame, table: Table, name: str) -> DataFrame:
    """The table's keys, and all other columns as one."""
    return rows.select(*table.keys, F.struct(*(c for c in table.columns if c not in table.keys)).alias(name))


def _uncounted(silver: DataFrame, until: Past) -> set[datetime]:
    """The hours of posts that are not counted yet."""
    missed = silver.where(f"NOT ({until.before()})")
    found = missed.select(hour(F.col("created_at")).alias("hour")).distinct().toArrow()["hour"].to_pylist()
    return hours(found)
