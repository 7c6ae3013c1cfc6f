import socket
import time
import urllib.request
from collections.abc import Iterator

import pytest

from ops.entries import entry
from starling.errors import ConfigError
from starling.ops.metrics import StreamMetrics, by_outcome, freshness_seconds
from starling.settings import Metrics


@pytest.fixture
def port() -> int:
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def metrics(port: int) -> Iterator[StreamMetrics]:
    """Metrics that are served on `port`."""
    served = StreamMetrics()
    endpoint = served.serve(Metrics(port=port))
    assert endpoint is not None
    yield served
    endpoint.close()


def read(port: int) -> dict[str, float]:
    """What a scrape finds, by name with labels; without the moments at which the counters were made."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.status == 200
        lines = answer.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in values.items() if "_created" not in name}


def test_before_the_first_batch_every_outcome_is_there_as_zero(metrics: StreamMetrics, port: int) -> None:
    assert read(port) == {
        'starling_stream_records_total{outcome="posts"}': 0,
        'starling_stream_records_total{outcome="engagement"}': 0,
        'starling_stream_records_total{outcome="deletions"}': 0,
        'starling_stream_records_total{outcome="rejected"}': 0,
        'starling_stream_records_total{outcome="duplicates"}': 0,
        "starling_stream_batches_total": 0,
        "starling_stream_lag_records": 0,
        "starling_stream_freshness_seconds": 0,
        "starling_stream_batch_seconds": 0,
        "starling_stream_last_batch_timestamp_seconds": 0,
        "starling_stream_broker_away_since_timestamp_seconds": 0,
    }


def test_they_say_since_when_no_broker_answers(metrics: StreamMetrics, port: int) -> None:
    name, before = "starling_stream_broker_away_since_timestamp_seconds", time.time()
    metrics.broker_away(True)
    assert before <= read(port)[name] <= time.time()
    metrics.broker_away(False)
    assert read(port)[name] == 0


def test_counters_add_up_over_batches_and_gauges_are_of_the_last_one(metrics: StreamMetrics, port: int) -> None:
    before = time.time()
    metrics.batch_written(
        [entry(posts=5, engagement=1, newest_seconds=9), entry(posts=2, deletions=3, newest_seconds=4)]
    )
    metrics.batch_done(1.5, 70)
    metrics.batch_written([entry(posts=10, rejected=4, duplicates=6, newest_seconds=2.5)])
    metrics.batch_done(0.25, 7)
    found = read(port)
    written_at = found.pop("starling_stream_last_batch_timestamp_seconds")
    assert before <= written_at <= time.time()
    assert found == {
        'starling_stream_records_total{outcome="posts"}': 17,
        'starling_stream_records_total{outcome="engagement"}': 1,
        'starling_stream_records_total{outcome="deletions"}': 3,
        'starling_stream_records_total{outcome="rejected"}': 4,
        'starling_stream_records_total{outcome="duplicates"}': 6,
        "starling_stream_batches_total": 2,
        "starling_stream_lag_records": 7,
        "starling_stream_freshness_seconds": 2.5,
        "starling_stream_batch_seconds": 0.25,
        "starling_stream_broker_away_since_timestamp_seconds": 0,
    }


def test_the_version_of_each_champion_is_asked_for_at_every_scrape(metrics: StreamMetrics, port: int) -> None:
    versions = {"topics": 0, "engagement": 4}
    metrics.watch_champions(list(versions), versions.__getitem__)
    name = "starling_stream_champion_version"
    assert read(port)[f'{name}{{model="topics"}}'] == 0
    versions["topics"] = 3
    found = read(port)
    assert (found[f'{name}{{model="topics"}}'], found[f'{name}{{model="engagement"}}']) == (3, 4)


def test_two_streams_in_one_process_count_apart() -> None:
    one, other = StreamMetrics(), StreamMetrics()
    one.batch_written([entry(posts=5)])
    name, labels = "starling_stream_records_total", {"outcome": "posts"}
    assert one.registry.get_sample_value(name, labels) == 5
    assert other.registry.get_sample_value(name, labels) == 0


def test_outcomes_are_summed_over_partitions() -> None:
    entries = [entry(posts=1, rejected=2), entry(posts=10, duplicates=20, engagement=30, deletions=40, partition=1)]
    assert by_outcome(entries) == {"posts": 11, "engagement": 30, "deletions": 40, "rejected": 2, "duplicates": 20}


@pytest.mark.parametrize(
    ("newest", "freshness"), [([3.0], 3.0), ([9.0, 2.5, 4.0], 2.5), ([-60.0], 0.0), ([5.0, -60.0], 0.0)]
)
def test_freshness_is_the_age_of_the_newest_record_of_all_and_never_negative(
    newest: list[float], freshness: float
) -> None:
    entries = [entry(posts=1, newest_seconds=seconds, partition=number) for number, seconds in enumerate(newest)]
    assert freshness_seconds(entries) == freshness


def test_port_0_serves_nothing() -> None:
    assert StreamMetrics().serve(Metrics(port=0)) is None


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError) as caught:
            StreamMetrics().serve(Metrics(port=port))
    assert str(caught.value) == (
        f"metrics.port = {port}: cannot listen on 127.0.0.1:{port} (Address already in use); stop what uses it, or set "
        "metrics.port to another port, or to 0 for none"
    )


def test_it_listens_on_the_settings_address_alone(metrics: StreamMetrics, port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=10).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=10)


def test_closing_frees_the_port(port: int) -> None:
    for _ in range(2):
        endpoint = StreamMetrics().serve(Metrics(port=port))
        assert endpoint is not None
        assert read(port)["starling_stream_batches_total"] == 0
        endpoint.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=10)
