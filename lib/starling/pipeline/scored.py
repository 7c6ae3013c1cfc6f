"""The scores of a micro-batch's posts, on their way into gold.

A row of gold.post_scores is written after its post's in silver.posts, all of a batch in one commit, by the champions
that were there when the batch came so far. A batch that may have been read before adds only what is missing.

A model that fails on a batch stops nothing: its columns stay null with the reason, so that the post is accounted for,
and the next batch is tried again. To try the same batch again would hold up all posts for one that a model cannot
bear; to leave the post out until later would need a second account of what is still to be done. `jobs/train.py
--rescore` puts scores in their place. What cannot be written stops the stream as any other write does; nothing is lost.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from starling import delta
from starling.broker import locks
from starling.failures import in_one_line
from starling.gold import author_records, post_scores
from starling.hours import Range, sql_within
from starling.models.scoring import Champions, run, scores
from starling.pipeline.writes import Write
from starling.settings import Settings

_PATIENCE_SECONDS = 60.0


class Scores:
    """The writes of a running stream's scores, by the champions that there are when a batch comes."""

    def __init__(self, settings: Settings, champions: Callable[[], Champions], say: Callable[[str], None]) -> None:
        self._settings = settings
        self._lake = settings.lake
        self._champions = champions
        self._say = say
        self._made = False

    def writes(self, rows: DataFrame, count: int, ranges: Sequence[Range], *, again: bool) -> list[Write]:
        """The write of the scores of a batch's `count` posts, given as silver.posts' rows; none without a champion.

        For when the posts are in silver. `ranges` are the hours they were published in; `again` says whether some may
        have their scores already.
        """
        champions = self._champions() if count else Champions()
        if not champions:
            return []
        return [partial(self._write, rows, count, champions, sql_within("there.created_at", ranges), again)]

    def _write(self, rows: DataFrame, count: int, champions: Champions, where: str, again: bool) -> None:
        self._make_tables(rows.sparkSession)
        try:
            if again:
                self._add_missing(rows, champions, where)
            else:
                with turn(self._settings):
                    delta.append(self._scored(rows, champions), post_scores.TABLE, self._lake, count)
        except Exception:
            # It may be written all the same, and another writer may have come between: so only what is missing.
            self._add_missing(rows, self._able(rows, champions), where)

    def _add_missing(self, rows: DataFrame, champions: Champions, where: str) -> None:
        with turn(self._settings):
            delta.add_missing(self._scored(rows, champions), post_scores.TABLE, self._lake, where)

    def _able(self, rows: DataFrame, champions: Champions) -> Champions:
        """The champions that can score these rows, found by trying each alone; all of them where the write failed."""
        able = champions
        for model, alone in champions.alone():
            try:
                run(self._scored(rows, alone))
            except Exception as error:
                able = able.without(model.name, f"version {model.version} failed")
                self._say(
                    f"scores: {model.name} version {model.version} failed on a batch, whose posts go without: "
                    + in_one_line(error)
                )
        return able

    def _scored(self, rows: DataFrame, champions: Champions) -> DataFrame:
        return scores(rows, champions, partial(delta.read, rows.sparkSession, author_records.TABLE, self._lake))

    def _make_tables(self, spark: SparkSession) -> None:
        """The first champion may come from a training on another lake."""
        if not self._made:
            for table in (author_records.TABLE, post_scores.TABLE):
                delta.create(spark, table, self._lake)
            self._made = True


@contextmanager
def turn(settings: Settings) -> Iterator[None]:
    """One write of scores after the other: a short one that came between would make a long one begin anew.

    What is written is right without it: so nobody waits for ever, and a work folder on another machine does no harm.
    """
    place = Path(settings.paths.work)
    place.mkdir(parents=True, exist_ok=True)
    with locks.take(place / "scores.lock", _PATIENCE_SECONDS) or nullcontext():
        yield
