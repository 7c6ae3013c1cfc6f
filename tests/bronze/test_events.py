"""bronze.events is what Kafka delivered, byte for byte."""

from datetime import datetime, timedelta, timezone

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from kafka_rows import Sent, kafka_rows
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
def events(spark: SparkSession) -> dict[str, Row]:
    rows = from_kafka(kafka_rows(spark, list(SENT.values())))
    assert [(f.name, f.dataType) for f in rows.schema] == [(f.name, f.dataType) for f in TABLE.schema]
    micros = {f"{name}_us": F.unix_micros(name) for name in ("kafka_timestamp", "collected_at")}
    # Python mends text that is not UTF-8 on its way here, so Spark is asked.
    valid = {f"{name}_is_valid": F.is_valid_utf8(name) for name in ("source", "key", "payload")}
    by_offset = {row.offset: row for row in rows.withColumns({**micros, **valid}).collect()}
    return {name: by_offset[offset] for offset, name in enumerate(SENT)}


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def test_a_record_is_kept_as_it_was_sent(events: dict[str, Row]) -> None:
    row = events["as sent"]
    assert (row.source, row.key, row.payload, row.raw) == ("x-v2", "x:1", '{"a":"é😀"}', None)
    assert (row.topic, row.partition, row.offset) == ("t", 0, 0)
    assert row.kafka_timestamp_us == _micros(AT)
    assert row.collected_at_us == _micros(AT) - 623000
    assert events["U+0000"].payload == "a\x00b"


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
def test_the_source_is_the_first_header_of_that_name(events: dict[str, Row], name: str, source: str | None) -> None:
    assert events[name].source == source


def test_what_is_not_there_is_null(events: dict[str, Row]) -> None:
    assert (events["no value"].payload, events["no value"].raw) == (None, None)
    assert events["no headers"].key is None
    assert events["no headers"].collected_at is None


def test_bytes_that_are_not_utf_8_are_marked_in_the_text_and_kept_beside_it(events: dict[str, Row]) -> None:
    row = events["not UTF-8"]
    assert row.payload == '{"a":"\ufffd\ufffd\ufffd"}'
    assert bytes(row.raw) == b'{"a":"\xff\xfe\xc3"}'
    assert row.key == "x:\ufffd"


def test_no_text_is_left_that_is_not_utf_8(events: dict[str, Row]) -> None:
    for row in events.values():
        assert {row.source_is_valid, row.key_is_valid, row.payload_is_valid} <= {True, None}


def test_a_collected_at_that_is_no_time_is_null_and_one_of_another_zone_is_in_utc(events: dict[str, Row]) -> None:
    assert events["collected at no time"].collected_at is None
    assert events["collected elsewhere"].collected_at_us == _micros(datetime(2021, 6, 1, 12, tzinfo=timezone.utc))


def test_all_records_of_a_batch_are_ingested_at_once(events: dict[str, Row]) -> None:
    assert len({row.ingested_at for row in events.values()}) == 1
    assert None not in {row.ingested_at for row in events.values()}
