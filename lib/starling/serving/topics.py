"""The topics that the hashtag model's champion knows: their names, words and hashtags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

# The version that scored last is the one whose numbers posts carry: a version that was taken back scores no more.
_SCORES = """
SELECT topics_version FROM scores WHERE topics_version IS NOT NULL
ORDER BY scored_at DESC, topics_version DESC LIMIT 1
"""
_COLUMNS = "model_version, topic, label, words, weights, hashtags, posts, npmi"


@dataclass(frozen=True)
class Topic:
    """A topic as its version of the model describes it."""

    version: int
    number: int
    label: str
    words: Sequence[tuple[str, float]]  # heaviest first, with its share of all words' weight, 0 to 1
    hashtags: Sequence[str]  # most used first
    trained_posts: int  # distinct texts that it was the nearest topic of, at the training
    npmi: float

    @property
    def coherence(self) -> str:
        """What its NPMI means."""
        return coherence(self.npmi)


def scoring_version(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """The version of the hashtag topics that scores posts; None where none has."""
    found = cursor.execute(_SCORES).fetchall()
    return int(found[0][0]) if found else None


def shown_version(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """The version that scores posts; where none does, the newest that was trained; None where none was."""
    ((newest,),) = cursor.execute("SELECT max(model_version) FROM topics").fetchall()
    return scoring_version(cursor) or newest


def labels(cursor: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """By number, the label of each topic of the version that scores posts."""
    asked = f"SELECT topic, label FROM topics WHERE model_version = ({_SCORES}) ORDER BY topic"  # noqa: S608
    return dict(cursor.execute(asked).fetchall())


def of_version(cursor: duckdb.DuckDBPyConnection, version: int) -> list[Topic]:
    """The topics of a version, by number."""
    asked = f"SELECT {_COLUMNS} FROM topics WHERE model_version = ? ORDER BY topic"  # noqa: S608 -- our own words
    return [_topic(row) for row in cursor.execute(asked, [version]).fetchall()]


def find(cursor: duckdb.DuckDBPyConnection, number: int, version: int) -> Topic | None:
    """The topic as the version has it; else as the newest version before it had it, or the newest of all."""
    order = "ORDER BY model_version <= $version DESC, model_version DESC LIMIT 1"
    asked = f"SELECT {_COLUMNS} FROM topics WHERE topic = $number {order}"  # noqa: S608 -- our own words
    found = cursor.execute(asked, {"number": number, "version": version}).fetchall()
    return _topic(found[0]) if found else None


def labels_by_version(cursor: duckdb.DuckDBPyConnection) -> Mapping[tuple[int, int], str]:
    """The label of each topic by version and number."""
    found = cursor.execute("SELECT model_version, topic, label FROM topics").fetchall()
    return {(version, topic): label for version, topic, label in found}


def coherence(npmi: float) -> str:
    """What an NPMI of a topic's words says of them.

    >>> coherence(0.6), coherence(-0.42)
    ('its words are found together far more often than by chance', 'its words are rarely found together: a loose heap')
    """
    if npmi >= 0.3:
        return "its words are found together far more often than by chance"
    if npmi >= 0.1:
        return "its words are found together more often than by chance"
    if npmi > -0.1:
        return "its words are found together about as often as by chance"
    return "its words are rarely found together: a loose heap"


def _topic(row: tuple[Any, ...]) -> Topic:
    version, number, label, words, weights, hashtags, posts, npmi = row
    return Topic(version, number, label, list(zip(words, weights, strict=False)), hashtags, posts, npmi)
