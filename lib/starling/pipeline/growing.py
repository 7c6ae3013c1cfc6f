"""The newest hours, which grow with every micro-batch: counted in memory, so that a refresh reads new posts alone.

A live stream touches the hour that it is in again and again: to count all of that hour anew each time costs the more
the later in the hour it is.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from starling import commits, delta
from starling.gold.tally import Tally, add_all, readings
from starling.hours import HOUR, MAX_RANGES, hour_ranges, within
from starling.silver import posts

# Posts that are read at once, and hashtags with their authors that are kept: 100 to 150 bytes each. An hour that has
# more is counted by Spark, however often.
MOST = 1_000_000
# The newest hour, and those before it to which posts still come.
_KEPT = 3
# With more hours at once a stream catches up, or replays: then hours do not stay the newest.
_MOST_HOURS = MAX_RANGES
_GLOB = re.compile(r"([\\\[\]{}*?,^])")


class GrowingHours:
    """Tallies of the newest hours, as silver.posts had them at one of its versions.

    From there on they follow the commits that only add rows. After any other, such as an erasure's, they are read anew.
    """

    def __init__(self, spark: SparkSession, lake: str, most: int = MOST) -> None:
        """Nothing is read yet."""
        self._spark = spark
        self._lake = lake
        self._most = most
        self._version = 0
        self._tallies: dict[datetime, Tally] = {}
        self._too_large: set[datetime] = set()

    def counted(self, touched: Collection[datetime]) -> Mapping[datetime, Tally]:
        """Those of the touched hours that are counted here, as silver.posts has them now; the others are for Spark."""
        newest = max([*touched, *self._tallies])
        self._too_large = {hour for hour in self._too_large if _is_new(hour, newest)}
        hours = {hour for hour in touched if _is_new(hour, newest)} - self._too_large
        if len(touched) > _MOST_HOURS or not hours:
            self._tallies = {}
            return {}
        self._follow()
        self._begin(hours - self._tallies.keys())
        self._tallies = {hour: tally for hour, tally in self._tallies.items() if _is_new(hour, newest)}
        self._leave_large()
        return {hour: tally for hour, tally in self._tallies.items() if hour in hours}

    def _follow(self) -> None:
        """Counts what came to the hours since the last time."""
        version = commits.version(self._spark, posts.TABLE, self._lake)
        if self._tallies:
            files = commits.added(self._spark, posts.TABLE, self._lake, self._version, version)
            if files is None:
                self._tallies = {}
            elif files:
                self._count(_of_files(self._spark, files), self._tallies)
        self._version = version

    def _begin(self, hours: Collection[datetime]) -> None:
        """Counts hours from their beginning, in one query; where together they are too large, none of them."""
        if not hours:
            return
        there = delta.read(self._spark, posts.TABLE, self._lake, self._version)
        begun = {hour: Tally() for hour in hours}
        self._count(there.where(within("created_at", hour_ranges(hours))).limit(self._most + 1), begun)
        if sum(tally.posts for tally in begun.values()) > self._most:
            self._too_large.update(hours)
        else:
            self._tallies |= begun

    def _count(self, rows: DataFrame, tallies: Mapping[datetime, Tally]) -> None:
        add_all(tallies, readings(rows).toArrow())

    def _leave_large(self) -> None:
        sizes = {hour: tally.size for hour, tally in self._tallies.items()}
        while sum(sizes.values()) > self._most:
            largest = max(sizes, key=lambda hour: sizes[hour])
            self._too_large.add(largest)
            del sizes[largest], self._tallies[largest]


def _is_new(hour: datetime, newest: datetime) -> bool:
    return newest - hour < _KEPT * HOUR


def _of_files(spark: SparkSession, files: Sequence[str]) -> DataFrame:
    """The rows of files of silver.posts. Spark takes a path for a pattern, in which some characters are special."""
    paths = [_GLOB.sub(r"\\\1", path) for path in files]
    return spark.read.schema(posts.TABLE.schema).parquet(*paths)
