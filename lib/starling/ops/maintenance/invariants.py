"""The one checker of what a lake promises: nothing lost, nothing doubled, gold as silver says.

It reads the tables and Kafka as they are, and works all of it out anew; what it is checked against is no number that
the stream has noted, but for the ledger itself. A stream may run beside it: what its unfinished batch has written is
left out, and so are the hours that gold has not counted yet, or is to count again after an erasure.
"""

from collections.abc import Callable, Sequence
from functools import partial, reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.gold import post_scores
from starling.ops import gaps, ledger
from starling.ops.ledger import Past
from starling.ops.maintenance import gold, in_kafka, places
from starling.ops.maintenance.found import found
from starling.ops.maintenance.verdicts import Report, Verdict, none_of
from starling.pipeline.catalogue import STREAM_TABLES
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
    past = ledger.past(entries)
    looks: Sequence[Callable[[], list[Verdict]]] = [
        partial(_ledger, entries),
        partial(_keys, spark, lake),
        partial(_all_in_bronze, spark, lake, entries, past),
        partial(places.check, spark, settings, entries, past),
        partial(gold.check, spark, settings, standing),
        partial(in_kafka.check, spark, settings, servers, past),
        partial(_gaps, spark, lake),
    ]
    return Report(lake, [verdict for verdicts in together(spark, *looks) for verdict in verdicts])


def _ledger(entries: DataFrame) -> list[Verdict]:
    wrong = ledger.out_of_balance(entries).select("query_id", "batch_id", "topic", "partition", "records")
    fine = f"all {entries.count():,} entries balance"
    return [none_of("ledger", wrong, f"rows of {ledger.TABLE.name} do not balance", fine)]


def _keys(spark: SparkSession, lake: str) -> list[Verdict]:
    there = [table for table in _KEYED if delta.exists(spark, table, lake)]
    twice = reduce(DataFrame.unionByName, [_twice(spark, table, lake) for table in there])
    some = {row.name for row in twice.select("name").distinct().collect()}
    return [
        none_of(
            f"{table.name} unique",
            _twice(spark, table, lake).drop("name"),
            f"keys are in {table.name} more than once",
            f"by {', '.join(table.keys)}",
        )
        if table.name in some
        else Verdict(f"{table.name} unique", True, f"by {', '.join(table.keys)}")
        for table in there
    ]


def _twice(spark: SparkSession, table: Table, lake: str) -> DataFrame:
    """name, key, rows: the keys that several rows of a table share."""
    rows = delta.read(spark, table, lake).select(F.concat_ws(", ", *table.keys).alias("key"))
    return rows.groupBy("key").agg(F.count("*").alias("rows")).where("rows > 1").withColumn("name", F.lit(table.name))


def _all_in_bronze(spark: SparkSession, lake: str, entries: DataFrame, past: Past) -> list[Verdict]:
    """That bronze has as many records as were read, and where it has others than the ledger's batches say."""
    bronze = delta.read(spark, events.TABLE, lake).where(past.before()).select(*COORDINATES)
    there, read = bronze.count(), ledger.read_once(entries)
    outside = bronze.join(_ranges(entries), _within(), "left_anti")
    return [
        Verdict("bronze = ledger", there == read, f"{there:,} rows of {events.TABLE.name}, {read:,} records read"),
        none_of("bronze in batches", outside, "rows are of no batch of the ledger", "every row is of a batch"),
    ]


def _ranges(entries: DataFrame) -> DataFrame:
    of_batch = entries.select("topic", "partition", "from_offset", "until_offset").distinct()
    return F.broadcast(of_batch.select(*(F.col(name).alias(f"batch_{name}") for name in of_batch.columns)))


def _within() -> Column:
    same = (F.col("topic") == F.col("batch_topic")) & (F.col("partition") == F.col("batch_partition"))
    return same & (F.col("offset") >= F.col("batch_from_offset")) & (F.col("offset") < F.col("batch_until_offset"))


def _gaps(spark: SparkSession, lake: str) -> list[Verdict]:
    """Gaps are no fault of the tables: whoever reads the numbers is to know of them."""
    if not delta.exists(spark, gaps.TABLE, lake):
        return []
    missing = delta.read(spark, gaps.TABLE, lake).agg(F.sum(F.col("until_offset") - F.col("from_offset"))).first()
    offsets = (missing[0] if missing else None) or 0
    return [Verdict("gaps", True, f"{offsets:,} offsets were gone from Kafka unread, and are in {gaps.TABLE.name}")]
