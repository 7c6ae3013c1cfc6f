"""That gold is what silver says, computed anew over all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import delta
from starling.gold import hashtag_trends, sentiment_by_hour
from starling.hours import HOUR, Range, hour_ranges, widened, within
from starling.ops.ledger import Past
from starling.ops.maintenance.verdicts import Verdict, none_of
from starling.pipeline.facts import hour, hours
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


def counted(spark: SparkSession, lake: str) -> dict[str, Counted]:
    """By table, how it stands now; the note ahead of the version, which then has counted no less."""
    found = {}
    for table in _TABLES:
        until = Past(counted_until(delta.note(spark, table, lake)))
        found[table.name] = Counted(delta.version(spark, table, lake), until)
    return found


def check(spark: SparkSession, settings: Settings, tables: dict[str, Counted]) -> list[Verdict]:
    """The verdicts on both tables; hours with posts that one has not counted yet are left out of it."""
    baseline = timedelta(hours=settings.trends.baseline_hours)

    def trends(rows: DataFrame) -> DataFrame:
        return hashtag_trends.hashtag_trends(hashtag_trends.hashtag_counts(rows), baseline // HOUR)

    return [
        _equal(
            spark, settings.lake, sentiment_by_hour.TABLE, tables, sentiment_by_hour.sentiment_by_hour, timedelta(0)
        ),
        _equal(spark, settings.lake, hashtag_trends.TABLE, tables, trends, baseline),
    ]


def _equal(
    spark: SparkSession,
    lake: str,
    table: Table,
    tables: dict[str, Counted],
    computed: Callable[[DataFrame], DataFrame],
    reach: timedelta,
) -> Verdict:
    """`reach` is how long a post has a part in the rows of later hours."""
    silver = delta.read(spark, posts.TABLE, lake)
    stands = tables[table.name]
    waiting = _uncounted(silver, stands.until)
    settled = ~within("hour", widened(waiting, before=timedelta(0), after=reach))
    there = delta.read(spark, table, lake, stands.version).where(settled)
    wanted = computed(silver).where(settled)
    both = _by_key(wanted, table, "wanted").join(_by_key(there, table, "there"), list(table.keys), "full_outer")
    wrong = both.where(~F.col("wanted").eqNullSafe(F.col("there"))).select(*table.keys)
    fine = "as computed anew from silver" + (", but for hours that it has not counted yet" if waiting else "")
    return none_of(table.name, wrong, "rows are not as computed anew from silver", fine)


def _by_key(rows: DataFrame, table: Table, name: str) -> DataFrame:
    """The table's keys, and all other columns as one."""
    return rows.select(*table.keys, F.struct(*(c for c in table.columns if c not in table.keys)).alias(name))


def _uncounted(silver: DataFrame, until: Past) -> list[Range]:
    """The hours of posts that are not counted yet, as ranges."""
    missed = silver.where(f"NOT ({until.before()})")
    found = missed.select(hour(F.col("created_at")).alias("hour")).distinct().toArrow()["hour"].to_pylist()
    return hour_ranges(hours(found))
