"""The one module that speaks to Delta: make, read, append, replace, add what is missing."""

from collections.abc import Sequence

from delta.exceptions import ConcurrentAppendException, ConcurrentDeleteDeleteException, ConcurrentDeleteReadException
from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DataType, StructType

from starling.errors import StorageError
from starling.failures import in_one_line
from starling.tables import Table

# Rows that one written file may hold before a second one is worth its task.
ROWS_PER_FILE = 200_000
# Raised by a write that another one came before, of what it had read: nothing is written.
CONFLICTS = (ConcurrentAppendException, ConcurrentDeleteReadException, ConcurrentDeleteDeleteException)


def create(spark: SparkSession, table: Table, lake: str) -> None:
    """Makes the table where it is missing; raises StorageError where something else lies in its place."""
    path = table.path(lake)
    try:
        if not DeltaTable.isDeltaTable(spark, path):
            _make(spark, table, path)
        found = spark.read.format("delta").load(path).schema
    except (PySparkException, Py4JJavaError) as error:
        raise StorageError(f"table {table.name} cannot be made or read at {path}: {in_one_line(error)}") from error
    missing = [f"{f.name} {f.dataType.simpleString()}" for f in table.schema if not _has(found, f.name, f.dataType)]
    if missing:
        raise StorageError(
            f"table {table.name} at {path} was made by another version of Starling: it lacks {', '.join(missing)}; "
            "move it away, or set paths.lake to a new folder, and replay the topic"
        )


def exists(spark: SparkSession, table: Table, lake: str) -> bool:
    """Whether the table has been made."""
    return DeltaTable.isDeltaTable(spark, table.path(lake))


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


def _has(schema: StructType, name: str, kind: DataType) -> bool:
    return name in schema.names and schema[name].dataType == kind


def read(spark: SparkSession, table: Table, lake: str, version: int | None = None) -> DataFrame:
    """The table as it stands now, or as it stood at one of its versions."""
    reader = spark.read.format("delta")
    if version is not None:
        reader = reader.option("versionAsOf", version)
    return reader.load(table.path(lake))


def version(spark: SparkSession, table: Table, lake: str) -> int:
    """The number of the table's last commit."""
    commit = DeltaTable.forPath(spark, table.path(lake)).history(1).select("version").first()
    assert commit is not None, "a table has a commit that made it"
    return int(commit.version)


def append(rows: DataFrame, table: Table, lake: str, count: int) -> None:
    """Adds `rows`, of which there are about `count`, in the table's column order and in as few files as they need."""
    files = 1 + count // ROWS_PER_FILE
    rows.select(*table.columns).coalesce(files).write.format("delta").mode("append").save(table.path(lake))


def replace(rows: DataFrame, table: Table, lake: str, where: str) -> None:
    """Puts `rows` in the place of all rows that meet the SQL predicate `where`, in one commit: idempotent."""
    writer = rows.select(*table.columns).coalesce(1).write.format("delta").mode("overwrite")
    writer.option("replaceWhere", where).save(table.path(lake))


def add_missing(rows: DataFrame, table: Table, lake: str, where: str) -> None:
    """Adds those `rows` whose keys the table does not have, in one commit: idempotent, whoever else writes meanwhile.

    `where` is a SQL predicate that all rows of these keys meet, and that spares reading the others' files.
    """
    there = DeltaTable.forPath(rows.sparkSession, table.path(lake)).alias("there")
    same = [f"there.{key} = new.{key}" for key in table.keys]
    new = rows.select(*table.columns).alias("new")
    there.merge(new, " AND ".join([*same, f"({where})"])).whenNotMatchedInsertAll().execute()


def count(spark: SparkSession, tables: Sequence[Table], lake: str) -> dict[str, int]:
    """Rows by table name."""
    return {table.name: read(spark, table, lake).count() for table in tables}
