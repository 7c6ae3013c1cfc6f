"""Whether Spark interprets or compiles what it puts rows together with, and that it does as it is told."""

import pytest
from pyspark.sql import SparkSession

from starling.pipeline.interpreted import MANY, compiled, interpreted


def _kind(spark: SparkSession) -> str:
    """The class of what this session puts a row together with."""
    catalyst = spark._jvm.org.apache.spark.sql.catalyst
    row = spark._jvm.org.apache.spark.sql.types.StructType.fromDDL("a INT, b STRING")
    return catalyst.expressions.UnsafeProjection.create(row).getClass().getSimpleName()


def test_a_stream_interprets_but_for_batches_of_many_records(spark: SparkSession) -> None:
    usual = _kind(spark)
    with interpreted(spark):
        assert _kind(spark) == "InterpretedUnsafeProjection" != usual
        with compiled(spark, MANY):
            assert _kind(spark) == "InterpretedUnsafeProjection"
        with compiled(spark, MANY + 1):
            assert _kind(spark) == usual
        assert _kind(spark) == "InterpretedUnsafeProjection"
    assert _kind(spark) == usual


def test_an_error_leaves_the_session_as_it_was(spark: SparkSession) -> None:
    usual = _kind(spark)
    with pytest.raises(ValueError, match="broken"), interpreted(spark):
        raise ValueError("broken")
    assert _kind(spark) == usual
