"""The doctor of checkpoints: looks at one before a stream goes on with it, and names the file that is damaged.

Spark takes an offset that has another digit for what it says, and stops at an empty file with a stack trace. Here it is
one line with the remedy, and no table is touched.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pyspark.sql import SparkSession

from starling.errors import CheckpointError
from starling.hadoop import Folder

# Offsets by partition: the first one that is not read.
Until = dict[int, int]


@dataclass(frozen=True)
class Checkpoint:
    """How far a query has come: until where it has read, and until where its last batch reads, committed or not."""

    place: str
    committed: Until
    planned: Until
    planned_in: str

    def damaged(self, file: str, what: str) -> CheckpointError:
        """The error that names a file of it."""
        return _damaged(self.place, file, what)


def read(spark: SparkSession, place: str, topic: str) -> Checkpoint | None:
    """The checkpoint in a folder or URI, of a query that reads `topic`; None where there is none yet.

    Raises CheckpointError, which names the file and the remedy, where one is missing, damaged, or of another topic.
    """
    folder = Folder(spark, place)
    names = folder.names()
    if not [name for name in names if not name.startswith(".")]:
        return None
    _id(folder, names)
    offsets, commits = _numbers(folder, "offsets"), _numbers(folder, "commits")
    _first_offsets(folder, topic)
    if commits and commits[-1] not in offsets:
        raise _damaged(place, f"offsets/{commits[-1]}", "it is missing, although its batch is committed")
    if not offsets:
        return Checkpoint(place, {}, {}, "offsets")
    for before, after in pairwise(offsets):
        if after != before + 1:
            raise _damaged(place, f"offsets/{before + 1}", "it is missing")
    for number in commits[-1:]:
        _json(folder, f"commits/{number}", _lines(folder, f"commits/{number}")[1])
    # A batch is committed before the next one is planned.
    last = offsets[-1]
    done = last if commits[-1:] == [last] else last - 1
    committed = _offsets(folder, f"offsets/{done}", topic) if done in offsets else {}
    planned = committed if done == last else _offsets(folder, f"offsets/{last}", topic)
    return Checkpoint(place, committed, planned, f"offsets/{last}")


def _id(folder: Folder, names: list[str]) -> None:
    """The query's id, without which Spark would take the checkpoint for another query's."""
    if "metadata" not in names:
        raise _damaged(folder.place, "metadata", "it is missing")
    found = _json(folder, "metadata", _text(folder, "metadata"))
    if not isinstance(found.get("id"), str):
        raise _damaged(folder.place, "metadata", "it has no id")


def _first_offsets(folder: Folder, topic: str) -> None:
    """Where the query began, as its first batch notes it."""
    if "0" in folder.names("sources/0"):
        _offsets(folder, "sources/0/0", topic)


def _numbers(folder: Folder, below: str) -> list[int]:
    """The batches that have a file, the first one first."""
    return sorted(int(name) for name in folder.names(below) if name.isdecimal())


def _offsets(folder: Folder, file: str, topic: str) -> Until:
    said = _json(folder, file, _lines(folder, file)[-1])
    if topic not in said and said:
        raise CheckpointError(
            f"the checkpoint {folder.place} is of topic {', '.join(map(repr, said))}, and kafka.topic is {topic!r}: "
            "set it back, or give the other topic a checkpoint of its own with paths.checkpoints (the tables may stay)"
        )
    try:
        return {int(partition): _offset(offset) for partition, offset in said.get(topic, {}).items()}
    except (ValueError, AttributeError):
        raise _damaged(folder.place, file, "its offsets are no numbers") from None


def _offset(said: Any) -> int:
    if not isinstance(said, int) or said < 0:
        raise ValueError(said)
    return said


def _lines(folder: Folder, file: str) -> list[str]:
    """A log file's lines: its version, and at least one more."""
    lines = _text(folder, file).lstrip("\0").splitlines()
    if len(lines) < 2 or lines[0] != "v1":
        raise _damaged(folder.place, file, "it is empty" if not lines else "it does not begin as such a file does")
    return lines


def _json(folder: Folder, file: str, text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise _damaged(folder.place, file, "it is no JSON" if text else "it is empty")
    return said


def _text(folder: Folder, file: str) -> str:
    try:
        return folder.text(file)
    except OSError as error:
        raise _damaged(folder.place, file, str(error).split(": file:")[0]) from None


def _damaged(place: str, file: str, what: str) -> CheckpointError:
    return CheckpointError(
        f"the checkpoint is damaged: {place}/{file}: {what}. Move the folder {place} away and start again: the topic "
        "is then read from its beginning, and what the tables have already is left out; nothing is lost or doubled"
    )
