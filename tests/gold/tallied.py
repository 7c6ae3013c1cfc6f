"""The two ways in which an hour's posts are counted, each as a function of a DataFrame of posts."""

from collections.abc import Callable
from datetime import datetime

import pyarrow as pa
from pyspark.sql import DataFrame

from starling.gold import tally
from starling.gold.tally import Tally
from starling.hours import EPOCH, HOUR

Count = Callable[[DataFrame], DataFrame]
Tallies = dict[datetime, Tally]
SLICES = 3


def by_tally(rows: Callable[[Tallies], pa.Table]) -> Count:
    """Counts posts one by one, in some slices."""

    def counted(posts: DataFrame) -> DataFrame:
        table = tally.readings(posts).toArrow()
        hours = {EPOCH + number // 3_600_000_000 * HOUR for number in table["hour"].to_pylist()}
        tallies = {hour: Tally() for hour in hours}
        for number in range(SLICES):
            tally.add_all(tallies, table.take(list(range(number, len(table), SLICES))))
        return posts.sparkSession.createDataFrame(rows(tallies))

    return counted
