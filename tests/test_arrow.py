"""Columns that plain Python makes of a batch."""

import gc

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import BooleanType, StructField, StructType

from starling.arrow import made, without_collector


def test_no_cycles_are_looked_for_while_columns_are_made(spark: SparkSession) -> None:
    looks = StructType([StructField("looks", BooleanType())])
    found = made(spark.range(3), looks, lambda batch: [pa.array([gc.isenabled()] * len(batch))])
    assert [row.looks for row in found.collect()] == [False] * 3


def test_they_are_looked_for_again_whatever_happens_unless_they_were_not_before() -> None:
    with pytest.raises(ValueError, match="broken"), without_collector():
        raise ValueError("broken")
    assert gc.isenabled()
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
