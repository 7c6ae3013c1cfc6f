"""What is where in a broker's folder, and what is known of the broker that runs there. Standard library only."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path


def now() -> str:
    """The time in UTC, ISO 8601 with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class BrokerFolder:
    """`kafka/` in a work folder."""

    path: Path

    @property
    def data(self) -> Path:
        """Kafka's own files: the records."""
        return self.path / "data"

    @property
    def users(self) -> Path:
        """The leases."""
        return self.path / "users"

    @property
    def log(self) -> Path:
        """What Kafka and the keeper say."""
        return self.path / "broker.log"

    @property
    def properties(self) -> Path:
        """Kafka's configuration, written at each start. A Kafka is known by this path, its last argument."""
        return self.path / "server.properties"

    @property
    def state(self) -> Path:
        """Where a `Running` is written down."""
        return self.path / "broker.json"

    @property
    def start_lock(self) -> Path:
        """Held to start the broker, to stop it, and to take a lease."""
        return self.path / "start.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper for its life."""
        return self.path / "keeper.lock"

    def say(self, words: str) -> None:
        """Adds a line to the log, where that is possible: not on a full disk, nor when the folder was removed."""
        with suppress(OSError), self.log.open("a", encoding="utf-8") as log:
            log.write(f"{now()} INFO {words}\n")


@dataclass(frozen=True)
class Running:
    """A broker that was started. Whether it still runs is for the keeper's lock to tell, not for this."""

    port: int
    cluster_id: str
    kafka_pid: int
    keeper_pid: int
    started_at: str  # ISO 8601, UTC

    def write(self, path: Path) -> None:
        """Written whole or not at all."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Running | None":
        """What is written there; None for a file that is missing or was not written by `write`."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None
