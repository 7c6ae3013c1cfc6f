"""Payloads that are older than they may be kept: made null, while the rows that count them stay."""

from datetime import datetime

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from starling import delta
from starling.ops import erasures
from starling.ops.erasures import Receipt
from starling.pipeline.erasure import SAID
from starling.pipeline.receipts import Erasing, Recount, begin, finish


def drop_payloads(spark: SparkSession, lake: str, before: datetime, recount: Recount) -> list[Receipt]:
    """Makes payloads null of records that the broker took before then; returns the receipts of all that had none."""
    mark = begin(spark, lake)
    session = Erasing(spark, lake, erasures.RETENTION).session()
    old = (F.col("kafka_timestamp") < F.lit(before)) & F.col("payload").isNotNull()
    for table, columns in SAID.items():
        if not delta.read(spark, table, lake).where(old).isEmpty():
            delta.update(session, table, lake, old, {column: F.lit(None) for column in columns})
    return finish(spark, lake, mark, recount, mark.read_until)
