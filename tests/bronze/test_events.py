"""bronze.events is what Kafka delivered, byte for byte."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import to_arrow_type

from kafka_rows import INGESTED_AT, Sent, kafka_batch
from starling.bronze.events import TABLE, from_kafka

AT = datetime(2021, 6, 1, 12, 0, 0, 123000, tzinfo=timezone.utc)
COLLECTED = ("collected_at", b"2021-06-01T11:59:59.5Z")

SENT = {
    "as sent": Sent('{"a":"é😀"}'.encode(), [("source", b"x-v2"), COLLECTED], b"x:1", AT),
    "no headers": Sent(b"{}", None, None),
    "empty headers": Sent(b"{}", []),
    "no value": Sent(None),
    "not UTF-8": Sent(b'{"a":"\xff\xfe\xc3"}', [("source", b"x-v2")], b"x:\xff"),
    "source that is not UTF-8": Sent(b"{}", [("source", b"\xff")]),
    "source without a value": Sent(b"{}", [("source", None)]),
    "two sources": Sent(b"{}", [("other", b"1"), ("source", b"first"), ("source", b"second")]),
    "collected at no time": Sent(b"{}", [("collected_at", b"yesterday")]),
    "collected elsewhere": Sent(b"{}", [("collected_at", b"2021-06-01T14:00:00+02:00")]),
    "U+0000": Sent(b"a\x00b"),
}


@pytest.fixture(scope="module")
def events() -> dict[str, dict[str, Any]]:
    """By its name, the row of each record; times in microseconds."""
    batch = from_kafka(kafka_batch(list(SENT.values())))
    assert batch.column_names == TABLE.columns
    assert [field.type for field in batch.schema] == [to_arrow_type(f.dataType, timezone="UTC") for f in TABLE.schema]
    batch.validate(full=True)  # also that every text is UTF-8
    times = ("kafka_timestamp", "collected_at", "ingested_at")
    rows = {name: batch.column(name) for name in TABLE.columns}
    rows |= {name: rows[name].cast(pa.int64()) for name in times}
    return dict(zip(SENT, pa.RecordBatch.from_pydict(rows).to_pylist(), strict=True))


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def test_a_record_is_kept_as_it_was_sent(events: dict[str, dict[str, Any]]) -> None:
    row = events["as sent"]
    assert (row["source"], row["key"], row["payload"], row["raw"]) == ("x-v2", "x:1", '{"a":"é😀"}', None)
    assert (row["topic"], row["partition"], row["offset"]) == ("t", 0, 0)
    assert row["kafka_timestamp"] == _micros(AT)
    assert row["collected_at"] == _micros(AT) - 623000
    assert events["U+0000"]["payload"] == "a\x00b"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("no headers", None),
        ("empty headers", None),
        ("source that is not UTF-8", None),
        ("source without a value", None),
        ("two sources", "first"),
    ],
)
def test_the_source_is_the_first_header_of_that_name(
    events: dict[str, dict[str, Any]], name: str, source: str | None
) -> None:
    assert events[name]["source"] == source


def test_what_is_not_there_is_null(events: dict[str, dict[str, Any]]) -> None:
    assert (events["no value"]["payload"], events["no value"]["raw"]) == (None, None)
    assert events["no headers"]["key"] is None
    assert events["no headers"]["collected_at"] is None


def test_bytes_that_are_not_utf_8_are_marked_in_the_text_and_kept_beside_it(events: dict[str, dict[str, Any]]) -> None:
    row = events["not UTF-8"]
    assert row["payload"] == '{"a":"\ufffd\ufffd\ufffd"}'
    assert bytes(row["raw"]) == b'{"a":"\xff\xfe\xc3"}'
    assert row["key"] == "x:\ufffd"


def test_a_collected_at_that_is_no_time_is_null_and_one_of_another_zone_is_in_utc(
    events: dict[str, dict[str, Any]],
) -> None:
    assert events["collected at no time"]["collected_at"] is None
    assert events["collected elsewhere"]["collected_at"] == _micros(datetime(2021, 6, 1, 12, tzinfo=timezone.utc))


def test_all_records_of_a_batch_are_ingested_at_once(events: dict[str, dict[str, Any]]) -> None:
    assert {row["ingested_at"] for row in events.values()} == {_micros(INGESTED_AT)}


def test_a_batch_of_good_records_alone_and_one_of_none_have_the_same_columns() -> None:
    good = from_kafka(kafka_batch([SENT["as sent"], SENT["collected elsewhere"]]))
    assert (
        good.schema
        == from_kafka(kafka_batch(list(SENT.values()))).schema
        == from_kafka(kafka_batch([SENT["as sent"]]).slice(1)).schema
    )
    assert good.column("collected_at").cast(pa.int64()).to_pylist() == [
        _micros(AT) - 623000,
        _micros(datetime(2021, 6, 1, 12, tzinfo=timezone.utc)),
    ]


def test_a_part_of_a_batch_has_its_own_headers() -> None:
    part = kafka_batch([SENT["no headers"], SENT["two sources"], SENT["as sent"]]).slice(1)
    assert from_kafka(part).column("source").to_pylist() == ["first", "x-v2"]
