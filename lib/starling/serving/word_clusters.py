"""The clusters of words that go together."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from starling.models.trained import WORDS
from starling.serving.decisions import champion
from starling.serving.topics import coherence

_NEWEST = "SELECT max(model_version) FROM word_clusters"
_CLUSTERS = """
SELECT model_version, cluster, label, words, weights, npmi FROM word_clusters WHERE model_version = ? ORDER BY cluster
"""


@dataclass(frozen=True)
class Cluster:
    """Words that are used alike, those that speak for the cluster first, each with its closeness to the centre."""

    version: int
    number: int
    label: str
    words: Sequence[tuple[str, float]]
    npmi: float

    @property
    def coherence(self) -> str:
        """What its NPMI means."""
        return coherence(self.npmi)


def clusters(cursor: duckdb.DuckDBPyConnection) -> list[Cluster]:
    """Those of the champion, or of the newest version where there is none, by number."""
    version = champion(cursor, WORDS)
    if version is None:  # trained, and not promoted yet
        ((version,),) = cursor.execute(_NEWEST).fetchall()
    return [
        Cluster(version, cluster, label, list(zip(words, weights, strict=False)), npmi)
        for version, cluster, label, words, weights, npmi in cursor.execute(_CLUSTERS, [version]).fetchall()
    ]
