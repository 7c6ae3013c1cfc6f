"""The commits of a Delta table, read where they are written: a JSON file each, in the table's `_delta_log`.

Delta's own history answers the same by a Spark job, whose planning costs more than the few files that are asked for
here; and the format of both the log and `_last_checkpoint` is Delta's protocol, the same for every writer.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pyspark.sql import SparkSession

from starling.errors import StorageError
from starling.hadoop import Folder
from starling.tables import Table

# How far back a note is looked for: between two notes there are compactions alone.
_COMMITS = 20
# What Delta calls the numbers of rows that a merge or an update has changed or taken out.
_CHANGED = ("numTargetRowsUpdated", "numTargetRowsDeleted", "numUpdatedRows")


@dataclass(frozen=True)
class Commit:
    """What a commit says of itself: the version it made, by which operation, what was counted, and its note."""

    version: int
    operation: str
    metrics: dict[str, int]
    note: str | None

    @property
    def changed(self) -> int:
        """How many rows it changed or took out."""
        return sum(self.metrics.get(name, 0) for name in _CHANGED)


def exists(spark: SparkSession, table: Table, lake: str) -> bool:
    """Whether the table has been made: of one whose making was killed there may be a log without a commit."""
    return _Log(spark, table, lake).is_begun()


def version(spark: SparkSession, table: Table, lake: str) -> int:
    """The number of the table's last commit. Raises StorageError where there is no table."""
    return _Log(spark, table, lake).last()


def is_blank(spark: SparkSession, table: Table, lake: str) -> bool:
    """Whether nobody has written to the table since it was made: known by a few looks, where a query takes a while."""
    return version(spark, table, lake) == 0


def last(spark: SparkSession, table: Table, lake: str, most: int = _COMMITS) -> Iterator[Commit]:
    """The last commits that the log still has, the newest first."""
    log = _Log(spark, table, lake)
    newest = log.last()
    return log.back(newest, max(newest - most, -1))


def note(spark: SparkSession, table: Table, lake: str) -> str | None:
    """What the last commit that has a note says with it; None where none of the last commits has one."""
    return next((commit.note for commit in last(spark, table, lake) if commit.note is not None), None)


def noted(spark: SparkSession, table: Table, lake: str, since: int) -> list[Commit]:
    """The commits after version `since` that have a note, the oldest first."""
    log = _Log(spark, table, lake)
    return [commit for commit in log.back(log.last(), since) if commit.note is not None][::-1]


def added(spark: SparkSession, table: Table, lake: str, since: int, until: int) -> list[str] | None:
    """The files, as Spark reads them, with the rows that came in the commits after version `since` up to `until`.

    None where that is not all that these commits did to the rows, or where Delta has tidied one of them up.
    """
    log = _Log(spark, table, lake)
    commits = list(log.actions(until, since))
    changes = [change for actions in commits for change in _changes(actions)]
    if len(commits) < until - since or any(kind != "add" or change.get("deletionVector") for kind, change in changes):
        return None
    return [f"{table.path(lake)}/{unquote(change['path'])}" for _, change in changes]


class _Log:
    """The log of a table."""

    def __init__(self, spark: SparkSession, table: Table, lake: str) -> None:
        self._place = table.path(lake)
        self._folder = Folder(spark, f"{self._place}/_delta_log")

    def is_begun(self) -> bool:
        """Whether it has a commit."""
        return self._has(self._hinted()) or bool(self._numbers())

    def last(self) -> int:
        """Commits are numbered without a gap, so that the last is found by a few looks, however many there are."""
        known, step = self._known(), 1
        while self._has(known + step):
            known, step = known + step, 2 * step
        while step := step // 2:
            known += step * self._has(known + step)
        return known

    def back(self, newest: int, until: int) -> Iterator[Commit]:
        """The commits from `newest` back to the one after `until`, or to where Delta has tidied the log up."""
        for number, actions in zip(range(newest, until, -1), self.actions(newest, until), strict=False):
            yield _commit(number, actions)

    def actions(self, newest: int, until: int) -> Iterator[list[dict[str, Any]]]:
        """What those commits did."""
        for number in range(newest, until, -1):
            try:
                text = self._folder.text(_name(number))
            except FileNotFoundError:
                return
            yield [json.loads(line) for line in text.splitlines()]

    def _known(self) -> int:
        """A commit that there is, after which there is none missing."""
        found = self._hinted()
        if self._has(found):
            return found
        numbers = self._numbers()
        if not numbers:
            raise StorageError(f"there is no Delta table at {self._place}: its log has no commit")
        return max(numbers)

    def _numbers(self) -> list[int]:
        """The commits that there are."""
        names = [name.removesuffix(".json") for name in self._folder.names() if name.endswith(".json")]
        return [int(name) for name in names if name.isdecimal()]

    def _hinted(self) -> int:
        """The last checkpoint, as Delta says; 0 where it does not say, for this is a hint and need not be there."""
        if not self._folder.has("_last_checkpoint"):  # as of every young table: to fail at reading it is slow
            return 0
        try:
            return int(json.loads(self._folder.text("_last_checkpoint"))["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _has(self, number: int) -> bool:
        return self._folder.has(_name(number))


def _name(number: int) -> str:
    return f"{number:020}.json"


def _changes(actions: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """ "add" or "remove", and the file, where that changed the rows: a compaction changes none."""
    for action in actions:
        for kind in action.keys() & {"add", "remove"}:
            if action[kind]["dataChange"]:
                yield kind, action[kind]


def _commit(number: int, actions: list[dict[str, Any]]) -> Commit:
    found: dict[str, Any] = next((action["commitInfo"] for action in actions if "commitInfo" in action), {})
    metrics = {name: int(value) for name, value in found.get("operationMetrics", {}).items() if _is_count(value)}
    return Commit(number, found.get("operation", ""), metrics, found.get("userMetadata"))


def _is_count(value: object) -> bool:
    return str(value).isdecimal()
