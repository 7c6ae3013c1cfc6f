"""The rows of a micro-batch that are new, on their way into bronze and silver."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling import delta
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.silver import deletions, engagement, outcomes, posts, rejected
from starling.tables import Table

Write = Callable[[], None]


class NewRows:
    """A micro-batch of records, and what `outcomes.judged` found of them, with what it was told."""

    def __init__(self, batch: DataFrame, judged: pd.DataFrame, lake: str) -> None:
        self._judged = judged
        self._lake = lake
        self._rows = _with_verdicts(batch, judged)

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
        return posts.posts(self._having("is_post")), self._count("is_post")

    def _write(self, flag: str, table: Table, rows: Callable[[DataFrame], DataFrame]) -> list[Write]:
        count = self._count(flag)
        return [lambda: delta.append(rows(self._having(flag)), table, self._lake, count)] if count else []

    def _count(self, flag: str) -> int:
        return int(self._judged[flag].sum())

    def _having(self, flag: str) -> DataFrame:
        return self._rows.where(F.col(flag))


def _with_verdicts(batch: DataFrame, judged: pd.DataFrame) -> DataFrame:
    """Adds VERDICT, but for outcome and repeated. Grain: one row a record, still.

    Nearly all records are what they are by themselves: only the verdicts on the others are handed to Spark, and a batch
    without such is joined with nothing.
    """
    alone = outcomes.alone(judged["reason"].isna(), judged["kind"], judged["observation_id"].notna())
    others = judged.loc[np.logical_or.reduce([judged[name] != usual for name, usual in alone.items()])]
    flags = outcomes.alone(F.col("reason").isNull(), F.col("kind"), F.col("observation_id").isNotNull())
    if others.empty:
        return batch.withColumns(flags)
    named = others.loc[:, [*COORDINATES, *flags]].rename(columns={name: f"judged_{name}" for name in flags})
    rows = batch.sparkSession.createDataFrame(pa.Table.from_pandas(named, preserve_index=False))
    joined = batch.join(F.broadcast(rows), list(COORDINATES), "left")
    verdicts = {name: F.coalesce(F.col(f"judged_{name}"), usual) for name, usual in flags.items()}
    return joined.withColumns(verdicts).drop(*(f"judged_{name}" for name in flags))


def _without_deleted(rows: DataFrame) -> DataFrame:
    """Says why a record of a deleted post is refused, and keeps nothing of what it said."""
    said = {
        "reason": F.when(F.col("deleted"), "deleted").otherwise(F.col("reason")),
        "detail": F.when(F.col("deleted"), "the post's deletion is known").otherwise(F.col("detail")),
    }
    return rows.withColumns(said).transform(_without_payload_of_deleted)


def _without_payload_of_deleted(rows: DataFrame) -> DataFrame:
    return rows.withColumns({name: F.when(~F.col("deleted"), F.col(name)) for name in ("payload", "raw")})
