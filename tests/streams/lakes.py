"""What the stream's tests do: put records into Kafka, drain them, look into the tables."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Producer
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError
from pyspark.sql import DataFrame, SparkSession

from starling import delta
from starling.errors import StreamError
from starling.kafka import ensure_topic, producer_options, silent_logger
from starling.pipeline.catalogue import STREAM_TABLES, TABLES
from starling.pipeline.query import stream
from starling.settings import Paths, Settings, Stream

# What differs between two runs that wrote the same.
_TIMES_OF_THE_RUN = {"ingested_at", "started_at", "written_at", "newest_record_at", "query_id", "scored_at"}
PATIENCE_SECONDS = 120
_BY_NAME = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class Record:
    """A record to be sent."""

    source: str | None
    value: bytes | None
    key: str | None = None
    partition: int | None = None


@dataclass(frozen=True)
class Lake:
    """The tables of a test, and the topic that they are made from."""

    spark: SparkSession
    settings: Settings
    servers: str

    @property
    def environment(self) -> dict[str, str]:
        """What a job is told to work on the same topic and tables."""
        return {
            "STARLING_PATHS_WORK": self.settings.paths.work,
            "STARLING_KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "STARLING_KAFKA_TOPIC": self.settings.kafka.topic,
            "STARLING_PRIVACY_PSEUDONYM_KEY": self.settings.privacy.pseudonym_key.get_secret_value(),
            "STARLING_METRICS_PORT": "0",
        }

    def send(self, records: Iterable[Record]) -> None:
        """Puts the records into the topic and waits until the broker has them."""
        ensure_topic(self.settings, self.servers)
        producer = Producer(producer_options(self.settings, self.servers), logger=silent_logger())
        for record in records:
            headers = [("collected_at", b"2026-01-02T03:04:05.678Z")]
            headers += [("source", record.source.encode())] if record.source is not None else []
            place = {} if record.partition is None else {"partition": record.partition}
            producer.produce(self.settings.kafka.topic, record.value, record.key, headers=headers, **place)
        assert producer.flush(30) == 0

    def drain(self, most_a_batch: int = 20_000, stop: threading.Event | None = None) -> None:
        """Streams what the topic holds into the tables."""
        of_stream = self.settings.stream.model_copy(update={"max_offsets_per_trigger": most_a_batch})
        cut = self.settings.model_copy(update={"stream": of_stream})
        stream(self.spark, cut, self.servers, stop or threading.Event(), once=True)

    def table(self, name: str) -> DataFrame:
        """A table as it stands."""
        return delta.read(self.spark, _BY_NAME[name], self.settings.lake)

    def rows(self, name: str, *columns: str) -> list[dict[str, Any]]:
        """A table's rows in the order of its keys, without the times of the run, as who has no Spark reads them."""
        table = _BY_NAME[name]
        chosen = columns or [c for c in table.columns if c not in _TIMES_OF_THE_RUN]
        keys = [c for c in table.keys if c != "query_id"]
        found = self._without_spark(name).to_pyarrow_table(columns=[*dict.fromkeys([*keys, *chosen])])
        rows = sorted(found.to_pylist(), key=lambda row: [row[key] for key in keys])
        return [{name: row[name] for name in chosen} for row in rows]

    def count(self, name: str) -> int:
        """A table's rows."""
        return int(self._without_spark(name).to_pyarrow_dataset().count_rows())

    def batches(self) -> int:
        """Batches in the ledger, read without disturbing whoever writes it."""
        try:
            return len({row["batch_id"] for row in self.rows("ops.batches", "batch_id")})
        except TableNotFoundError:
            return 0

    def _without_spark(self, name: str) -> DeltaTable:
        return DeltaTable(_BY_NAME[name].path(self.settings.lake))

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """All rows of all tables there are but the ledger and the receipts, which depend on where batches were cut."""
        there = [name for name, table in _BY_NAME.items() if delta.exists(self.spark, table, self.settings.lake)]
        return {name: self.rows(name) for name in there if name not in ("ops.batches", "ops.erasures")}

    def beside(self, name: str) -> "Lake":
        """An empty lake of the same topic."""
        paths = Paths(work=f"{self.settings.paths.work}-{name}")
        return Lake(self.spark, self.settings.model_copy(update={"paths": paths}), self.servers)

    def ledger(self) -> dict[str, int]:
        """The ledger's sums."""
        names = ("records", "posts", "engagement", "deletions", "rejected", "duplicates", "repeated")
        entries = self.rows("ops.batches", *names)
        return {name: sum(entry[name] for entry in entries) for name in names}


@contextmanager
def running(lake: Lake, **stream_settings: float) -> Iterator[list[StreamError]]:
    """A stream that goes on until the end of the block; gives what it ends with before."""
    stop, failures = threading.Event(), []
    quick = lake.settings.model_copy(
        update={"stream": Stream(**{"trigger_seconds": 0.2, "gold_seconds": 0.5, **stream_settings})}
    )

    def run() -> None:
        try:
            stream(lake.spark, quick, lake.servers, stop, once=False)
        except StreamError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: all(delta.exists(lake.spark, table, lake.settings.lake) for table in STREAM_TABLES))
        yield failures
    finally:
        stop.set()
        thread.join()


def wait_until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert time.monotonic() < deadline, f"not within {PATIENCE_SECONDS} s"
        time.sleep(0.5)
