"""That every record that was read is in bronze, and in exactly one place of silver, or is a copy or was deleted."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F

from starling import delta
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.ops import erasures
from starling.ops.ledger import Sums
from starling.ops.maintenance.verdicts import Verdict, none_of, verdict
from starling.settings import Settings
from starling.silver import deletions, engagement, posts, rejected
from starling.sources.parse import parse
from starling.sources.record import REPOST

_INVARIANT = "bronze = silver"
_BRONZE = "bronze"
_UNREAD, _SEVERAL, _ONE, _NOWHERE = "unread", "several", "one", "nowhere"


def check(spark: SparkSession, settings: Settings, entries: DataFrame, sums: Sums) -> list[Verdict]:
    """The verdicts on bronze's rows and silver's, of all records of complete batches."""
    found = _found(spark, settings.lake, entries, sums)
    grouped = found.groupBy("state", "of_batch")
    counts = grouped.agg(F.count("*").alias("records"), F.sum("rows").alias("rows")).collect()
    copies = _records(counts, _NOWHERE)
    return [
        *_in_bronze(found, counts, sums),
        _none(
            _SEVERAL, found, counts, "one place", "records are in two tables of silver", "no record is in two of silver"
        ),
        _none(_UNREAD, found, counts, "silver in bronze", "rows of silver have no record", "every row has its record"),
        _nowhere(spark, settings, found, copies),
        *_copies(spark, settings.lake, sums, copies),
    ]


def _records(counts: Sequence[Row], state: str) -> int:
    return sum(row.records for row in counts if row.state == state)


def _in_bronze(found: DataFrame, counts: Sequence[Row], sums: Sums) -> list[Verdict]:
    """That it has as many rows as records were read, and none beside them."""
    there, strays = sum(row.rows for row in counts), sum(row.rows for row in counts if not row.of_batch)
    said = f"{there:,} rows of {events.TABLE.name}, {sums.read_once:,} records read"

    def of_no_batch() -> DataFrame:
        return found.where(~F.col("of_batch")).select(*COORDINATES)

    what, fine = "rows are of no batch of the ledger", "every row is of a batch"
    return [
        Verdict("bronze = ledger", there == sums.read_once, said),
        verdict("bronze in batches", strays, of_no_batch, what, fine),
    ]


def _none(state: str, found: DataFrame, counts: Sequence[Row], invariant: str, what: str, fine: str) -> Verdict:
    """That no record is in this state."""

    def those() -> DataFrame:
        return found.where(F.col("state") == state).select(*COORDINATES, F.array_join("places", " and ").alias("in"))

    return verdict(invariant, _records(counts, state), those, what, fine)


def _found(spark: SparkSession, lake: str, entries: DataFrame, sums: Sums) -> DataFrame:
    """COORDINATES, `rows` in bronze, `places` in silver, state, of_batch: of every record that a table has a row of.

    A post with its counts is one place. Of what bronze does not have no batch is asked for: of_batch is true.
    """
    tables = {
        _BRONZE: delta.read(spark, events.TABLE, lake),
        "posts": delta.read(spark, posts.TABLE, lake),
        "engagement": delta.read(spark, engagement.TABLE, lake).where("via != 'post'"),
        "deletions": delta.read(spark, deletions.TABLE, lake),
        "rejected": delta.read(spark, rejected.TABLE, lake),
    }
    rows = [of.where(sums.past.before()).select(*COORDINATES, F.lit(name).alias("at")) for name, of in tables.items()]
    in_bronze = F.col("at") == _BRONZE
    records = (
        reduce(DataFrame.unionByName, rows)
        .groupBy(*COORDINATES)
        .agg(F.count_if(in_bronze).alias("rows"), F.collect_list(F.when(~in_bronze, F.col("at"))).alias("places"))
    )
    places = F.size("places")
    state = F.when(F.col("rows") == 0, _UNREAD).when(places > 1, _SEVERAL).when(places == 1, _ONE).otherwise(_NOWHERE)
    is_read = (F.col("rows") > 0) & _in_range()
    joined = records.join(F.broadcast(_ranges(entries)), is_read, "left")
    of_batch = (F.col("rows") == 0) | F.col("range_from").isNotNull()
    return joined.select(*COORDINATES, "rows", "places", state.alias("state"), of_batch.alias("of_batch"))


def _ranges(entries: DataFrame) -> DataFrame:
    """range_topic, range_partition, range_from, range_until: the offsets of all batches, none in two ranges.

    Batches follow each other, and one range has all that do: so a record is held against few, however many there were.
    """
    in_order = Window.partitionBy("topic", "partition").orderBy("from_offset", "until_offset")
    until_then = F.max("until_offset").over(in_order.rowsBetween(Window.unboundedPreceding, -1))
    begins = F.coalesce(F.col("from_offset") > until_then, F.lit(True))
    numbered = entries.withColumn("begins", begins).withColumn("range", F.count_if("begins").over(in_order))
    return numbered.groupBy(
        F.col("topic").alias("range_topic"), F.col("partition").alias("range_partition"), "range"
    ).agg(F.min("from_offset").alias("range_from"), F.max("until_offset").alias("range_until"))


def _in_range() -> Column:
    same = (F.col("topic") == F.col("range_topic")) & (F.col("partition") == F.col("range_partition"))
    return same & (F.col("offset") >= F.col("range_from")) & (F.col("offset") < F.col("range_until"))


def _nowhere(spark: SparkSession, settings: Settings, found: DataFrame, count: int) -> Verdict:
    """That the records of bronze that silver has no row of are copies, or deleted: their payloads alone say so."""
    fine = f"posts, engagement, deletions, rejected and {count:,} copies or deleted ones are all there is"
    if not count:
        return Verdict(_INVARIANT, True, fine)
    nowhere = found.where(F.col("state") == _NOWHERE).select(*COORDINATES)
    payloads = delta.read(spark, events.TABLE, settings.lake).join(nowhere, list(COORDINATES), "left_semi")
    wrong = _lost(spark, settings, payloads)
    return none_of(_INVARIANT, wrong, "records of bronze are nowhere in silver, and copies of nothing", fine)


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


def _copies(spark: SparkSession, lake: str, sums: Sums, copies: int) -> list[Verdict]:
    """The ledger's copies are those of the tables, while nothing was read twice or erased, which it cannot say."""
    if sums.totals["repeated"] or _erased_some(spark, lake):
        return []
    duplicates = sums.totals["duplicates"]
    return [Verdict("duplicates", duplicates == copies, f"{duplicates:,} in the ledger, {copies:,} in the tables")]


def _erased_some(spark: SparkSession, lake: str) -> bool:
    return delta.exists(spark, erasures.TABLE, lake) and not delta.read(spark, erasures.TABLE, lake).isEmpty()
