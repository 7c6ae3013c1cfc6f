"""Archive rows as records: every row of a bundled file, and odd ones, against plain JSON."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from kafka_rows import as_json, x_archive
from samples import bundled_path
from starling.settings import Limits
from starling.sources.parse import parse

COUNTS = {"likes": "favorite_count", "reposts": "retweet_count", "replies": "reply_count", "quotes": "quote_count"}
LISTS = {"hashtags_given": "hashtags", "mentions_given": "mentions_screen_name", "urls_given": "urls_expanded_url"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# What a row says, and the record's values that follow.
MADE_UP: dict[str, tuple[dict, dict]] = {
    "R's empty lists": (
        x_archive(hashtags={}, mentions_screen_name={}, urls_expanded_url={}),
        {"hashtags_given": [], "mentions_given": [], "urls_given": []},
    ),
    "no lists": (
        {key: value for key, value in x_archive().items() if key not in LISTS.values()},
        {"hashtags_given": None, "mentions_given": None, "urls_given": None},
    ),
    "lists with holes": (
        x_archive(hashtags=[None, "B", "a"], mentions_screen_name=[None]),
        {"hashtags_given": ["B", "a"], "mentions_given": []},
    ),
    "null lists": (x_archive(hashtags=None), {"hashtags_given": None}),
    "no quote flag, but a quoted post": (x_archive(is_quote=None, quoted_status_id="3"), {"is_quote": True}),
    "no quote flag and no quoted post": (x_archive(is_quote=None), {"is_quote": False}),
    "a repost without its flag": (
        x_archive(is_retweet=None, retweet_status_id="9", quote_count=3),
        {"kind": "repost", "record_id": "1", "post_id": "9", "observation_id": "1/-/2/-/-", "quotes": None},
    ),
    "a repost with replies": (
        x_archive(is_retweet=True, retweet_status_id="9", reply_count=4),
        {"kind": "repost", "likes": None, "reposts": 2, "replies": None, "quotes": None},
    ),
    "no flags at all": (x_archive(is_retweet=None), {"kind": "post", "post_id": "1"}),
    "a reply": (x_archive(reply_to_status_id="4"), {"kind": "post", "is_reply": True, "is_quote": False}),
    "all counts": (
        x_archive(reply_count=0, quote_count=7),
        {"likes": 1, "reposts": 2, "replies": 0, "quotes": 7, "observation_id": "1/1/2/0/7"},
    ),
}

PLAIN = ("kind", "platform", "record_id", "post_id", "text", "lang_given", "author_id", "followers", *LISTS,
         "is_reply", "is_quote", *COUNTS, "observation_id", "created_us")  # fmt: skip


def _expected(row: dict) -> dict:
    """A record's values by plain JSON."""
    reposted = row["is_retweet"]
    counts = {name: row.get(field) for name, field in COUNTS.items()}
    if reposted:
        counts = {**dict.fromkeys(counts), "reposts": row["retweet_count"]}
    observation = "/".join([row["status_id"], *("-" if count is None else str(count) for count in counts.values())])
    created = datetime.strptime(row["created_at"], "%Y-%m-%dT%H:%M:%S%z")
    return {
        "kind": "repost" if reposted else "post",
        "platform": "x",
        "record_id": row["status_id"],
        "post_id": row["retweet_status_id"] if reposted else row["status_id"],
        "text": row["text"],
        "lang_given": row["lang"],
        "author_id": row["user_id"],
        "followers": row["followers_count"],
        **{name: [value for value in row[field] if value is not None] for name, field in LISTS.items()},
        "is_reply": row["reply_to_status_id"] is not None,
        "is_quote": row["is_quote"],
        **counts,
        "observation_id": observation,
        "created_us": (created - EPOCH) // timedelta(microseconds=1),
    }


@pytest.fixture(scope="module")
def records(spark: SparkSession) -> dict[str, Row]:
    """By payload, every row of a bundled file with reposts, and the made-up ones."""
    made_up = [(as_json(row).decode(),) for row, _ in MADE_UP.values()]
    bundled = spark.read.text(str(bundled_path("x_archive_elgl19")))
    events = (
        spark.createDataFrame(made_up, "value string")
        .union(bundled)
        .selectExpr("'x-archive' AS source", "value AS payload", "CAST(NULL AS BINARY) AS raw", "now() kafka_timestamp")
    )
    rows = parse(events, Limits()).withColumn("created_us", F.unix_micros("created_at"))
    return {row.payload: row for row in rows.select("payload", "reason", *PLAIN).collect()}


def test_every_real_row_is_a_record_with_the_values_that_plain_json_gives(records: dict[str, Row]) -> None:
    real = records.keys() - {as_json(row).decode() for row, _ in MADE_UP.values()}
    assert len(real) == 2_459
    assert {records[payload].reason for payload in real} == {None}
    assert {records[payload].kind for payload in real} == {"post", "repost"}
    different = [
        (payload, found, expected)
        for payload in real
        if (found := {name: records[payload][name] for name in PLAIN}) != (expected := _expected(json.loads(payload)))
    ]
    assert different == []


@pytest.mark.parametrize("name", MADE_UP)
def test_a_row_becomes_a_record(records: dict[str, Row], name: str) -> None:
    row, expected = MADE_UP[name]
    found = records[as_json(row).decode()]
    assert found.reason is None
    assert {key: found[key] for key in expected} == expected
