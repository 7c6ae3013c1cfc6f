"""That every record that was read is in exactly one place of silver, or is a copy of one that is, or was deleted."""

from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import delta
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.ops import erasures, ledger
from starling.ops.ledger import Past
from starling.ops.maintenance.verdicts import Verdict, none_of
from starling.settings import Settings
from starling.silver import deletions, engagement, posts, rejected
from starling.sources.parse import parse
from starling.sources.record import REPOST

_INVARIANT = "bronze = silver"


def check(spark: SparkSession, settings: Settings, entries: DataFrame, past: Past) -> list[Verdict]:
    """The verdicts on silver's rows and bronze's, of all records of complete batches."""
    lake = settings.lake
    bronze = delta.read(spark, events.TABLE, lake).where(past.before())
    there = _places(spark, lake).where(past.before()).groupBy(*COORDINATES).agg(F.collect_list("place").alias("places"))
    joined = bronze.select(*COORDINATES, F.lit(True).alias("read")).join(there, list(COORDINATES), "full_outer")
    state = F.when(F.col("read").isNull(), "unread").when(F.size("places") > 1, "several")
    of_state = joined.withColumn("state", F.coalesce(state, F.when(F.col("places").isNull(), "nowhere"), F.lit("one")))
    counts = {row.state: row["count"] for row in of_state.groupBy("state").count().collect()}

    def those(state: str) -> DataFrame:
        rows = of_state if counts.get(state) else of_state.limit(0)
        return rows.where(F.col("state") == state).select(*COORDINATES, F.array_join("places", " and ").alias("in"))

    copies = counts.get("nowhere", 0)
    lost = _lost(spark, settings, bronze.join(there, list(COORDINATES), "left_anti")) if copies else those("nowhere")
    return [
        none_of("one place", those("several"), "records are in two tables of silver", "no record is in two of silver"),
        none_of("silver in bronze", those("unread"), "rows of silver have no record", "every row has its record"),
        none_of(_INVARIANT, lost, "records of bronze are nowhere in silver, and copies of nothing", _said(copies)),
        *_copies(spark, lake, entries, copies),
    ]


def _said(copies: int) -> str:
    return f"posts, engagement, deletions, rejected and {copies:,} copies or deleted ones are all there is"


def _places(spark: SparkSession, lake: str) -> DataFrame:
    """COORDINATES and the table, of all records that silver has a row of; a post with its counts is one place."""
    of = {
        "posts": delta.read(spark, posts.TABLE, lake),
        "engagement": delta.read(spark, engagement.TABLE, lake).where("via != 'post'"),
        "deletions": delta.read(spark, deletions.TABLE, lake),
        "rejected": delta.read(spark, rejected.TABLE, lake),
    }
    return reduce(
        DataFrame.unionByName, (rows.select(*COORDINATES, F.lit(name).alias("place")) for name, rows in of.items())
    )


def _lost(spark: SparkSession, settings: Settings, nowhere: DataFrame) -> DataFrame:
    """Of records that silver has no row of, those that are a copy of nothing that it has; what was erased is no loss.

    A copy says the same post or repost again. The payloads are read once more to find out which.
    """
    lake = settings.lake
    read = nowhere.where(F.col("payload").isNotNull()).transform(parse, settings.limits)
    ids = read.select(
        *COORDINATES,
        "key",
        "platform",
        F.when(F.col("kind") == REPOST, F.col("record_id")).otherwise(F.col("post_id")).alias("id"),
        F.col("post_id").alias("of"),
    )
    deleted = delta.read(spark, deletions.TABLE, lake).select("platform", F.col("post_id").alias("id"))
    observed = delta.read(spark, engagement.TABLE, lake)
    reposts = observed.where("via = 'repost'").select("platform", F.col("record_id").alias("id"))
    known = delta.read(spark, posts.TABLE, lake).select("platform", F.col("post_id").alias("id"))
    known = known.unionByName(reposts).unionByName(deleted).distinct()
    of_deleted = deleted.withColumnRenamed("id", "of")
    left = ids.join(known, ["platform", "id"], "left_anti").join(of_deleted, ["platform", "of"], "left_anti")
    return left.select(*COORDINATES, "key")


def _copies(spark: SparkSession, lake: str, entries: DataFrame, copies: int) -> list[Verdict]:
    """The ledger's copies are those of the tables, while nothing was read twice or erased, which it cannot say."""
    sums = ledger.totals(entries)
    if sums["repeated"] or _erased_some(spark, lake):
        return []
    said = f"{sums['duplicates']:,} in the ledger, {copies:,} in the tables"
    return [Verdict("duplicates", sums["duplicates"] == copies, said)]


def _erased_some(spark: SparkSession, lake: str) -> bool:
    return delta.exists(spark, erasures.TABLE, lake) and not delta.read(spark, erasures.TABLE, lake).isEmpty()
