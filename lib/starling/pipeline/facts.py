"""What the driver knows of each record of a micro-batch: enough to judge it by, and nothing that was written in it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from starling.hours import EPOCH
from starling.silver.outcomes import JUDGED_BY, OBSERVATION_KEY, POST_KEY


def facts(records: DataFrame) -> pd.DataFrame:
    """JUDGED_BY and more of each parsed record, in memory: some 200 bytes a record.

    Adds: hour float, that of publication, since 1970, NaN where there is none; kafka_us int, when the broker took the
    record, microseconds since 1970; post_hash and observation_hash int, 64 bits of POST_KEY and OBSERVATION_KEY.
    """
    # Spark's own timestamps would come without a zone, in the machine's local time.
    chosen = records.select(
        *JUDGED_BY,
        F.when(F.col("reason").isNull(), hour(F.col("created_at"))).alias("hour"),
        F.unix_micros("kafka_timestamp").alias("kafka_us"),
        F.xxhash64(*POST_KEY).alias("post_hash"),
        F.xxhash64(*OBSERVATION_KEY).alias("observation_hash"),
    )
    found: pd.DataFrame = chosen.toArrow().to_pandas()
    return found.astype({"hour": float})


def hour(time: Column) -> Column:
    """long: the hour of a timestamp, since 1970."""
    return F.floor(F.unix_seconds(time) / 3600)


def hours(numbers: Iterable[float]) -> set[datetime]:
    """The starts of hours that are counted since 1970."""
    return {start(number) for number in set(numbers)}


def start(number: float) -> datetime:
    """The start of an hour that is counted since 1970."""
    return EPOCH + timedelta(hours=number)


def moment(microseconds: int) -> datetime:
    """A time as facts have it."""
    return EPOCH + timedelta(microseconds=int(microseconds))
