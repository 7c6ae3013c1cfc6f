"""The tables that a lake has."""

from collections.abc import Sequence

from pyspark.sql import SparkSession

from starling import delta
from starling.errors import StorageError
from starling.tables import Table


def found(spark: SparkSession, tables: Sequence[Table], lake: str) -> list[Table]:
    """Those of the tables that are there; raises StorageError where none is."""
    there = [table for table in tables if delta.exists(spark, table, lake)]
    if not there:
        raise StorageError(f"there are no tables in {lake}: name the folder with --work, or with paths.lake")
    return there
