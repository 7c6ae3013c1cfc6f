"""Archive rows as records: every row of a bundled file, and odd ones, against plain JSON."""

import gzip
import json
from datetime import datetime, timedelta, timezone

import pytest

from kafka_rows import as_json, x_archive
from samples import bundled_path
from sources.parsing import read, said

COUNTS = {"likes": "favorite_count", "reposts": "retweet_count", "replies": "reply_count", "quotes": "quote_count"}
LISTS = {"hashtags": "hashtags", "mentions": "mentions_screen_name", "urls": "urls_expanded_url"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# What a row says, and the record's values that follow.
MADE_UP: dict[str, tuple[dict, dict]] = {
    "R's empty lists": (
        x_archive(hashtags={}, mentions_screen_name={}, urls_expanded_url={}),
        {"hashtags": [], "mentions": [], "urls": []},
    ),
    "no lists": (
        {key: value for key, value in x_archive().items() if key not in LISTS.values()},
        {"hashtags": None, "mentions": None, "urls": None},
    ),
    "lists with holes": (
        x_archive(hashtags=[None, "B", "a"], mentions_screen_name=[None]),
        {"hashtags": ["B", "a"], "mentions": []},
    ),
    "null lists": (x_archive(hashtags=None), {"hashtags": None}),
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

PLAIN = ("kind", "platform", "record_id", "post_id", "text", "lang", "author_id", "followers", *LISTS,
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
        "lang": row["lang"],
        "author_id": row["user_id"],
        "followers": row["followers_count"],
        **{name: [value for value in row[field] if value is not None] for name, field in LISTS.items()},
        "is_reply": row["reply_to_status_id"] is not None,
        "is_quote": row["is_quote"],
        **counts,
        "observation_id": observation,
        "created_us": (created - EPOCH) // timedelta(microseconds=1),
    }


def test_every_real_row_is_a_record_with_the_values_that_plain_json_gives() -> None:
    lines = gzip.decompress(bundled_path("x_archive_elgl19").read_bytes()).splitlines()
    assert len(lines) == 2_459
    records = [read("x-archive", line) for line in lines]
    assert {one.reason for one in records} == {None}
    assert {one.record.kind for one in records} == {"post", "repost"}
    different = [
        (line, found, expected)
        for line, one in zip(lines, records, strict=True)
        if (found := {name: said(one, name) for name in PLAIN}) != (expected := _expected(json.loads(line)))
    ]
    assert different == []


@pytest.mark.parametrize("name", MADE_UP)
def test_a_row_becomes_a_record(name: str) -> None:
    row, expected = MADE_UP[name]
    found = read("x-archive", as_json(row))
    assert found.reason is None
    assert {key: said(found, key) for key in expected} == expected
