"""The one module that speaks to Delta: make, read, append, replace, add what is missing."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from delta.exceptions import ConcurrentAppendException, ConcurrentDeleteDeleteException, ConcurrentDeleteReadException
from delta.tables import DeltaMergeBuilder, DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructField, StructType

from starling import commits, failpoints
from starling.errors import StorageError
from starling.failures import in_one_line
from starling.hadoop import Folder
from starling.tables import Table

# Rows that one written file may hold before a second one is worth its task.
ROWS_PER_FILE = 200_000
_TRIES = 5
# Longer than it takes to write the first commit of a table once its log is there.
_MAKING_SECONDS = 1.0
# Raised by a write that another one came before, of what it had read: nothing is written.
CONFLICTS = (ConcurrentAppendException, ConcurrentDeleteReadException, ConcurrentDeleteDeleteException)
# What Delta calls the write that came before, where it was a compaction, which changed no row.
_COMPACTION = "OPTIMIZE"
# What Spark says in the place of a secret.
_HIDDEN = "*********(redacted)"


@dataclass(frozen=True)
class Compacted:
    """How many files a compaction took, and how many it made of them."""

    before: int
    after: int


def create(spark: SparkSession, table: Table, lake: str) -> None:
    """Makes the table where it is missing; one of an older version of Starling gets the columns that it lacks.

    Raises StorageError where something else lies in its place, be it a table whose rows cannot be without a column.
    """
    path = table.path(lake)
    try:
        if _is_missing(spark, table, lake):
            _make(spark, table, path)
        lacking = _widened(spark, table, path)
    except (PySparkException, Py4JJavaError) as error:
        raise StorageError(f"table {table.name} cannot be made or read at {path}: {in_one_line(error)}") from error
    if lacking:
        names = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in lacking)
        raise StorageError(
            f"table {table.name} at {path} was made by another version of Starling: it lacks {names}; "
            "move it away, or set paths.lake to a new folder, and replay the topic"
        )


def exists(spark: SparkSession, table: Table, lake: str) -> bool:
    """Whether the table has been made; Delta itself takes a log without a commit for a table, and fails to read it."""
    return commits.exists(spark, table, lake)


def _is_missing(spark: SparkSession, table: Table, lake: str) -> bool:
    """Whether the table is still to be made.

    A maker that was killed may have left a log without a commit, at which Delta fails, whether it is to read the table
    or to make it: it is taken away, unless it belongs to one that is still at it.
    """
    if exists(spark, table, lake):
        return False
    log = Folder(spark, f"{table.path(lake)}/_delta_log")
    if log.has(""):
        time.sleep(_MAKING_SECONDS)
        if exists(spark, table, lake):
            return False
        for name in (*log.names(), ""):
            log.delete(name)
    return True


def _make(spark: SparkSession, table: Table, path: str) -> None:
    (
        DeltaTable.createIfNotExists(spark)
        .location(path)
        .comment(table.comment)
        .addColumns(table.schema)
        .property("delta.dataSkippingStatsColumns", ",".join(table.statistics))
        .property("delta.enableDeletionVectors", "false")  # readers outside Spark refuse them
        .execute()
    )


def _widened(spark: SparkSession, table: Table, path: str) -> list[StructField]:
    """Adds what the table lacks, null in the rows that are there; returns what it lacks where that cannot be."""
    found = spark.read.format("delta").load(path).schema
    lacking = [field for field in table.schema if not _has(found, field.name, field.dataType)]
    if any(field.name in found.names or not field.nullable for field in lacking):
        return lacking
    if lacking:
        spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMNS ({StructType(lacking).toDDL()})")
    return []


def _has(schema: StructType, name: str, kind: DataType) -> bool:
    return name in schema.names and schema[name].dataType == kind


def read(spark: SparkSession, table: Table, lake: str, version: int | None = None) -> DataFrame:
    """The table as it stands now, or as it stood at one of its versions."""
    reader = spark.read.format("delta")
    if version is not None:
        reader = reader.option("versionAsOf", version)
    return reader.load(table.path(lake))


def append(rows: DataFrame, table: Table, lake: str, count: int, note: str | None = None) -> None:
    """Adds `rows`, of which there are about `count`, in the table's column order and in as few files as they need."""
    files = 1 + count // ROWS_PER_FILE
    _writer(rows, table, files, note).mode("append").save(table.path(lake))
    failpoints.after(table.name)


def replace(rows: DataFrame, table: Table, lake: str, where: str, note: str | None = None) -> None:
    """Puts `rows` in the place of all rows that meet the SQL predicate `where`, in one commit: idempotent."""
    writer = _writer(rows, table, 1, note).mode("overwrite").option("replaceWhere", where)
    _unless_overtaken(lambda: writer.save(table.path(lake)))
    failpoints.after(table.name)


def _writer(rows: DataFrame, table: Table, files: int, note: str | None) -> DataFrameWriter:
    """For a commit of at most so many files, which carries the note."""
    writer = rows.select(*table.columns).coalesce(files).write.format("delta")
    return writer if note is None else writer.option("userMetadata", note)


def _unless_overtaken(write: Callable[[], object], *, by_all: bool = False) -> None:
    """Writes; again, where a compaction of the same files came before, or any other write. For what may be done twice.

    `by_all` is for what reads the table anew each time, so that it need not know who came before.
    """
    for left in reversed(range(_TRIES)):
        try:
            write()
        except CONFLICTS as error:
            if not left or not (by_all or _COMPACTION in str(error)):
                raise
        else:
            return


def add_missing(rows: DataFrame, table: Table, lake: str, where: str) -> None:
    """Adds those `rows` whose keys the table does not have, in one commit: idempotent, whoever else writes meanwhile.

    `where` is a SQL predicate that all rows of these keys meet, and that spares reading the others' files.
    """
    same = [f"there.{key} = new.{key}" for key in table.keys]

    def merge() -> None:
        there = DeltaTable.forPath(rows.sparkSession, table.path(lake)).alias("there")
        new = rows.select(*table.columns).alias("new")
        there.merge(new, " AND ".join([*same, f"({where})"])).whenNotMatchedInsertAll().execute()

    _unless_overtaken(merge, by_all=True)
    failpoints.after(table.name)


def properties(spark: SparkSession, table: Table, lake: str) -> dict[str, str]:
    """The table's own properties, by their keys."""
    path = table.path(lake)
    found = {row.key: row.value for row in spark.sql(f"SHOW TBLPROPERTIES delta.`{path}`").collect()}
    if _HIDDEN in found.values():  # a key has a word by which Spark takes what is behind it for a secret
        detail = DeltaTable.forPath(spark, path).detail().select("properties").first()  # which sizes the table up first
        assert detail is not None, "a table has properties"
        return dict(detail[0])
    return found


def set_property(spark: SparkSession, table: Table, lake: str, key: str, value: str) -> None:
    """Sets a property of the table; key and value have no single quotes."""
    spark.sql(f"ALTER TABLE delta.`{table.path(lake)}` SET TBLPROPERTIES ('{key}' = '{value}')")


def apart(spark: SparkSession, note: str | None = None) -> SparkSession:
    """A session of its own, each commit of which carries the note, and in which files may be vacuumed at once.

    To vacuum, without a note: the commit of a vacuum would hide the one that the table's last write has left.
    """
    other = spark.newSession()
    other.conf.set("spark.sql.session.timeZone", "UTC")
    if note is not None:
        other.conf.set("spark.databricks.delta.commitInfo.userMetadata", note)
    other.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    other.conf.set("spark.databricks.delta.vacuum.logging.enabled", "true")  # by which `vacuum` counts
    return other


def delete(keys: DataFrame, table: Table, lake: str) -> None:
    """Takes out the rows that equal a row of `keys` in its columns, in one commit: idempotent.

    `keys` has some of the table's columns, no row twice, and fits into memory.
    """
    _merge(keys, table, lake, lambda merge: merge.whenMatchedDelete())


def erase(keys: DataFrame, table: Table, lake: str, columns: Sequence[str]) -> None:
    """Sets columns to null in the rows that equal a row of `keys` in its columns, in one commit: idempotent.

    `keys` has some of the table's columns, no row twice, and fits into memory.
    """
    nothing = {column: F.lit(None) for column in columns}
    _merge(keys, table, lake, lambda merge: merge.whenMatchedUpdate(set=nothing))  # type: ignore[arg-type]


def update(spark: SparkSession, table: Table, lake: str, where: Column, values: Mapping[str, Column]) -> None:
    """Sets columns in the rows that meet a predicate, in one commit: idempotent, if what it sets it no longer meets."""

    def write() -> None:
        DeltaTable.forPath(spark, table.path(lake)).update(where, dict(values))

    _unless_overtaken(write, by_all=True)
    failpoints.after(table.name)


def _merge(keys: DataFrame, table: Table, lake: str, what: Callable[[DeltaMergeBuilder], DeltaMergeBuilder]) -> None:
    same = " AND ".join(f"there.{column} = gone.{column}" for column in keys.columns)

    def merge() -> None:
        there = DeltaTable.forPath(keys.sparkSession, table.path(lake)).alias("there")
        what(there.merge(F.broadcast(keys).alias("gone"), same)).execute()

    _unless_overtaken(merge, by_all=True)
    failpoints.after(table.name)


def compact(spark: SparkSession, table: Table, lake: str) -> Compacted:
    """Puts the rows of small files into larger ones; readers, and whoever appends meanwhile, see no difference.

    Raises one of CONFLICTS where another write took away what was to be compacted: then nothing is changed.
    """
    # In a session as Spark makes it, which compiles what so many rows go through: a stream's own may not.
    found = (
        DeltaTable.forPath(apart(spark), table.path(lake)).optimize().executeCompaction().select("metrics.*").first()
    )
    assert found is not None, "a compaction says what it did"
    return Compacted(before=int(found.numFilesRemoved), after=int(found.numFilesAdded))


def vacuum(spark: SparkSession, table: Table, lake: str, hours: float | None = None) -> int:
    """Deletes the files that no version of the table has needed for so long; a week where nothing is said.

    Returns how many were deleted. Less than a week takes a session that is `apart`; and less than whoever reads or
    writes meanwhile takes breaks them.
    """
    DeltaTable.forPath(spark, table.path(lake)).vacuum(hours)
    ended = (commit for commit in commits.last(spark, table, lake, most=2) if commit.operation == "VACUUM END")
    return next((commit.metrics.get("numDeletedFiles", 0) for commit in ended), 0)


def count(spark: SparkSession, tables: Sequence[Table], lake: str) -> dict[str, int]:
    """Rows by table name; one query, of which Delta answers each part by what it notes of a table's files."""
    counts = [
        read(spark, table, lake).agg(F.count("*").alias("rows")).select(F.lit(table.name).alias("table"), "rows")
        for table in tables
    ]
    return {row.table: row.rows for row in reduce(DataFrame.unionByName, counts).collect()}
