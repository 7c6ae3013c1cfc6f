"""The one checker of what a lake promises: nothing lost, nothing doubled, gold as silver says.

It reads the tables and Kafka as they are, and works all of it out anew; what it is checked against is no number that
the stream has noted, but for the ledger itself. A stream may run beside it: what its unfinished batch has written is
left out, and so are the hours that gold has not counted yet, or is to count again after an erasure.
"""

from collections.abc import Callable, Sequence
from functools import partial, reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.gold import post_scores
from starling.ops import gaps, ledger
from starling.ops.ledger import Sums
from starling.ops.maintenance import gold, in_kafka, places
from starling.ops.maintenance.found import found
from starling.ops.maintenance.verdicts import Report, Verdict, verdict
from starling.pipeline.catalogue import STREAM_TABLES
from starling.pipeline.interpreted import compiled, interpreted
from starling.pipeline.together import together
from starling.settings import Settings
from starling.tables import Table

# Tables whose keys no two rows may share.
_KEYED = (*(table for table in STREAM_TABLES if table is not ledger.TABLE), post_scores.TABLE)


def check(spark: SparkSession, settings: Settings, servers: str | None) -> Report:
    """Looks at every invariant; without `servers`, at those of the tables alone.

    Raises BrokerError where Kafka does not answer, StorageError where there are no tables.
    """
    lake = settings.lake
    there = found(spark, STREAM_TABLES, lake)
    missing = [table.name for table in STREAM_TABLES if table not in there]
    if missing:
        return Report(lake, [Verdict("tables", False, f"{', '.join(missing)} are missing")])
    standing = gold.standing(spark, lake)  # ahead of silver, which is then never behind it
    entries = delta.read(spark, ledger.TABLE, lake, commits.version(spark, ledger.TABLE, lake))
    sums = ledger.sums(entries)
    looks: Sequence[Callable[[], list[Verdict]]] = [
        partial(_ledger, entries, sums),
        partial(_keys, spark, lake),
        partial(places.check, spark, settings, entries, sums),
        partial(gold.check, spark, settings, standing),
        partial(in_kafka.check, spark, settings, servers, sums.past),
        partial(_gaps, spark, lake),
    ]
    with interpreted(spark), compiled(spark, sums.read_once):
        return Report(lake, [one for verdicts in together(spark, *looks) for one in verdicts])


def _ledger(entries: DataFrame, sums: Sums) -> list[Verdict]:
    def wrong() -> DataFrame:
        return ledger.out_of_balance(entries).select("query_id", "batch_id", "topic", "partition", "records")

    fine = f"all {sums.entries:,} entries balance"
    return [verdict("ledger", sums.unbalanced, wrong, f"rows of {ledger.TABLE.name} do not balance", fine)]


def _keys(spark: SparkSession, lake: str) -> list[Verdict]:
    there = [table for table in _KEYED if delta.exists(spark, table, lake)]
    twice = _twice(reduce(DataFrame.unionByName, [_keys_of(spark, table, lake) for table in there]))
    counts = {row.table: row["count"] for row in twice.groupBy("table").count().collect()}
    return [
        verdict(
            f"{table.name} unique",
            counts.get(table.name, 0),
            partial(_keys_twice, spark, table, lake),
            f"keys are in {table.name} more than once",
            f"by {', '.join(table.keys)}",
        )
        for table in there
    ]


def _keys_twice(spark: SparkSession, table: Table, lake: str) -> DataFrame:
    return _twice(_keys_of(spark, table, lake)).drop("table")


def _keys_of(spark: SparkSession, table: Table, lake: str) -> DataFrame:
    rows = delta.read(spark, table, lake)
    return rows.select(F.lit(table.name).alias("table"), F.concat_ws(", ", *table.keys).alias("key"))


def _twice(keys: DataFrame) -> DataFrame:
    """table, key, rows: the keys that several rows of a table share."""
    return keys.groupBy("table", "key").agg(F.count("*").alias("rows")).where("rows > 1")


def _gaps(spark: SparkSession, lake: str) -> list[Verdict]:
    """Gaps are no fault of the tables: whoever reads the numbers is to know of them."""
    if not delta.exists(spark, gaps.TABLE, lake):
        return []
    missing = delta.read(spark, gaps.TABLE, lake).agg(F.sum(F.col("until_offset") - F.col("from_offset"))).first()
    offsets = (missing[0] if missing else None) or 0
    return [Verdict("gaps", True, f"{offsets:,} offsets were gone from Kafka unread, and are in {gaps.TABLE.name}")]
