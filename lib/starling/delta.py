"""The one module that speaks to Delta: make, read, append, replace, add what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from delta.exceptions import ConcurrentAppendException, ConcurrentDeleteDeleteException, ConcurrentDeleteReadException
from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructType

from starling.errors import StorageError
from starling.failures import in_one_line
from starling.tables import Table

# Rows that one written file may hold before a second one is worth its task.
ROWS_PER_FILE = 200_000
# How far back a note is looked for: between two notes there are compactions alone.
_COMMITS = 20
_TRIES = 5
# Raised by a write that another one came before, of what it had read: nothing is written.
CONFLICTS = (ConcurrentAppendException, ConcurrentDeleteReadException, ConcurrentDeleteDeleteException)
# What Delta calls the write that came before, where it was a compaction, which changed no row.
_COMPACTION = "OPTIMIZE"


@dataclass(frozen=True)
class Compacted:
    """How many files a compaction took, and how many it made of them."""

    before: int
    after: int


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


def replace(rows: DataFrame, table: Table, lake: str, where: str, note: str | None = None) -> None:
    """Puts `rows` in the place of all rows that meet the SQL predicate `where`, in one commit: idempotent."""
    writer = rows.select(*table.columns).coalesce(1).write.format("delta").mode("overwrite")
    if note is not None:
        writer = writer.option("userMetadata", note)
    writer = writer.option("replaceWhere", where)
    _unless_overtaken(lambda: writer.save(table.path(lake)))


def _unless_overtaken(write: Callable[[], object]) -> None:
    """Writes; again, where a compaction of the same files came before. For what may be done twice."""
    for left in reversed(range(_TRIES)):
        try:
            write()
        except CONFLICTS as error:
            if not left or _COMPACTION not in str(error):
                raise
        else:
            return


def note(spark: SparkSession, table: Table, lake: str) -> str | None:
    """What the last commit that has a note says with it; None where none of the last commits has one."""
    commits = DeltaTable.forPath(spark, table.path(lake)).history(_COMMITS).orderBy(F.desc("version"))
    found = commits.where(F.col("userMetadata").isNotNull()).select("userMetadata").first()
    return None if found is None else str(found[0])


def add_missing(rows: DataFrame, table: Table, lake: str, where: str) -> None:
    """Adds those `rows` whose keys the table does not have, in one commit: idempotent, whoever else writes meanwhile.

    `where` is a SQL predicate that all rows of these keys meet, and that spares reading the others' files.
    """
    there = DeltaTable.forPath(rows.sparkSession, table.path(lake)).alias("there")
    same = [f"there.{key} = new.{key}" for key in table.keys]
    new = rows.select(*table.columns).alias("new")
    merge = there.merge(new, " AND ".join([*same, f"({where})"])).whenNotMatchedInsertAll()
    _unless_overtaken(merge.execute)


def compact(spark: SparkSession, table: Table, lake: str) -> Compacted:
    """Puts the rows of small files into larger ones; readers, and whoever appends meanwhile, see no difference.

    Raises one of CONFLICTS where another write took away what was to be compacted: then nothing is changed.
    """
    found = DeltaTable.forPath(spark, table.path(lake)).optimize().executeCompaction().select("metrics.*").first()
    assert found is not None, "a compaction says what it did"
    return Compacted(before=int(found.numFilesRemoved), after=int(found.numFilesAdded))


def vacuum(spark: SparkSession, table: Table, lake: str) -> None:
    """Deletes the files that no version of the table has needed for a week (`delta.deletedFileRetentionDuration`)."""
    DeltaTable.forPath(spark, table.path(lake)).vacuum()


def count(spark: SparkSession, tables: Sequence[Table], lake: str) -> dict[str, int]:
    """Rows by table name."""
    return {table.name: read(spark, table, lake).count() for table in tables}
