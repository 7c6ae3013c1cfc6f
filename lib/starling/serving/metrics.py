"""What the dashboard says of itself to Prometheus. No label has anything in it that a visitor wrote."""

from collections.abc import Iterable

import duckdb
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from starling.serving.index.index import Index
from starling.serving.index.mirrored import MIRRORED
from starling.serving.trust import Trust

_NAME = "starling_dashboard"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0)


class ServingMetrics:
    """Counts requests; and a registry of its own, so that nothing else in the process is told."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            f"{_NAME}_requests", "Answers by route and status", ["route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            f"{_NAME}_request_seconds",
            "Time to answer, by route; of live events, to the first",
            ["route"],
            registry=self.registry,
            buckets=_SECONDS,
        )

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Takes in an answer; `route` is one of ours, and not an address as it was asked for."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


class Now(Collector):
    """How the index stands, and how many pages listen, when the numbers are asked for."""

    def __init__(self, index: Index, cursor: duckdb.DuckDBPyConnection, trust: Trust, listeners: int) -> None:
        self._index = index
        self._cursor = cursor
        self._trust = trust
        self._listeners = listeners

    def collect(self) -> Iterable[Metric]:
        """As Prometheus is told."""
        refreshes = self._index.refreshes
        yield _counter("index_refreshes", "Refreshes of the index", refreshes.count)
        yield _counter("index_refresh_seconds", "Seconds that they took together", refreshes.seconds)
        yield _gauge("index_last_refresh_seconds", "Seconds that the last one took", refreshes.last_seconds)
        yield _counter("index_changes", "Changes of the index", self._index.changes)
        yield _gauge("index_trouble", "1 while a table cannot be read", float(self._trust.trouble is not None))
        yield _gauge("listeners", "Pages that listen for changes", self._listeners)
        yield _gauge("unbalanced_rows", "Rows of the ledger that do not balance", self._trust.unbalanced)
        if self._trust.as_of is not None:
            age = self._trust.age.total_seconds()
            yield _gauge("newest_batch_age_seconds", "Time since the newest micro-batch was written", age)
        rows = GaugeMetricFamily(f"{_NAME}_rows", "Rows of each table in the index", labels=["table"])
        for one in MIRRORED:
            ((count,),) = self._cursor.execute(f"SELECT count(*) FROM {one.name}").fetchall()  # noqa: S608
            rows.add_metric([one.table.name], count)
        yield rows


def _counter(name: str, what: str, value: float) -> Metric:
    return CounterMetricFamily(f"{_NAME}_{name}", what, value=value)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{_NAME}_{name}", what, value=value)
