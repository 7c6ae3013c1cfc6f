"""Whether Spark writes and compiles code for the rows that it puts together outside of a query's stages.

Delta does so with a row for each line of a table's log, which is so wide that its code takes longer to write than most
of what a stream does with few records. Without it a drain of 21 records took 6.5 s of processor time instead of 7.5,
and a check of 300 records' invariants 6.9 s instead of 8.4; a drain of 200,000 would take 31 s by the clock instead of
24.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from pyspark.sql import SparkSession

# Records of a batch for which it does not pay: at 500 posts a second there come 1,000 to 2,500 at a time.
MANY = 5_000
_MODE = "spark.sql.codegen.factoryMode"


def interpreted(spark: SparkSession) -> AbstractContextManager[None]:
    """Has this session, and the queries that are started in it, do without such code."""
    return _mode(spark, "NO_CODEGEN")


def compiled(spark: SparkSession, records: int) -> AbstractContextManager[None]:
    """Has it use such code all the same, where there are many records."""
    return _mode(spark, "FALLBACK") if records > MANY else nullcontext()


@contextmanager
def _mode(spark: SparkSession, name: str) -> Iterator[None]:
    before = spark.conf.get(_MODE)
    assert before is not None, "Spark has a default"
    spark.conf.set(_MODE, name)
    try:
        yield
    finally:
        spark.conf.set(_MODE, before)
