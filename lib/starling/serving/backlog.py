"""Records in Kafka that no micro-batch has read yet.

The ledger has how far was read, and the broker how far the topic reaches: while a stream stands still, the ledger alone
would show what was true when it stopped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import duckdb

from starling import broker
from starling.errors import BrokerError, ConfigError
from starling.kafka_topic import Reach, Topic
from starling.serving.repeating import Repeating
from starling.serving.trust import utc_now
from starling.settings import Settings

_EVERY_SECONDS = 5.0
_TIMEOUT_SECONDS = 3
_READ = "SELECT partition, max(until_offset) FROM batches WHERE topic = ? GROUP BY partition"


class Reached(NamedTuple):
    """How far each partition reaches, as the broker said at a time, UTC without a zone."""

    partitions: Mapping[int, Reach]
    at: datetime


@dataclass(frozen=True)
class Backlog:
    """Records that no micro-batch has read, as of `at`, UTC without a zone; a transaction's end counts as one."""

    records: int
    at: datetime


class Ends:
    """Asks the broker again and again how far the topic reaches, in a thread of its own, until it is closed."""

    def __init__(self, settings: Settings, seconds: float = _EVERY_SECONDS) -> None:
        patient = settings.kafka.model_copy(update={"timeout_seconds": _TIMEOUT_SECONDS})
        self._settings = settings.model_copy(update={"kafka": patient})
        self._topic: Topic | None = None
        self._servers: str | None = None
        self.newest: Reached | None = None  # None: no broker answers
        self._repeating = Repeating("ends", self._ask, seconds)

    def close(self) -> None:
        """Ends after the question that is asked."""
        self._repeating.close()

    def _ask(self) -> None:
        try:
            self.newest = self._asked()
        except (BrokerError, ConfigError, OSError):
            self.newest = None

    def _asked(self) -> Reached | None:
        servers = broker.found(self._settings)
        if servers != self._servers:
            self._topic, self._servers = None, servers
        if servers is None:
            return None
        self._topic = self._topic or Topic(self._settings, servers)
        return Reached(self._topic.reach(), utc_now())


def backlog(cursor: duckdb.DuckDBPyConnection, topic: str, reached: Reached | None) -> Backlog | None:
    """What the topic has beyond the ledger's offsets: of a partition that was never read, all; None: nobody says."""
    if reached is None:
        return None
    read = dict(cursor.execute(_READ, [topic]).fetchall())
    left = (one.end - max(one.first, read.get(number, 0)) for number, one in reached.partitions.items())
    return Backlog(sum(max(0, records) for records in left), reached.at)
