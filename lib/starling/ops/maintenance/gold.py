"""That gold is what silver says, computed anew over all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.gold import hashtag_trends, sentiment_by_hour
from starling.hours import HOUR, hour_ranges, widened, within
from starling.ops import erasures
from starling.ops.ledger import Past
from starling.ops.maintenance.verdicts import Verdict, verdict
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

    trends = hashtag_trends.hashtag_trends(hashtag_trends.hashtag_counts(silver), baseline // HOUR)
    rows = {
        sentiment_by_hour.TABLE: (sentiment_by_hour.sentiment_by_hour(silver), timedelta(0)),
        hashtag_trends.TABLE: (trends, baseline),  # a post has a part in the rows of later hours
    }
    uncounted = _uncounted(silver, gold)
    waiting = {table: hour_ranges(uncounted[table.name] | erased) for table in rows}
    wrong = {}
    for table, (wanted, reach) in rows.items():
        settled = ~within("hour", widened(waiting[table], before=timedelta(0), after=reach))
        there = delta.read(spark, table, lake, gold.tables[table.name].version)
        wrong[table] = _unequal(table, wanted.where(settled), there.where(settled))
    counts = _counts(wrong)
    return [_verdict(table, counts.get(table.name, 0), wrong[table], bool(waiting[table])) for table in rows]


def _unequal(table: Table, wanted: DataFrame, there: DataFrame) -> DataFrame:
    """The keys of rows that only one side has, or that differ."""
    both = _by_key(wanted, table, "wanted").join(_by_key(there, table, "there"), list(table.keys), "full_outer")
    return both.where(~F.col("wanted").eqNullSafe(F.col("there"))).select(*table.keys)


def _counts(wrong: Mapping[Table, DataFrame]) -> dict[str, int]:
    """Rows by table, counted at once; a table without is left out."""
    named = [rows.select(F.lit(table.name).alias("table")) for table, rows in wrong.items()]
    return {row.table: row["count"] for row in reduce(DataFrame.unionByName, named).groupBy("table").count().collect()}


def _verdict(table: Table, count: int, wrong: DataFrame, is_behind: bool) -> Verdict:
    fine = "as computed anew from silver" + (", but for hours that it has not counted yet" if is_behind else "")
    return verdict(table.name, count, lambda: wrong, "rows are not as computed anew from silver", fine)


def _by_key(rows: DataFrame, table: Table, name: str) -> DataFrame:
    """The table's keys, and all other columns as one."""
    return rows.select(*table.keys, F.struct(*(c for c in table.columns if c not in table.keys)).alias(name))


def _uncounted(silver: DataFrame, gold: Standing) -> dict[str, set[datetime]]:
    """By table: the hours of posts that it has not counted yet."""
    missed = {name: F.expr(f"NOT ({counted.until.before()})") for name, counted in gold.tables.items()}
    rows = silver.where(reduce(Column.__or__, missed.values())).groupBy(hour(F.col("created_at")).alias("hour"))
    found = rows.agg(*(F.max(flag).alias(name) for name, flag in missed.items())).collect()
    return {name: hours(row.hour for row in found if row[name]) for name in missed}
