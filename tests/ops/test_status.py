import io
import json
import uuid

import pytest
from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryProgress,
)

from ops.entries import entry
from starling.ops.metrics import StreamMetrics
from starling.ops.status import StatusLine, lag_records, line

OVER_THE_LINE_BEFORE = "\r\x1b[K"


class Terminal(io.StringIO):
    """Text that says of itself that it is a terminal."""

    def isatty(self) -> bool:
        return True


def offsets(**partitions: int) -> dict[str, dict[str, int]]:
    """Offsets as Spark's Kafka source writes them; offsets(p0=5) is partition 0 at 5."""
    return {"starling.posts": {name.removeprefix("p"): offset for name, offset in partitions.items()}}


def progress(batch: int, rows: int, milliseconds: int, *sources: tuple[object, object]) -> QueryProgressEvent:
    """What Spark tells of a micro-batch, made of the JSON that it logs; `sources` are pairs of end and latest."""
    read = [
        {
            "description": "KafkaV2[Subscribe[starling.posts]]",
            "startOffset": None,
            "endOffset": end,
            "latestOffset": latest,
            "numInputRows": rows,
            "inputRowsPerSecond": 0.0,
            "processedRowsPerSecond": 0.0,
        }
        for end, latest in sources
    ]
    said = {
        "id": str(uuid.uuid4()),
        "runId": str(uuid.uuid4()),
        "name": "posts",
        "timestamp": "2026-01-02T03:04:05.000Z",
        "batchId": batch,
        "batchDuration": milliseconds,
        "numInputRows": rows,
        "stateOperators": [],
        "sources": read,
        "sink": {"description": "ForeachBatchSink", "numOutputRows": -1},
    }
    return QueryProgressEvent(StreamingQueryProgress.fromJson(json.loads(json.dumps(said))))


def gauge(metrics: StreamMetrics, name: str) -> float | None:
    return metrics.registry.get_sample_value(f"starling_stream_{name}")


# --- the line


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (
            (0, 8_673, 12.34, 0, 0.04, 0),
            "batch 0: 8,673 records in 12.3 s (703/s), lag 0, freshness 0.0 s, rejected 0",
        ),
        (
            (1_234, 1_000_000, 0.5, 2_345_678, 90_061.26, 1_000),
            "batch 1234: 1,000,000 records in 0.5 s (2,000,000/s), lag 2,345,678, freshness 90061.3 s, rejected 1,000",
        ),
        ((2, 5, 0.0, 1, 1.0, 1), "batch 2: 5 records in 0.0 s (0/s), lag 1, freshness 1.0 s, rejected 1"),
    ],
)
def test_the_line_says_how_the_stream_is_doing(numbers: tuple[int, int, float, int, float, int], said: str) -> None:
    assert line(*numbers) == said


@pytest.mark.parametrize(
    ("end", "latest", "lag"),
    [
        (offsets(p0=5, p1=7), offsets(p0=9, p1=7), 4),
        (offsets(p0=5, p1=7), offsets(p0=9, p1=17), 14),
        (offsets(p0=5), offsets(p0=5, p1=3), 3),  # a partition that is new
        (offsets(p0=9, p1=0), offsets(p0=5, p1=2), 2),  # the end was asked for before the batch: no negative lag
        ({"a": {"0": 1}, "b": {"0": 1}}, {"a": {"0": 2}, "b": {"0": 4}}, 4),
        ({}, offsets(p0=3), 3),
        (offsets(p0=3), {}, 0),
    ],
)
def test_lag_is_what_is_unread_over_all_partitions(end: object, latest: object, lag: int) -> None:
    assert lag_records(json.dumps(end), json.dumps(latest)) == lag


@pytest.mark.parametrize("missing", ["None", "null"])
def test_an_offset_that_there_is_not_is_no_lag_and_no_error(missing: str) -> None:
    """PySpark writes Java's null as "None", and the null of JSON as "null"."""
    there = json.dumps(offsets(p0=3))
    assert [lag_records(missing, missing), lag_records(there, missing), lag_records(missing, there)] == [0, 0, 3]


# --- what is printed


def test_a_log_gets_a_line_a_batch() -> None:
    out = io.StringIO()
    status = StatusLine(StreamMetrics(), out)
    status.batch_written([entry(posts=90, rejected=10, newest_seconds=6.25)])
    status.onQueryProgress(progress(0, 100, 4_000, (offsets(p0=60, p1=40), offsets(p0=70, p1=45))))
    status.batch_written([entry(posts=15, newest_seconds=1)])
    status.onQueryProgress(progress(1, 15, 500, (offsets(p0=70, p1=45), offsets(p0=70, p1=45))))
    status.close()
    assert out.getvalue() == (
        "batch 0: 100 records in 4.0 s (25/s), lag 15, freshness 6.2 s, rejected 10\n"
        "batch 1: 15 records in 0.5 s (30/s), lag 0, freshness 1.0 s, rejected 10\n"
    )


def test_a_terminal_gets_one_line_that_is_written_over_and_ended_at_the_close() -> None:
    out = Terminal()
    status = StatusLine(StreamMetrics(), out)
    status.batch_written([entry(posts=1, rejected=1)])
    status.onQueryProgress(progress(0, 2, 1_000, (offsets(p0=2), offsets(p0=2))))
    first = f"{OVER_THE_LINE_BEFORE}batch 0: 2 records in 1.0 s (2/s), lag 0, freshness 0.0 s, rejected 1"
    assert out.getvalue() == first
    status.batch_written([entry(posts=1, rejected=2)])
    status.onQueryProgress(progress(1, 3, 1_000, (offsets(p0=5), offsets(p0=9))))
    second = f"{OVER_THE_LINE_BEFORE}batch 1: 3 records in 1.0 s (3/s), lag 4, freshness 0.0 s, rejected 3"
    assert out.getvalue() == first + second
    status.close()
    status.close()
    assert out.getvalue() == f"{first}{second}\n"


def test_the_end_of_the_query_leaves_the_last_line_standing() -> None:
    out = Terminal()
    status = StatusLine(StreamMetrics(), out)
    status.batch_written([entry(posts=1)])
    status.onQueryProgress(progress(0, 1, 1_000, (offsets(p0=1), offsets(p0=1))))
    status.onQueryTerminated(QueryTerminatedEvent(uuid.uuid4(), uuid.uuid4(), None, None))
    assert out.getvalue().endswith("rejected 0\n")
    assert out.getvalue().count("\n") == 1


def test_starts_idle_times_and_empty_batches_print_nothing() -> None:
    for out in (io.StringIO(), Terminal()):
        status = StatusLine(StreamMetrics(), out)
        status.onQueryStarted(QueryStartedEvent(uuid.uuid4(), uuid.uuid4(), "posts", "now", []))
        status.onQueryIdle(QueryIdleEvent(uuid.uuid4(), uuid.uuid4(), "now"))
        status.onQueryProgress(progress(0, 0, 20, (offsets(p0=1), offsets(p0=1))))
        status.close()
        assert out.getvalue() == ""


# --- what the metrics are told


def test_the_metrics_hear_of_every_batch() -> None:
    metrics = StreamMetrics()
    status = StatusLine(metrics, io.StringIO())
    status.batch_written([entry(posts=3, newest_seconds=2)])
    status.onQueryProgress(progress(0, 3, 1_500, (offsets(p0=3), offsets(p0=10)), (offsets(p0=1), offsets(p0=3))))
    assert gauge(metrics, "batches_total") == 1
    assert gauge(metrics, "freshness_seconds") == 2
    assert gauge(metrics, "batch_seconds") == 1.5
    assert gauge(metrics, "lag_records") == 9
    status.onQueryProgress(progress(1, 0, 20, (offsets(p0=10), offsets(p0=10)), (None, None)))
    assert gauge(metrics, "batch_seconds") == 0.02
    assert gauge(metrics, "lag_records") == 0


def test_a_note_stands_on_a_line_of_its_own_beside_the_live_line() -> None:
    out = Terminal()
    status = StatusLine(StreamMetrics(), out)
    status.note("first")
    status.onQueryProgress(progress(0, 10, 1000, ({}, {})))
    status.note("champion: version 2")
    drawn = out.getvalue()
    assert drawn.startswith("first\n" + OVER_THE_LINE_BEFORE + "batch 0: ")
    assert drawn.endswith("rejected 0\nchampion: version 2\n")


def test_a_note_moves_no_cursor_whatever_it_repeats() -> None:
    out = io.StringIO()
    StatusLine(StreamMetrics(), out).note("scores: 'a\x1b[2J\u202eb' failed")
    assert out.getvalue() == "scores: 'a?[2J?b' failed\n"


def test_a_note_for_a_terminal_that_is_gone_stops_nothing() -> None:
    out = io.StringIO()
    status = StatusLine(StreamMetrics(), out)
    out.close()
    status.note("champion: version 2")
