"""Hours that are counted in memory: as silver has them, whatever is done to it, and read once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from starling import delta
from starling.gold.tally import Tally
from starling.hours import HOUR
from starling.pipeline.growing import GrowingHours
from starling.silver import posts

pytestmark = pytest.mark.slow
TEN = datetime(2021, 6, 1, 10, tzinfo=timezone.utc)
# The columns of a post that say nothing here, but that cannot be null.
REST = {
    "text": "", "lang": "en", "lang_source": "payload", "mentions": [], "urls": [], "is_reply": False,
    "is_quote": False, "text_hash": "", "sentiment_cut": False, "source": "x-v2", "topic": "t", "partition": 0,
    "offset": 0, "ingested_at": TEN,
}  # fmt: skip


class Silver(NamedTuple):
    """A table of posts."""

    spark: SparkSession
    lake: str

    def write(self, *times: datetime, hashtags: Sequence[str] = ("kite",)) -> None:
        """Adds a post of each time, in a file of their own; each has an author of its own."""
        first = self.rows()
        written = [
            {"platform": "x", "post_id": str(number), "author": f"{number:032x}", "created_at": at,
             "hashtags": list(hashtags), "compound": 0.5, "sentiment": "positive", **REST}
            for number, at in enumerate(times, start=first)
        ]  # fmt: skip
        delta.append(self.spark.createDataFrame(written, posts.TABLE.schema), posts.TABLE, self.lake, len(written))

    def rows(self) -> int:
        """How many posts there are."""
        return delta.read(self.spark, posts.TABLE, self.lake).count()

    def files(self) -> list[Path]:
        """Those that hold its posts, and held them."""
        return list(Path(posts.TABLE.path(self.lake)).glob("*.parquet"))


@pytest.fixture
def silver(spark: SparkSession, tmp_path: Path) -> Silver:
    """One without rows, in a folder with a name that is allowed."""
    lake = str(tmp_path / "a [lake] {of} 100 % *?")
    delta.create(spark, posts.TABLE, lake)
    return Silver(spark, lake)


def said(tallies: Mapping[datetime, Tally]) -> dict[int, tuple[int, int]]:
    """Posts, and authors of #kite, by the hour's number of the day."""
    return {
        hour.hour: (tally.posts, next((row[4] for row in tally.hashtags(0) if row[2] == "kite"), 0))
        for hour, tally in tallies.items()
    }


def test_what_came_since_is_read_and_nothing_else(silver: Silver) -> None:
    growing = GrowingHours(silver.spark, silver.lake)
    silver.write(TEN, TEN + 0.5 * HOUR, TEN - 0.1 * HOUR)
    assert said(growing.counted({TEN})) == {10: (2, 2)}
    old = silver.files()
    silver.write(TEN + 0.2 * HOUR, TEN + 1.2 * HOUR)
    silver.write(TEN + 0.7 * HOUR)
    for file in old:
        file.unlink()  # whoever read it again would fail
    assert said(growing.counted({TEN})) == {10: (4, 4)}
    assert said(growing.counted({TEN})) == {10: (4, 4)}, "nothing came"


def test_an_hour_that_begins_and_one_that_is_not_touched_for_a_while_are_counted(silver: Silver) -> None:
    growing = GrowingHours(silver.spark, silver.lake)
    silver.write(TEN)
    assert said(growing.counted({TEN})) == {10: (1, 1)}
    silver.write(TEN + HOUR, TEN + HOUR, TEN + 0.9 * HOUR)
    assert said(growing.counted({TEN + HOUR})) == {11: (2, 2)}
    silver.write(TEN + 1.1 * HOUR, hashtags=["kite", "wind"])
    assert said(growing.counted({TEN, TEN + HOUR})) == {10: (2, 2), 11: (3, 3)}


def test_rows_that_are_taken_out_or_changed_are_counted_no_more_and_a_compaction_changes_nothing(
    silver: Silver,
) -> None:
    growing = GrowingHours(silver.spark, silver.lake)
    silver.write(TEN, TEN)
    silver.write(TEN, TEN)
    assert said(growing.counted({TEN})) == {10: (4, 4)}
    silver.write(TEN)
    delta.compact(silver.spark, posts.TABLE, silver.lake)
    assert said(growing.counted({TEN})) == {10: (5, 5)}
    silver.write(TEN)
    gone = silver.spark.createDataFrame([("x", "0"), ("x", "5")], "platform string, post_id string")
    delta.delete(gone, posts.TABLE, silver.lake)
    assert said(growing.counted({TEN})) == {10: (4, 4)}
    delta.update(silver.spark, posts.TABLE, silver.lake, F.col("post_id") == "1", {"author": F.lit(f"{2:032x}")})
    assert said(growing.counted({TEN})) == {10: (4, 3)}


def test_older_hours_and_many_at_once_are_left_to_spark(silver: Silver) -> None:
    growing = GrowingHours(silver.spark, silver.lake)
    silver.write(TEN - 3 * HOUR, TEN - 2 * HOUR, TEN)
    assert said(growing.counted({TEN - 3 * HOUR, TEN - 2 * HOUR, TEN})) == {8: (1, 1), 10: (1, 1)}
    assert said(growing.counted({TEN - 2 * HOUR})) == {8: (1, 1)}
    assert said(growing.counted({TEN - 3 * HOUR})) == {}
    assert said(growing.counted({TEN - number * HOUR for number in range(8)})).keys() == {8, 9, 10}
    assert said(growing.counted({TEN - number * HOUR for number in range(9)})) == {}
    assert said(growing.counted({TEN + HOUR})) == {11: (0, 0)}, "whoever names an hour has posts of it"


def test_what_would_take_too_much_memory_is_left_to_spark(silver: Silver) -> None:
    growing = GrowingHours(silver.spark, silver.lake, most=6)
    silver.write(*[TEN] * 7)
    assert said(growing.counted({TEN})) == {}, "an hour of seven posts"
    silver.write(TEN + HOUR, hashtags=["kite", "wind"])
    assert said(growing.counted({TEN, TEN + HOUR})) == {11: (1, 1)}
    silver.write(TEN + HOUR, hashtags=["kite", "wind"])
    assert said(growing.counted({TEN, TEN + HOUR})) == {11: (2, 2)}, "two hashtags with two authors each"
    silver.write(TEN + HOUR)
    assert said(growing.counted({TEN, TEN + HOUR})) == {}, "one author more"
    assert said(growing.counted({TEN + timedelta(hours=4)})) == {14: (0, 0)}
