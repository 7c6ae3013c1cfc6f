"""What is no record says why, exactly, and leaves the good ones beside it as they are."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from kafka_rows import TAKEN_AT, Sent, as_json, kafka_batch, x_archive, x_v2
from sources.parsing import said
from starling.bronze.events import from_kafka
from starling.settings import Limits
from starling.silver.rejected import rejected
from starling.sources.parse import COLUMNS, Parsed, parse
from starling.sources.parse import parsed as parsed_of

ARCHIVE = (("source", b"x-archive"),)
GOOD = as_json(x_v2())
NOT_JSON = "not exactly one valid JSON document"
REPOST = [{"type": "retweeted", "id": "9"}]
DEEP = "[" * 2000 + "]" * 2000


class Case(NamedTuple):
    """A record, and the reason and the detail of its rejection; two nulls for a good one."""

    name: str
    value: bytes | None
    reason: str | None
    detail: str | None = None
    headers: tuple[tuple[str, bytes]] | None = (("source", b"x-v2"),)


def _metric(written: str) -> bytes:
    return as_json(x_v2(public_metrics={"like_count": "VALUE"}), VALUE=written)


def _dated(written: object) -> bytes:
    return as_json(x_v2(created_at=written))


def _deletion(**event: object) -> bytes:
    return as_json({"data": {"delete": event}})


ENVELOPES = [
    Case("no value", None, "empty", "no payload"),
    Case("empty", b"", "empty", "no payload"),
    Case("blank", b"   ", "empty", "no payload"),
    Case("no headers", GOOD, "unknown_source", "header source: missing", None),
    Case("no source", GOOD, "unknown_source", "header source: missing", (("sauce", b"x-v2"),)),
    Case("source that is not UTF-8", GOOD, "unknown_source", "header source: missing", (("source", b"\xff"),)),
    Case("unknown source", GOOD, "unknown_source", "header source: x-v9", (("source", b"x-v9"),)),
    Case("endless source", GOOD, "unknown_source", f"header source: {'a' * 185}", (("source", b"a" * 300),)),
    Case("source in capitals", GOOD, "unknown_source", "header source: X-V2", (("source", b"X-V2"),)),
    Case("unknown source and empty", b"", "unknown_source", "header source: myspace", (("source", b"myspace"),)),
    Case("too large", b" " * 999_999 + b"{}", "too_large", "1000001 bytes; limit 1000000"),
    Case("not UTF-8", GOOD.replace(b"Hello", b"H\xffi"), "invalid_utf8", "the payload's bytes are not UTF-8"),
    Case("half a pair, as bytes", GOOD.replace(b"Hello", b"\xed\xa0\xbd"), "invalid_utf8",
         "the payload's bytes are not UTF-8"),
]  # fmt: skip

DOCUMENTS = [
    Case("truncated", GOOD[:-1], "invalid_json",
         f"{NOT_JSON}: unexpected end of data: line 1 column {len(GOOD)} (char {len(GOOD) - 1})"),
    Case("truncated within", GOOD[:40], "invalid_json", NOT_JSON),
    Case("two documents", GOOD + GOOD, "invalid_json",
         f"{NOT_JSON}: unexpected content after document: line 1 column {len(GOOD) + 1} (char {len(GOOD)})"),
    Case("two with a space", GOOD + b" " + GOOD, "invalid_json", NOT_JSON),
    Case("two lines", GOOD + b"\n" + GOOD, "invalid_json", NOT_JSON),
    Case("two with a comma", GOOD + b"," + GOOD, "invalid_json", NOT_JSON),
    Case("two, the second under a key", GOOD + b',"x":' + GOOD, "invalid_json", NOT_JSON),
    Case("two, the second in the first's place", GOOD + b',"document":' + GOOD, "invalid_json", NOT_JSON),
    Case("a letter behind it", GOOD + b"x", "invalid_json", NOT_JSON),
    Case("a brace behind it", GOOD + b"}", "invalid_json", NOT_JSON),
    Case("a comma behind it", GOOD + b",", "invalid_json", NOT_JSON),
    Case("byte order mark", b"\xef\xbb\xbf" + GOOD, "invalid_json", NOT_JSON),
    Case("single quotes", GOOD.replace(b'"', b"'"), "invalid_json", NOT_JSON),
    Case("comment", b"/* a post */" + GOOD, "invalid_json", NOT_JSON),
    Case("newline alone", b"\n", "invalid_json", NOT_JSON),
    Case("word", b"hello", "invalid_json", NOT_JSON),
    Case("NaN", b"NaN", "invalid_json", NOT_JSON),
    Case("NaN in a value", _metric("NaN"), "invalid_json", NOT_JSON),
    Case("2,000 arrays deep", DEEP.encode(), "invalid_json", NOT_JSON),
    Case("2,000 objects deep", b'{"a":' * 2000 + b"1" + b"}" * 2000, "invalid_json", NOT_JSON),
    Case("2,000 deep in the text", as_json(x_v2(text="DEEP"), DEEP=DEEP), "invalid_json", NOT_JSON),
    Case("2,000 deep where nothing is read", as_json(x_v2(more="DEEP"), DEEP=DEEP), "invalid_json", NOT_JSON),
    Case("a number of 5,000 digits", _metric("9" * 5000), "invalid_json", NOT_JSON),
    Case("a number that is infinite", _metric("1e400"), "invalid_json", NOT_JSON),
    Case("control character", GOOD.replace(b"Hello", b"\x01"), "invalid_json", NOT_JSON),
    Case("U+0000, not escaped", GOOD.replace(b"Hello", b"\x00"), "invalid_json", NOT_JSON),
    Case("null", b"null", "unknown_record", "neither a post, a repost nor a deletion"),
    Case("empty object", b"{}", "unknown_record", "neither a post, a repost nor a deletion"),
    Case("error message", b'{"errors":[{"title":"x"}]}', "unknown_record", "neither a post, a repost nor a deletion"),
    Case("null data", b'{"data":null}', "unknown_record", "neither a post, a repost nor a deletion"),
    Case("null id", as_json(x_v2(id=None)), "unknown_record", "neither a post, a repost nor a deletion"),
    Case("archive row of v2", as_json(x_archive()), "unknown_record", "neither a post, a repost nor a deletion"),
    Case("v2 message of the archive", GOOD, "unknown_record", "neither a post, a repost nor a deletion", ARCHIVE),
]  # fmt: skip

TYPES = [
    Case("array", b"[]", "wrong_type", "$: wanted an object, got a list"),
    Case("array of one", b"[5]", "wrong_type", "$: wanted an object, got a list"),
    Case("number", b"5", "wrong_type", "$: wanted an object, got a number"),
    Case("string", b'"x"', "wrong_type", "$: wanted an object, got a string"),
    Case("data is a string", b'{"data":"x"}', "wrong_type", "$.data: wanted an object, got a string"),
    Case("text is a number", as_json(x_v2(text=5)), "wrong_type", "$.data.text: wanted a string, got a number"),
    Case("text is an object", as_json(x_v2(text={"a": 1})), "wrong_type",
         "$.data.text: wanted a string, got an object"),
    Case("text is 900 deep", as_json(x_v2(text="DEEP"), DEEP="[" * 900 + "]" * 900), "wrong_type",
         "$.data.text: wanted a string, got a list"),
    Case("count is a string", _metric('"5"'), "wrong_type",
         "$.data.public_metrics.like_count: wanted a whole number of 64 bits, got a string"),
    Case("count is no whole number", _metric("1.5"), "wrong_type",
         "$.data.public_metrics.like_count: wanted a whole number of 64 bits, got a number"),
    Case("count is huge", _metric("9" * 20), "wrong_type",
         "$.data.public_metrics.like_count: wanted a whole number of 64 bits, got a number"),
    Case("counts are a list", as_json(x_v2(public_metrics=[1])), "wrong_type",
         "$.data.public_metrics: wanted an object, got a list"),
    Case("entities are a list", as_json(x_v2(entities=[])), "wrong_type",
         "$.data.entities: wanted an object, got a list"),
    Case("hashtags are a string", as_json(x_v2(entities={"hashtags": "x"})), "wrong_type",
         "$.data.entities.hashtags: wanted a list, got a string"),
    Case("mentions are an object", as_json(x_v2(entities={"mentions": {"a": 1}})), "wrong_type",
         "$.data.entities.mentions: wanted a list, got an object"),
    Case("links are a number", as_json(x_v2(entities={"urls": 1})), "wrong_type",
         "$.data.entities.urls: wanted a list, got a number"),
    Case("references are a string", as_json(x_v2(referenced_tweets="x")), "wrong_type",
         "$.data.referenced_tweets: wanted a list, got a string"),
    Case("deletion is a string", b'{"data":{"delete":"5"}}', "wrong_type",
         "$.data.delete: wanted an object, got a string"),
    Case("includes are a list", as_json(x_v2() | {"includes": []}), "wrong_type",
         "$.includes: wanted an object, got a list"),
    Case("archive: text is a flag", as_json(x_archive(text=True)), "wrong_type",
         "$.text: wanted a string, got true or false", ARCHIVE),
    Case("archive: count is a string", as_json(x_archive(favorite_count="5")), "wrong_type",
         "$.favorite_count: wanted a whole number of 64 bits, got a string", ARCHIVE),
    Case("archive: flag is a string", as_json(x_archive(is_retweet="no")), "wrong_type",
         "$.is_retweet: wanted true or false, got a string", ARCHIVE),
    Case("archive: hashtags are a string", as_json(x_archive(hashtags="a")), "wrong_type",
         "$.hashtags: wanted a list, got a string", ARCHIVE),
    Case("archive: a list of rows", as_json([x_archive()]), "wrong_type",
         "$: wanted an object, got a list", ARCHIVE),
]  # fmt: skip

VALUES = [
    Case("id is a word", as_json(x_v2(id="abc")), "bad_id", "abc is not a post's id"),
    Case("id is empty", as_json(x_v2(id="")), "bad_id", " is not a post's id"),
    Case("id is negative", as_json(x_v2(id="-1")), "bad_id", "-1 is not a post's id"),
    Case("id has 21 digits", as_json(x_v2(id="1" * 21)), "bad_id", f"{'1' * 21} is not a post's id"),
    Case("id in other digits", as_json(x_v2(id="١٢")), "bad_id", "١٢ is not a post's id"),
    Case("id has a line end", as_json(x_v2(id="12\n")), "bad_id", "12\n is not a post's id"),
    Case("id is an object", as_json(x_v2(id={"a": 1})), "bad_id", '{"a":1} is not a post\'s id'),
    Case("id is endless", as_json(x_v2(id="7" * 300)), "bad_id", f"{'7' * 80} is not a post's id"),
    Case("repost of a word", as_json(x_v2(referenced_tweets=[{"type": "retweeted", "id": "x"}])), "bad_id",
         "x is not a post's id"),
    Case("repost with a bad id of its own",
         as_json(x_v2(id="x", referenced_tweets=REPOST)), "bad_id",
         "9 is not a post's id"),
    Case("archive: repost of nothing", as_json(x_archive(is_retweet=True)), "bad_id", "null is not a post's id",
         ARCHIVE),
    Case("no created_at", _dated(None), "missing_created_at", "no created_at"),
    Case("repost without created_at", as_json(x_v2(created_at=None, referenced_tweets=REPOST)), "missing_created_at",
         "no created_at"),
    Case("epoch ms as text", _dated("1617292396000"), "bad_created_at", "1617292396000 is no ISO 8601 time"),
    Case("epoch ms", _dated(1617292396000), "bad_created_at", "1617292396000 is no ISO 8601 time"),
    Case("+25:00", _dated("2021-06-01T10:00:00+25:00"), "bad_created_at",
         "2021-06-01T10:00:00+25:00 is no ISO 8601 time"),
    Case("date only", _dated("2021-06-01"), "bad_created_at", "2021-06-01 is no ISO 8601 time"),
    Case("30th of February", _dated("2021-02-30T10:00:00Z"), "bad_created_at",
         "2021-02-30T10:00:00Z is no ISO 8601 time"),
    Case("as X v1 wrote it", _dated("Fri Aug 16 02:15:02 +0000 2013"), "bad_created_at",
         "Fri Aug 16 02:15:02 +0000 2013 is no ISO 8601 time"),
    Case("no time", _dated(""), "bad_created_at", " is no ISO 8601 time"),
    Case("now", _dated("now"), "bad_created_at", "now is no ISO 8601 time"),
    Case("1970", _dated("1970-01-01T00:00:00Z"), "created_too_early", "1970-01-01T00:00:00Z is before any post"),
    Case("a second before X", _dated("2006-03-20T23:59:59Z"), "created_too_early",
         "2006-03-20T23:59:59Z is before any post"),
    Case("2099", _dated("2099-01-01T00:00:00Z"), "created_in_future", "2099-01-01T00:00:00Z is after the record came"),
    Case("a microsecond after the limit", _dated("2021-06-01T13:00:00.000001Z"), "created_in_future",
         "2021-06-01T13:00:00.000001Z is after the record came"),
    Case("no text", as_json(x_v2(text=None)), "missing_text", "no text"),
    Case("negative count", _metric("-1"), "negative_count", "1/-1/-/-/-"),
    Case("negative last count", as_json(x_v2(public_metrics={"like_count": 0, "quote_count": -3})), "negative_count",
         "1/0/-/-/-3"),
    Case("repost without counts",
         as_json(x_v2(referenced_tweets=REPOST, public_metrics=None)), "nothing_counted",
         "a repost without any count"),
    Case("deletion of a word", _deletion(tweet={"id": "x"}), "bad_id", "x is not a post's id"),
    Case("deletion at no time", _deletion(tweet={"id": "5"}, event_at="x"), "bad_created_at", "x is no ISO 8601 time"),
]  # fmt: skip

GOOD_ONES = [
    Case("good", GOOD, None),
    Case("white space around it", b"\r\n " + GOOD + b"\t\n", None),
    Case("as large as may be", GOOD + b" " * (1_000_000 - len(GOOD)), None),
    Case("id is a number", as_json(x_v2(id=12)), None),
    Case("id has 20 digits", as_json(x_v2(id="1" * 20)), None),
    Case("first day of X", _dated("2006-03-21T00:00:00Z"), None),
    Case("an hour ahead", _dated("2021-06-01T13:00:00Z"), None),
    Case("another zone", _dated("2021-06-01T15:30:00.5+05:30"), None),
    Case("zone without a colon", _dated("2021-06-01T05:00:00-0500"), None),
    Case("no zone", _dated("2021-06-01 10:00:00,25"), None),
    Case("no seconds", _dated("2021-06-01T10:00Z"), None),
    Case("no text at all, but a text", as_json(x_v2(text="")), None),
    Case("no counts", as_json(x_v2(public_metrics=None)), None),
    Case("repost without a text", as_json(x_v2(text=None, referenced_tweets=REPOST)), None),
    Case("counts of zero", as_json(x_v2(public_metrics={"like_count": 0, "quote_count": 0})), None),
    Case("U+0000, escaped", as_json(x_v2(text="a\0b")), None),
    Case("half a pair in the text", as_json(x_v2(text="HALF"), HALF=r'"a\ud83db"'), None),
    Case("a pair in the text", as_json(x_v2(text="PAIR"), PAIR=r'"\uD83D\uDCAF"'), None),
    Case("half a pair and escapes", as_json(x_v2(text="HALF"), HALF=r'"\uDC00\\ud83d\n\"\ud83d\udcaf\ud83d"'), None),
    Case("half a pair where nothing is read", as_json(x_v2(more="HALF"), HALF=r'"\udc00"'), None),
    Case("more fields than known", as_json(x_v2(news={"a": [1, None]}) | {"matching_rules": []}), None),
    Case("a field twice", GOOD.replace(b'"text"', b'"text": "first", "text"'), None),
    Case("deletion", _deletion(tweet={"id": "5", "author_id": "7"}, event_at="2021-05-31T15:18:15.250Z"), None),
    Case("deletion without a time", _deletion(tweet={"id": "6"}), None),
    Case("archive row", as_json(x_archive()), None, None, ARCHIVE),
    Case("archive row with R's empty lists", as_json(x_archive(hashtags={}, mentions_screen_name={})), None, None,
         ARCHIVE),
]  # fmt: skip

CASES = [*ENVELOPES, *DOCUMENTS, *TYPES, *VALUES, *GOOD_ONES]


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
        Case("as it came", _dated("2021-06-01T12:00:00Z"), None),
        Case("as it came, but for a second", _dated("2021-06-01T12:00:01Z"), "created_in_future",
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
        Case("", _metric("-1"), None),
        Case("", as_json(x_v2(referenced_tweets=REPOST, public_metrics=None)), None),
    ]
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \|", page.split("## Reasons")[1], re.MULTILINE)
    assert [*(one.reason for one in parsed_of(_events(both), Limits())), "deleted"] == listed


def test_a_time_is_read_in_utc() -> None:
    # What the numbers above are made of.
    assert TAKEN_AT - timedelta(hours=2) == datetime.fromtimestamp(POST["created_us"] / 1e6, timezone.utc)
