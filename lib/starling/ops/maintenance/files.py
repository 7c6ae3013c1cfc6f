"""The files of the tables: put together where they are small, deleted where no version needs them."""

from collections.abc import Iterator
from contextlib import suppress

from pyspark.sql import SparkSession

from starling import delta
from starling.errors import BusyError, ConfigError, StorageError
from starling.ops.maintenance.found import found
from starling.pipeline.catalogue import TABLES
from starling.pipeline.driver_lock import is_driven
from starling.pipeline.upkeep import TABLES as APPENDED
from starling.tables import Table

# How long Delta keeps files that no version needs, unless it is told otherwise.
WEEK_HOURS = 168.0
# Beside a stream a compaction may come too late again and again.
_TRIES = 5


def compact(spark: SparkSession, lake: str) -> Iterator[str]:
    """Puts the small files of all tables that are added to together; says of each table what was done.

    A stream may run beside it: no row changes, and what it adds meanwhile is left for the next time.
    """
    for table in found(spark, APPENDED, lake):
        done = _compacted(spark, table, lake)
        yield (
            f"{table.name}: {_files(done.before)} put together into {_files(done.after)}"
            if done.before
            else (f"{table.name}: nothing to put together")
        )


def vacuum(spark: SparkSession, lake: str, hours: float) -> Iterator[str]:
    """Deletes the files of all tables that no version has needed for so long; says of each table what is left.

    Raises ConfigError for a negative time, BusyError where less than a week is asked for while a stream runs: whoever
    reads or writes an older version would lose its files.
    """
    if hours < 0:
        raise ConfigError(f"--hours {hours:g}: a time is from 0 on")
    if hours < WEEK_HOURS and is_driven(spark, lake):
        raise BusyError(
            f"a stream writes the tables in {lake}: stop it to delete files that are younger than a week "
            f"({WEEK_HOURS:g} hours), or leave --hours away"
        )
    session = delta.apart(spark)
    for table in found(spark, TABLES, lake):
        yield f"{table.name}: {_files(delta.vacuum(session, table, lake, hours))} deleted"


def _compacted(spark: SparkSession, table: Table, lake: str) -> delta.Compacted:
    for _ in range(_TRIES):
        with suppress(*delta.CONFLICTS):
            return delta.compact(spark, table, lake)
    raise StorageError(f"{table.name} cannot be compacted: others wrote it {_TRIES} times meanwhile; try again later")


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"
