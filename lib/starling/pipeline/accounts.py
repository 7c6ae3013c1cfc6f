"""What a lake holds, and whether it adds up: the demo's summary, as numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from starling import delta
from starling.bronze import events
from starling.gold import hashtag_trends, sentiment_by_hour
from starling.ops import erasures, ledger
from starling.ops.ledger import Sums
from starling.pipeline.catalogue import MODEL_TABLES, STREAM_TABLES
from starling.silver import engagement, posts


@dataclass(frozen=True)
class Accounts:
    """Rows by table, the ledger's sums, and every way in which they contradict each other."""

    rows: Mapping[str, int]
    ledger: Mapping[str, int]
    problems: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        """Whether every record that was read is accounted for, and is where the ledger says."""
        return not self.problems


def accounts(spark: SparkSession, lake: str) -> Accounts:
    """The accounts of the tables under `lake`, as they stand now."""
    there = [*STREAM_TABLES, *(table for table in MODEL_TABLES if delta.exists(spark, table, lake))]
    rows = delta.count(spark, there, lake)
    counted = delta.read(spark, engagement.TABLE, lake).where(F.col("via") != "post").count()
    sums = ledger.sums(delta.read(spark, ledger.TABLE, lake))
    return Accounts(rows, sums.totals, tuple(_problems(rows, sums, counted, _erased(spark, lake))))


def _problems(rows: Mapping[str, int], sums: Sums, counted: int, erased: Mapping[str, int]) -> Iterator[str]:
    totals = sums.totals
    if sums.unbalanced:
        yield f"{sums.unbalanced} rows of {ledger.TABLE.name} do not balance"
    if rows[events.TABLE.name] != sums.read_once:
        yield f"{rows[events.TABLE.name]} rows in {events.TABLE.name}, {sums.read_once} read"
    if totals["repeated"]:
        return  # what was read again is in the sums twice, and once in the tables
    found = {name: rows[f"silver.{name}"] for name in ("posts", "deletions", "rejected")} | {"engagement": counted}
    for name, count in found.items():
        gone = erased.get(f"silver.{name}", 0)
        # Of observations that are erased, those that came with their posts are none that the ledger counts.
        if totals[name] - count not in (range(gone + 1) if name == "engagement" else [gone]):
            erasures_said = f", and {gone} erased," if gone else ""
            yield f"{count} rows of silver.{name}{erasures_said} for {totals[name]} records in the ledger"


def _erased(spark: SparkSession, lake: str) -> dict[str, int]:
    """Rows that were taken out for good, by table."""
    if not delta.exists(spark, erasures.TABLE, lake):
        return {}
    of_deleted = delta.read(spark, erasures.TABLE, lake).where(F.col("reason") == erasures.DELETION)
    sums = of_deleted.groupBy("table_name").agg(F.sum("rows").alias("erased"))
    # Of these tables alone do rows leave; of others' rows the payload is taken out.
    found = sums.where(F.col("table_name").isin(posts.TABLE.name, engagement.TABLE.name)).collect()
    return {row.table_name: row.erased for row in found}


def by_language(spark: SparkSession, lake: str) -> list[Row]:
    """lang, posts, scored: by language, the most frequent first."""
    grouped = delta.read(spark, posts.TABLE, lake).groupBy("lang")
    counts = grouped.agg(F.count("*").alias("posts"), F.count("compound").alias("scored"))
    return counts.orderBy(F.desc("posts"), "lang").collect()


def by_platform(spark: SparkSession, lake: str) -> list[Row]:
    """platform, posts, scored, positive, neutral, negative, mean_compound: over all hours."""
    sums = [F.sum(name).alias(name) for name in ("posts", "scored", "positive", "neutral", "negative")]
    hours = delta.read(spark, sentiment_by_hour.TABLE, lake)
    return hours.groupBy("platform").agg(*sums, _mean_over_hours()).orderBy("platform").collect()


def top_hashtags(spark: SparkSession, lake: str, at_most: int) -> list[Row]:
    """hashtag, posts, scored, mean_compound: over all hours, the most frequent first."""
    hours: DataFrame = delta.read(spark, hashtag_trends.TABLE, lake)
    sums = [F.sum(name).alias(name) for name in ("posts", "scored")]
    tags = hours.groupBy("hashtag").agg(*sums, _mean_over_hours())
    return tags.orderBy(F.desc("posts"), "hashtag").limit(at_most).collect()


def _mean_over_hours() -> Column:
    weighted = F.sum(F.col("mean_compound") * F.col("scored"))
    return F.try_divide(weighted, F.sum("scored")).alias("mean_compound")
