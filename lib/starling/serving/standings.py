"""How each table stands that the dashboard reads: when it was written, how many rows, and what it has not counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from starling.gold import post_scores, topic_lineage, topics, word_clusters
from starling.ops import promotions
from starling.serving.index.mirror import COUNTING, Standing
from starling.serving.index.mirrored import MIRRORED
from starling.serving.ledger import Behind, behind
from starling.silver import posts

_TRAINED = {table.TABLE.name for table in (topics, topic_lineage, word_clusters)}
_COUNTED = {table.name for table in COUNTING}
_LAYERS = ("silver", "gold", "ops")
_PROMOTED = {table.TABLE.name for table in (post_scores, promotions)}


@dataclass(frozen=True)
class Stand:
    """A table of the lake as the index has it. Times are UTC without a zone; None: there is no such table."""

    name: str
    what: str
    version: int | None
    written_at: datetime | None
    rows: int
    says: str
    behind: Behind | None  # None: it does not count others' rows

    @property
    def is_there(self) -> bool:
        """Whether there is such a table."""
        return self.version is not None

    @property
    def lags(self) -> bool:
        """Whether there are rows in silver that it has not counted."""
        return self.behind is not None and self.behind.posts > 0

    @property
    def made_by(self) -> str:
        """The command that makes the table."""
        if self.name in _TRAINED:
            return "./spark-submit.sh jobs/train.py"
        return f"./spark-submit.sh jobs/{'train.py --promote' if self.name in _PROMOTED else 'stream.py'}"


def standings(cursor: duckdb.DuckDBPyConnection, known: Mapping[str, Standing]) -> list[Stand]:
    """The tables in the order of their layers."""
    uncounted = behind(cursor, known)
    rows = {one.table.name: _rows(cursor, one.name) for one in MIRRORED}
    return [
        Stand(
            name=one.table.name,
            what=one.table.comment,
            version=known[one.table.name].version,
            written_at=known[one.table.name].written_at,
            rows=rows[one.table.name],
            says=_says(one.table.name, rows),
            behind=uncounted.get(one.table.name),
        )
        for one in sorted(MIRRORED, key=lambda one: _LAYERS.index(one.table.name.partition(".")[0]))
    ]


def _says(name: str, rows: Mapping[str, int]) -> str:
    """How a table stands that has counted all it should."""
    if name == post_scores.TABLE.name:
        unscored = rows[posts.TABLE.name] - rows[name]
        return f"{unscored:,} posts came before there was a champion" if unscored > 0 else "has every post"
    if name in _COUNTED:
        return "has counted all that the ledger holds"
    if name in _TRAINED or name in _PROMOTED:
        return "written by trainings"
    return "written with each micro-batch"


def _rows(cursor: duckdb.DuckDBPyConnection, name: str) -> int:
    ((count,),) = cursor.execute(f"SELECT count(*) FROM {name}").fetchall()  # noqa: S608 -- our own word
    return int(count)
