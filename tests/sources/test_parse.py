"""What is no record says why, exactly, and leaves the good ones beside it as they are."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from kafka_rows import TAKEN_AT, Sent, as_json, kafka_batch, x_v2
from sources.parsing import said
from sources.payload_cases import CASES, GOOD, GOOD_ONES, NOT_JSON, REPOST, Case, dated, metric
from starling.bronze.events import from_kafka
from starling.settings import Limits
from starling.silver.rejected import rejected
from starling.sources.parse import COLUMNS, Parsed, parse
from starling.sources.parse import parsed as parsed_of


def _events(cases: list[Case]) -> pa.RecordBatch:
    return from_kafka(kafka_batch([Sent(case.value, case.headers, case.name.encode()) for case in cases]))


def _parsed(cases: list[Case], limits: Limits) -> dict[str, Parsed]:
    return dict(zip([case.name for case in cases], parsed_of(_events(cases), limits), strict=True))


@pytest.fixture(scope="module")
def parsed() -> dict[str, Parsed]:
    """By the name of its case, each record."""
    return _parsed(CASES, Limits())


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """The cases' records with their columns, by Spark."""
    return parse(spark.createDataFrame(pa.Table.from_batches([_events(CASES)])), Limits())


@pytest.fixture(scope="module")
def refused(rows: DataFrame) -> dict[str, Row]:
    """By the name of its case, the row of silver.rejected of each record that has one."""
    return {row.key: row for row in rejected(rows).collect() if row.reason is not None}


@pytest.mark.parametrize("case", [case for case in CASES if case.reason], ids=lambda case: case.name)
def test_a_record_that_cannot_be_used_says_why(refused: dict[str, Row], case: Case) -> None:
    row = refused[case.name]
    detail = NOT_JSON if case.detail == NOT_JSON and row.detail.startswith(f"{NOT_JSON}: ") else row.detail
    assert (row.reason, detail) == (case.reason, case.detail)


@pytest.mark.parametrize("case", GOOD_ONES, ids=lambda case: case.name)
def test_a_record_that_can_be_used_has_no_reason(parsed: dict[str, Parsed], case: Case) -> None:
    assert (parsed[case.name].reason, parsed[case.name].detail) == (None, None)


def test_every_record_is_there_once_and_rejected_if_and_only_if_it_has_a_reason(
    parsed: dict[str, Parsed], refused: dict[str, Row]
) -> None:
    assert len(CASES) == len(parsed)
    assert set(refused) == {case.name for case in CASES if case.reason}


def test_a_rejected_record_keeps_its_payload_its_source_and_its_coordinates(refused: dict[str, Row]) -> None:
    for offset, case in enumerate(CASES):
        if case.reason:
            row = refused[case.name]
            payload = None if case.value is None else case.value.decode(errors="replace")
            raw = case.value if case.reason == "invalid_utf8" else None
            assert row.raw == raw
            assert (row.topic, row.partition, row.offset) == ("t", 0, offset)
            assert row.payload == payload or case.reason == "invalid_utf8"
    assert refused["unknown source"].source == "x-v9"
    assert refused["no headers"].source is None


def test_a_payload_that_is_not_utf_8_is_kept_as_text_with_marks_and_as_bytes(refused: dict[str, Row]) -> None:
    row = refused["not UTF-8"]
    assert row.payload == GOOD.decode().replace("Hello", "H\ufffdi")
    assert bytes(row.raw) == GOOD.replace(b"Hello", b"H\xffi")


POST = {
    "kind": "post",
    "platform": "x",
    "record_id": "1",
    "post_id": "1",
    "text": "Hello",
    "lang": "en",
    "author_id": "7",
    "likes": 1,
    "reposts": 2,
    "replies": 3,
    "quotes": 4,
    "observation_id": "1/1/2/3/4",
    "created_us": 1622541600000000,
}


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("good", {}),
        ("white space around it", {}),
        ("as large as may be", {}),
        ("id is a number", {"record_id": "12", "post_id": "12", "observation_id": "12/1/2/3/4"}),
        ("first day of X", {"created_us": 1142899200000000}),
        ("an hour ahead", {"created_us": 1622552400000000}),
        ("another zone", {"created_us": 1622541600500000}),
        ("zone without a colon", {}),
        ("no zone", {"created_us": 1622541600250000}),
        ("no seconds", {}),
        ("no text at all, but a text", {"text": ""}),
        ("U+0000, escaped", {"text": "a\0b"}),
        ("more fields than known", {}),
        ("a field twice", {}),
        ("no counts", {**dict.fromkeys(("likes", "reposts", "replies", "quotes")), "observation_id": None}),
        (
            "archive row",
            {"replies": None, "quotes": None, "observation_id": "1/1/2/-/-", "followers": 5, "hashtags": ["a"]},
        ),
        (
            "archive row with R's empty lists",
            {"replies": None, "quotes": None, "observation_id": "1/1/2/-/-", "hashtags": []},
        ),
    ],
)
def test_a_good_record_beside_broken_ones_has_its_values(parsed: dict[str, Parsed], name: str, changed: dict) -> None:
    expected = POST | changed
    assert {key: said(parsed[name], key) for key in expected} == expected


def test_a_deletion_names_its_post_and_its_time_if_it_has_one(parsed: dict[str, Parsed]) -> None:
    wanted = ("kind", "platform", "record_id", "post_id", "created_us", "observation_id", "text")
    deletion, timeless = parsed["deletion"], parsed["deletion without a time"]
    assert [said(deletion, key) for key in wanted] == ["deletion", "x", "5", "5", 1622474295250000, None, None]
    assert [said(timeless, key) for key in wanted] == ["deletion", "x", "6", "6", None, None, None]


def test_half_a_surrogate_pair_is_marked_and_the_rest_of_the_text_stays(parsed: dict[str, Parsed]) -> None:
    assert parsed["half a pair in the text"].record.text == "a\ufffdb"
    assert parsed["a pair in the text"].record.text == "\U0001f4af"
    assert parsed["half a pair and escapes"].record.text == '\ufffd\\ud83d\n"\U0001f4af\ufffd'


def test_the_columns_say_of_each_record_what_was_read_of_it(rows: DataFrame, parsed: dict[str, Parsed]) -> None:
    found = rows.withColumn("created_us", F.unix_micros("created_at")).collect()
    assert len(found) == len(CASES)
    for row in found:
        one = parsed[row.key]
        named = [name for name in (*COLUMNS.names, "created_us") if name != "created_at"]
        assert {name: row[name] for name in named} == {name: said(one, name) for name in named}


def test_the_limits_are_those_of_the_settings() -> None:
    text = as_json(x_v2(text="TEXT"), TEXT='"é"')
    exact = text + b" " * (1_000 - len(text))
    cases = [
        Case("1,000 bytes", exact, None),
        Case("1,001 bytes", exact + b" ", "too_large", "1001 bytes; limit 1000"),
        Case("1,001 bytes in fewer characters", exact.replace(b"   ", "éé".encode(), 1), "too_large",
             "1001 bytes; limit 1000"),
        Case("1,000 bytes that are not UTF-8", b"\xff" * 1_000, "invalid_utf8", "the payload's bytes are not UTF-8"),
        Case("1,001 bytes that are not UTF-8", b"\xff" * 1_001, "too_large", "1001 bytes; limit 1000"),
        Case("as it came", dated("2021-06-01T12:00:00Z"), None),
        Case("as it came, but for a second", dated("2021-06-01T12:00:01Z"), "created_in_future",
             "2021-06-01T12:00:01Z is after the record came"),
    ]  # fmt: skip
    limits = Limits(max_payload_bytes=1_000, max_future_minutes=0)
    found = {name: (one.reason, one.detail) for name, one in _parsed(cases, limits).items()}
    assert found == {c.name: (c.reason, c.detail) for c in cases}


def test_the_cases_above_show_every_reason_that_the_documentation_lists() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text()
    listed = set(re.findall(r"^\| `(\w+)` \|", page.split("## Reasons")[1], re.MULTILINE))
    assert {case.reason for case in CASES if case.reason} == listed - {"deleted"}


def test_of_several_rules_that_are_broken_the_first_gives_the_reason_in_the_order_of_the_documentation() -> None:
    # Each breaks the rule that it is listed for, and the next one that can be broken with it.
    future, early = "2099-01-01T00:00:00Z", "1970-01-01T00:00:00Z"
    both = [
        Case("", b"", None, None, (("source", b"x-v9"),)),
        Case("", b" " * 1_000_001, None),
        Case("", b"\xff" * 1_000_001, None),
        Case("", b'{"data":"\xff', None),
        Case("", b'{"data":5', None),
        Case("", b'{"data":{"text":5}}', None),
        Case("", b'{"data":{"text":"a"}}', None),
        Case("", as_json(x_v2(id="a", created_at=None)), None),
        Case("", as_json(x_v2(created_at=None, text=None)), None),
        *(Case("", as_json(x_v2(created_at=time, text=None)), None) for time in ("now", early, future)),
        Case("", as_json(x_v2(text=None, public_metrics={"like_count": -1})), None),
        Case("", metric("-1"), None),
        Case("", as_json(x_v2(referenced_tweets=REPOST, public_metrics=None)), None),
    ]
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \|", page.split("## Reasons")[1], re.MULTILINE)
    assert [*(one.reason for one in parsed_of(_events(both), Limits())), "deleted"] == listed


def test_a_time_is_read_in_utc() -> None:
    # What the numbers above are made of.
    assert TAKEN_AT - timedelta(hours=2) == datetime.fromtimestamp(POST["created_us"] / 1e6, timezone.utc)
