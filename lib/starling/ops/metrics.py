"""What a running stream says of itself: numbers for Prometheus."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from starling.errors import ConfigError
from starling.ops.ledger import OUTCOMES, Entry
from starling.settings import Metrics


class StreamMetrics:
    """Counters since the stream started, and gauges of its last micro-batch."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._records = self._counter("records", "Kafka records by what became of them", ["outcome"])
        self._batches = self._counter("batches", "Micro-batches written", [])
        self._lag = self._gauge("lag_records", "Records in Kafka that the last micro-batch left unread")
        self._freshness = self._gauge("freshness_seconds", "Age of the newest record when its micro-batch was written")
        self._batch_seconds = self._gauge("batch_seconds", "How long the last micro-batch took")
        self._written_at = self._gauge(
            "last_batch_timestamp_seconds", "When the last micro-batch was written, Unix time"
        )
        self._away_since = self._gauge(
            "broker_away_since_timestamp_seconds", "Since when no broker answers, Unix time; 0 while one does"
        )
        self._champion = self._gauge("champion_version", "Version that scores posts; 0 where there is none", ["model"])
        for outcome in OUTCOMES:
            self._records.labels(outcome)  # a rate needs its zero

    def _counter(self, name: str, what: str, labels: Sequence[str]) -> Counter:
        return Counter(f"starling_stream_{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, labels: Sequence[str] = ()) -> Gauge:
        return Gauge(f"starling_stream_{name}", what, labels, registry=self.registry)

    def batch_written(self, entries: Sequence[Entry]) -> None:
        """Takes in a micro-batch's entries of the ledger."""
        for outcome, records in by_outcome(entries).items():
            self._records.labels(outcome).inc(records)
        self._batches.inc()
        self._freshness.set(freshness_seconds(entries))
        self._written_at.set(time.time())

    def batch_done(self, seconds: float, lag: int) -> None:
        """Takes in what Spark says of a micro-batch."""
        self._batch_seconds.set(seconds)
        self._lag.set(lag)

    def broker_away(self, away: bool) -> None:
        """Notes that no broker answers from now on, or that one does again."""
        self._away_since.set(time.time() if away else 0)

    def watch_champions(self, models: Sequence[str], version: Callable[[str], int]) -> None:
        """Shows the version of each model, asked for whenever the numbers are."""
        for model in models:
            self._champion.labels(model).set_function(partial(version, model))

    def serve(self, settings: Metrics) -> "Endpoint | None":
        """Serves the numbers at http://HOST:PORT/metrics; None where the port is 0. ConfigError where it is taken."""
        if not settings.port:
            return None
        try:
            server, _ = start_http_server(settings.port, addr=settings.host, registry=self.registry)
        except OSError as error:
            raise ConfigError(
                f"metrics.port = {settings.port}: cannot listen on {settings.host}:{settings.port} ({error.strerror}); "
                "stop what uses it, or set metrics.port to another port, or to 0 for none"
            ) from error
        return Endpoint(server)


class Endpoint:
    """The running HTTP server of the metrics."""

    def __init__(self, server: WSGIServer) -> None:
        self._server = server

    def close(self) -> None:
        """Frees the port."""
        self._server.shutdown()
        self._server.server_close()


def by_outcome(entries: Sequence[Entry]) -> Mapping[str, int]:
    """Records of a micro-batch by outcome."""
    return {outcome: sum(getattr(entry, outcome) for entry in entries) for outcome in OUTCOMES}


def freshness_seconds(entries: Sequence[Entry]) -> float:
    """How old the newest record was when its rows were written."""
    return max(0.0, min((e.written_at - e.newest_record_at).total_seconds() for e in entries))
