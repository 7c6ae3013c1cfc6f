"""Tables of silver in which a running stream knows what is there, and in which hour."""

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.bronze.events import COORDINATES
from starling.hours import hour_ranges, since, within
from starling.pipeline.facts import hour, hours, start
from starling.pipeline.recent import Recent
from starling.tables import Table

# Keys of a table: twelve bytes each, and of a stream of 500 posts a second those of two hours.
MOST = 4_000_000
_ALL = 2**62
# So many ids may stand in a query: by them Delta leaves out the files that cannot have them, and a join is spared.
_FEW = 100


class Remembered:
    """Answers which records' keys a table has. The stream is the only one to add rows to it.

    A copy of a post carries the same created_at: what is not remembered is looked for in the records' own hours.
    `newest` is the hour of the newest row, since 1970, where that is known.
    """

    def __init__(
        self,
        spark: SparkSession,
        lake: str,
        table: Table,
        key: tuple[str, ...],
        hashes: str,
        time: str | None,
        newest: int | None = None,
    ) -> None:
        """`hashes` is the column of facts that has the key's hash; `time` is the table's column of the hour that copies
        share, None where they share none: then the keys of all rows are remembered. `newest` is the hour of the newest
        row, where that is noted: what a batch has written that broke off may be newer still."""
        self._spark = spark
        self._lake = lake
        self._table = table
        self._key = key
        self._hashes = hashes
        self._time = time
        self.newest = newest
        self._recent = Recent(since=math.inf, most=MOST)
        self._loaded = False

    def begin(self) -> None:
        """Before the first batch: a table that nobody has written to has nothing; any other is asked everything.

        It is asked of the newest hour, too, whose keys are known whatever else a copy says.
        """
        if commits.is_blank(self._spark, self._table, self._lake):
            self._recent = Recent(since=-math.inf, most=MOST if self._time else _ALL)
            self._loaded = True
        elif self._time and self.newest is None:
            self.load()

    def load(self) -> None:
        """Remembers what a stream is about to go on with, unless it does already."""
        if not self._loaded:
            self._recent = self._of_newest(self._time) if self._time else self._all()
            self._loaded = True

    def known(self, records: pd.DataFrame) -> pd.DataFrame | None:
        """Key and coordinates of the rows that have the keys of these records; None where there are none for sure."""
        places = self._recent.where(records[self._hashes].to_numpy(np.int64), self._hours(records))
        there = ~np.isnan(places)
        return self._read(records[there], places[there]) if there.any() else None

    def add(self, records: pd.DataFrame) -> None:
        """Remembers that the table has got a row of each of these records."""
        hours = self._hours(records)
        newest = np.nanmax(hours, initial=-1 if self.newest is None else self.newest)
        self.newest = None if newest < 0 else int(newest)
        self._recent.add(records[self._hashes].tolist(), hours.tolist())

    def _hours(self, records: pd.DataFrame) -> npt.NDArray[np.float64]:
        return records["hour"].to_numpy(float) if self._time else np.zeros(len(records))

    def _rows(self) -> DataFrame:
        return delta.read(self._spark, self._table, self._lake)

    def _of_newest(self, time: str) -> Recent:
        """The keys of the newest hour, with which a stream is about to go on; none where they are too many."""
        if self.newest is None:
            self.newest = self._last(time)
        if self.newest is None:
            return Recent(since=-math.inf, most=MOST)
        found = self._rows().where(since(time, start(self.newest))).limit(MOST + 1)
        keys = found.select(F.xxhash64(*self._key).alias("key"), hour(F.col(time)).alias("hour")).toArrow()
        if len(keys) > MOST:
            return Recent(since=(self._last(time) or self.newest) + 1, most=MOST)
        recent = Recent(since=self.newest, most=MOST)
        recent.add(keys["key"].to_pylist(), keys["hour"].to_pylist())
        return recent

    def _last(self, time: str) -> int | None:
        """The hour of the newest row, which takes a look at all of them."""
        last: int | None = self._rows().agg(hour(F.max(time)).alias("hour")).toArrow()["hour"][0].as_py()
        return last

    def _all(self) -> Recent:
        keys = self._rows().select(F.xxhash64(*self._key).alias("key")).toArrow()["key"].to_pylist()
        recent = Recent(since=-math.inf, most=_ALL)
        recent.add(keys, [0] * len(keys))
        return recent

    def _read(self, records: pd.DataFrame, places: npt.NDArray[np.float64]) -> pd.DataFrame:
        rows = self._rows()
        if self._time:
            asked = within(self._time, hour_ranges(hours(places)))
            if not self._loaded and self.newest is not None:
                asked |= since(self._time, start(self.newest))
            rows = rows.where(asked)
        keys = records.loc[:, list(self._key)].drop_duplicates()
        posts = records["post_id"].unique().tolist()
        if len(posts) <= _FEW:
            rows = rows.where(F.col("post_id").isin(*posts))
        else:  # they are broadcast, so the table is neither shuffled nor collected
            sought = self._spark.createDataFrame(pa.Table.from_pandas(keys, preserve_index=False))
            rows = rows.join(F.broadcast(sought), list(self._key), "left_semi")
        found: pd.DataFrame = rows.select(*dict.fromkeys((*self._key, *COORDINATES))).toArrow().to_pandas()
        return found.merge(keys, on=list(self._key))
