"""jobs/stream.py as it is run, beside a broker: fed, watched and stopped, and what its tables tell of it."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from demo import SAMPLE_SECONDS, Driver, Watch
from made_posts import SOURCE, Made
from measuring import CHECKOUT, SUBMIT

# Without a record more for so long, a stream is taken to stand still.
PATIENCE_SECONDS = 300.0
# stream.stop_timeout_seconds, and what gold then still has to do.
_STOP_SECONDS = 180
_SAID_CHARACTERS = 2_000


@dataclass(frozen=True)
class Stream:
    """A stream that runs. Its process is the driver's JVM, which the script and spark-submit have turned into."""

    process: "subprocess.Popen[str]"
    work: Path

    @property
    def lake(self) -> Path:
        """Where its tables are."""
        return self.work / "lake"

    def said(self) -> str:
        """The end of what it has printed."""
        return (self.work / "said.txt").read_text()[-_SAID_CHARACTERS:]

    def wait_until(
        self,
        reached: Callable[[], float],
        wanted: float,
        poll_seconds: float = 1.0,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Waits for a number that grows; ends this program where it stands still, or the stream has ended."""
        before, changed_at = -1.0, time.monotonic()
        while (now := reached()) < wanted:
            if now > before:
                before, changed_at = now, time.monotonic()
            if self.process.poll() is not None or time.monotonic() - changed_at > patience_seconds:
                sys.exit(f"the stream has come to {now:,.0f} of {wanted:,.0f} and no further:\n{self.said()}")
            time.sleep(poll_seconds)

    def driver(self) -> Driver:
        """The driver so far. Linux keeps the peak of its resident memory: so one look, at the end, disturbs nothing."""
        watch = Watch(self.process.pid)
        time.sleep(5 * SAMPLE_SECONDS)
        return watch.end()

    def resident_mib(self) -> float:
        """The driver's resident memory now."""
        found = re.search(r"^VmRSS:\s*(\d+) kB$", Path(f"/proc/{self.process.pid}/status").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0


@contextmanager
def streaming(work: Path, servers: str, **settings: str) -> Iterator[Stream]:
    """A stream in a work folder, until the end of the `with`; `settings` are those of the environment.

    It is ended as a service manager does it, by SIGTERM, which it is to obey with 0: else this program ends too.
    """
    work.mkdir(parents=True, exist_ok=True)
    fixed = {"STARLING_KAFKA_BOOTSTRAP_SERVERS": servers, "STARLING_METRICS_PORT": "0"}
    command = [SUBMIT, "jobs/stream.py", "--work", str(work)]
    with (work / "said.txt").open("w") as said:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env={**os.environ, **fixed, **settings}, stdout=said, stderr=said, text=True
        )
    stream = Stream(process, work)
    try:
        yield stream
    finally:
        code = _ended(process)
    if code:
        sys.exit(f"{' '.join(command)} left with {code}:\n{stream.said()}")


def _ended(process: "subprocess.Popen[str]") -> int:
    process.terminate()
    try:
        return process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


# --- what it is fed with


class Sender:
    """Starling's own producer, which counts what the broker has acknowledged."""

    def __init__(self, servers: str, topic: str) -> None:
        from starling.kafka import ensure_topic
        from starling.settings import Kafka, Settings
        from starling.sources.publish import Publisher
        from starling.sources.summary import Tally

        settings = Settings(kafka=Kafka(topic=topic))
        ensure_topic(settings, servers)
        self._tally = Tally([topic])
        self._publisher = Publisher(settings, servers, self._tally)
        self._given = 0

    def send(self, post: Made) -> datetime:
        """Hands a post over, and returns when: collected_at says the same."""
        from starling.sources.publish import Record
        from starling.sources.summary import Place

        now = datetime.now(timezone.utc)
        self._given += 1
        headers: list[tuple[str, str | bytes | None]] = [("source", SOURCE), ("collected_at", now.isoformat())]
        self._publisher.send(Record(post.key, post.payload, headers), Place(0, self._given))
        return now

    def wait_until(self, due: float) -> None:
        """Waits for a time, of seconds since 1970, and lets the broker's answers in."""
        while (left := due - time.time()) > 0:
            self._publisher.wait(left)

    def close(self) -> int:
        """How many posts were sent; ends this program unless the broker has them all."""
        self._publisher.close()
        if self._tally.sent != self._given:
            sys.exit(f"Kafka has taken {self._tally.sent:,} of {self._given:,} posts: {self._publisher.trouble}")
        return self._given


# --- what its tables tell


@dataclass(frozen=True)
class Batch:
    """A micro-batch, as the ledger has it; the times are seconds since 1970."""

    number: int
    records: int
    posts: int
    duplicates: int
    started_at: float
    written_at: float

    @property
    def seconds(self) -> float:
        """How long it took until all its rows were written."""
        return self.written_at - self.started_at


def batches(lake: Path, topic: str) -> list[Batch]:
    """The micro-batches of a topic so far, in their order."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    columns = ["batch_id", "topic", "records", "posts", "duplicates", "started_at", "written_at"]
    try:
        rows = DeltaTable(lake / "ops" / "batches").to_pyarrow_table(columns=columns)
    except TableNotFoundError:
        return []
    sums = [*((name, "sum") for name in columns[2:5]), ("started_at", "min"), ("written_at", "max")]
    found = rows.filter(pc.field("topic") == topic).group_by("batch_id").aggregate(sums).sort_by("batch_id")
    numbers = (found[f"{name}_{how}"].cast(pa.int64()).to_pylist() for name, how in sums)
    return [
        Batch(number, of_batch, posts, duplicates, started_us / 1e6, written_us / 1e6)
        for number, of_batch, posts, duplicates, started_us, written_us in zip(
            found["batch_id"].to_pylist(), *numbers, strict=True
        )
    ]


def records(lake: Path, topic: str) -> int:
    """How many records of a topic are written."""
    return sum(batch.records for batch in batches(lake, topic))


@dataclass(frozen=True)
class Commit:
    """A version of a table: when it could be seen, which files have new rows, and what is noted with it.

    A compaction brings no new rows: its files are left out.
    """

    at: float
    added: tuple[Path, ...]
    note: Mapping[str, Any]


def commits(table: Path) -> Iterator[Commit]:
    """All versions of a table, in their order. A commit is there once its file in the log is."""
    for file in sorted((table / "_delta_log").glob("*.json")):
        if not file.stem.isdigit():
            continue
        actions = [json.loads(line) for line in file.read_text().splitlines()]
        added = (action["add"] for action in actions if "add" in action)
        note = next((action["commitInfo"].get("userMetadata") for action in actions if "commitInfo" in action), None)
        yield Commit(
            file.stat().st_mtime,
            tuple(table / unquote(add["path"]) for add in added if add["dataChange"]),
            json.loads(note or "{}"),
        )


GOLD = ("sentiment_by_hour", "hashtag_trends")


def counted(lake: Path, table: str, topic: str) -> list[tuple[float, dict[int, int]]]:
    """When a table of gold had counted the records of a topic, and up to which offset of each partition."""
    noted = ((commit.at, commit.note.get("counted_until", {}).get(topic)) for commit in commits(lake / "gold" / table))
    return [(at, {int(number): until for number, until in parts.items()}) for at, parts in noted if parts]


def counted_records(lake: Path, topic: str) -> int:
    """How many records of a topic both tables of gold have counted."""
    of_tables = (counted(lake, table, topic) for table in GOLD)
    return min(sum(found[-1][1].values()) if found else 0 for found in of_tables)
