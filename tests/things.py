"""A small table, for tests of what Delta does."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import LongType, StringType, StructType

from starling.tables import Table, column

TABLE = Table(
    name="silver.things",
    comment="One row a thing",
    schema=StructType(
        [
            column("id", LongType(), "which thing", nullable=False),
            column("name", StringType(), "what it is called"),
        ]
    ),
    keys=("id",),
    statistics=("id",),
)


def things(spark: SparkSession, *rows: tuple[int | None, str]) -> DataFrame:
    """Rows of the table, with its columns in another order."""
    return spark.createDataFrame([(name, id_) for id_, name in rows], "name string, id bigint")
