"""gold.sentiment_by_hour: how the posts of an hour read."""

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StringType, StructType, TimestampType

from starling.arrow import Columns, arrays, with_columns
from starling.sentiment.agreement import LABELS
from starling.sentiment.correction import corrected
from starling.tables import Table, column

TABLE = Table(
    name="gold.sentiment_by_hour",
    comment="One row a platform and hour of publication",
    schema=StructType(
        [
            column("platform", StringType(), "where the posts were published", nullable=False),
            column("hour", TimestampType(), "start of the hour of publication, UTC", nullable=False),
            column("posts", LongType(), "posts", nullable=False),
            column("scored", LongType(), "posts with a sentiment score", nullable=False),
            column("positive", LongType(), "scored posts that are positive", nullable=False),
            column("neutral", LongType(), "scored posts that are neutral", nullable=False),
            column("negative", LongType(), "scored posts that are negative", nullable=False),
            column("mean_compound", DoubleType(), "mean compound score, -1 to 1; null where none is scored"),
            column("positive_share", DoubleType(), "positive / scored, 0 to 1, as VADER says"),
            column("positive_corrected", DoubleType(), "share, 0 to 1, that people would call positive"),
            column("positive_low", DoubleType(), "lower end of its 95 % interval"),
            column("positive_high", DoubleType(), "upper end of its 95 % interval"),
            column("negative_share", DoubleType(), "negative / scored, 0 to 1, as VADER says"),
            column("negative_corrected", DoubleType(), "share, 0 to 1, that people would call negative"),
            column("negative_low", DoubleType(), "lower end of its 95 % interval"),
            column("negative_high", DoubleType(), "upper end of its 95 % interval"),
        ]
    ),
    keys=("platform", "hour"),
    statistics=("platform", "hour"),
)


# From positive_share on.
_SHARES = StructType(TABLE.schema.fields[-8:])


def sentiment_by_hour(posts: DataFrame) -> DataFrame:
    """gold.sentiment_by_hour's rows for all hours in `posts`.

    Reads: platform, created_at, compound, sentiment. Grain: one row a platform and hour.
    """
    hours = posts.withColumn("hour", F.date_trunc("hour", "created_at")).groupBy("platform", "hour")
    counted = hours.agg(
        F.count("*").alias("posts"),
        F.count("compound").alias("scored"),
        *(F.count_if(F.col("sentiment") == name).alias(name) for name in LABELS),
        mean_compound(),
    )
    return with_columns(counted, _SHARES, _shares_of).select(*TABLE.columns)


def _shares_of(counted: pa.RecordBatch) -> Columns:
    """_SHARES of the counts by LABELS."""
    counts = zip(*(counted.column(name).to_pylist() for name in LABELS), strict=True)
    return arrays(_SHARES, map(shares, counts))


def shares(counts: Sequence[int]) -> Sequence[float | None]:
    """The columns from positive_share on, from how many posts are LABELS."""
    return [*_share("positive", counts), *_share("negative", counts)]


def _share(label: str, counts: Sequence[int]) -> Sequence[float | None]:
    found = corrected(label, counts)
    return (found.share, found.corrected, found.low, found.high) if found else (None,) * 4


def mean_compound() -> Column:
    """double: the mean of compound. Summed as decimals, so that the order of the rows cannot change the last digit."""
    total = F.sum(exact("compound")).cast("double")
    return F.try_divide(total, F.count("compound")).alias("mean_compound")


def exact(compound: str) -> Column:
    """decimal(5,4): a compound score, which has four decimals."""
    return F.col(compound).cast("decimal(5,4)")
