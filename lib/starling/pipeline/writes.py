"""The rows of a micro-batch that are new, on their way into bronze and silver."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling import delta
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.silver import deletions, engagement, posts, rejected
from starling.tables import Table

Write = Callable[[], None]


@dataclass(frozen=True)
class NewRows:
    """A micro-batch of records, and what `outcomes.judged` found of them."""

    batch: DataFrame
    verdicts: pd.DataFrame
    lake: str

    def silver(self) -> list[Write]:
        """The writes to silver's tables that get a row; in any order, or at once."""
        return [
            *self._write("adds_post", posts.TABLE, posts.posts),
            *self._write("adds_observation", engagement.TABLE, engagement.observations),
            *self._write("adds_deletion", deletions.TABLE, deletions.deletions),
            *self._write("adds_rejected", rejected.TABLE, lambda rows: rejected.rejected(_without_deleted(rows))),
        ]

    def bronze(self) -> list[Write]:
        """The write to bronze, for after those to silver: a record in bronze is known to be written completely."""
        return self._write("adds_event", events.TABLE, _without_payload_of_deleted)

    def posts(self) -> tuple[DataFrame, int]:
        """The rows that silver.posts has or gets of these records, and how many they are."""
        return self._having("is_post").transform(posts.posts), self._count("is_post")

    def _write(self, flag: str, table: Table, rows: Callable[[DataFrame], DataFrame]) -> list[Write]:
        count = self._count(flag)
        return [lambda: delta.append(rows(self._having(flag)), table, self.lake, count)] if count else []

    def _count(self, flag: str) -> int:
        return int(self.verdicts[flag].sum())

    def _having(self, flag: str) -> DataFrame:
        """The records that the flag says, with their outcome and whether their post is deleted."""
        chosen = self.verdicts.loc[self.verdicts[flag], [*COORDINATES, "outcome", "deleted"]]
        rows = self.batch.sparkSession.createDataFrame(pa.Table.from_pandas(chosen, preserve_index=False))
        return self.batch.join(F.broadcast(rows), list(COORDINATES))


def _without_deleted(rows: DataFrame) -> DataFrame:
    """Says why a record of a deleted post is refused, and keeps nothing of what it said."""
    said = {
        "reason": F.when(F.col("deleted"), "deleted").otherwise(F.col("reason")),
        "detail": F.when(F.col("deleted"), "the post's deletion is known").otherwise(F.col("detail")),
    }
    return rows.withColumns(said).transform(_without_payload_of_deleted)


def _without_payload_of_deleted(rows: DataFrame) -> DataFrame:
    return rows.withColumns({name: F.when(~F.col("deleted"), F.col(name)) for name in ("payload", "raw")})
