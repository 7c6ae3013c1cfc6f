"""What a running stream knows of its own tables, from one batch to the next."""

from collections.abc import Callable, Sequence

import pandas as pd
from pyspark.sql import SparkSession

from starling import commits, delta
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.ops import ledger
from starling.pipeline.extent import Extent, same_records
from starling.pipeline.remembered import Remembered
from starling.pipeline.together import together
from starling.silver import deletions, engagement, posts, rejected
from starling.silver.outcomes import OBSERVATION_KEY, POST_KEY, Known
from starling.sources.record import POST
from starling.tables import Table


class Memory:
    """What is in the tables; of what is not remembered, the few files are read that can hold it.

    `past` says how far each partition was read and written.
    """

    def __init__(self, spark: SparkSession, lake: str, past: ledger.Past) -> None:
        """`past` is what the ledger says now."""
        self.past = past
        self._spark = spark
        self._lake = lake
        of_posts, of_engagement = (past.newest.get(table.name) for table in (posts.TABLE, engagement.TABLE))
        self._posts = Remembered(spark, lake, posts.TABLE, POST_KEY, "post_hash", "created_at", of_posts)
        self._observations = Remembered(
            spark, lake, engagement.TABLE, OBSERVATION_KEY, "observation_hash", "record_created_at", of_engagement
        )
        self._deletions = Remembered(spark, lake, deletions.TABLE, POST_KEY, "post_hash", time=None)
        self._batches = 0
        self._repeating = True  # the first batch after a start may be one that was interrupted

    def may_repeat(self, extents: Sequence[Extent]) -> bool:
        """Whether records of the batch may have been read before."""
        return self._repeating or self.has_entered(extents)

    def has_entered(self, extents: Sequence[Extent]) -> bool:
        """Whether the ledger has an entry of records of the batch."""
        return any(e.from_offset < self.past.until(e.topic, e.partition) for e in extents)

    def known(self, records: pd.DataFrame, extents: Sequence[Extent]) -> Known:
        """What `judged` compares the records with, which are given as their facts.

        The first batch after a start, which may be the only one, asks the tables for its own keys; from the second one
        on it pays to remember.
        """
        if self._batches < 2:
            tables = (self._posts, self._observations, self._deletions)
            together(self._spark, *(table.load if self._batches else table.begin for table in tables))
        self._batches += 1
        good = records[records["reason"].isna()]
        looks: dict[str, Callable[[], pd.DataFrame | None]] = {
            "posts": lambda: self._posts.known(good[good["kind"] == POST]),
            "observations": lambda: self._observations.known(good[good["observation_id"].notna()]),
            "deletions": lambda: self._deletions.known(good),
        }
        if self.may_repeat(extents):
            looks["events"] = lambda: self._of_batch(events.TABLE, extents)
            looks["rejected"] = lambda: self._of_batch(rejected.TABLE, extents)
        return Known(**dict(zip(looks, together(self._spark, *looks.values()), strict=True)))

    def learn(self, judged: pd.DataFrame, entries: Sequence[ledger.Entry]) -> None:
        """Remembers a batch, of records' facts with their verdicts, that is written but for its entry in the ledger.

        Where that fails the query ends, and what it remembered with it.
        """
        self._posts.add(judged[judged["adds_post"]])
        self._observations.add(judged[judged["adds_observation"]])
        self._deletions.add(judged[judged["adds_deletion"]])
        newest = {posts.TABLE.name: self._posts.newest, engagement.TABLE.name: self._observations.newest}
        self.past = self.past.followed_by(entries, {name: hour for name, hour in newest.items() if hour is not None})
        self._repeating = found_some(judged) or any(entry.repeated for entry in entries)

    def _of_batch(self, table: Table, extents: Sequence[Extent]) -> pd.DataFrame | None:
        if commits.is_blank(self._spark, table, self._lake):
            return None
        rows = delta.read(self._spark, table, self._lake).where(same_records(extents))
        found: pd.DataFrame = rows.select(*COORDINATES).toArrow().to_pandas()
        return found


def found_some(judged: pd.DataFrame) -> bool:
    """Whether a table has rows of these records already: some of an earlier batch, that was interrupted, is written."""
    adds = (("posts", "adds_post"), ("deletions", "adds_deletion"), ("rejected", "adds_rejected"))
    return any(((judged["outcome"] == outcome) & ~judged[flag]).any() for outcome, flag in adds)
