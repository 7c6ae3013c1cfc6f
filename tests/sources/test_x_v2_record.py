"""X API v2 messages as records: every bundled one, and the odd ones of the wire, against plain JSON."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from kafka_rows import as_json, x_v2
from samples import bundled_path, pages
from sources.parsing import read, said

PAGES = ("2sets", "brexit", "cashtags", "cotweet", "edited", "edited_after", "edited_before", "entities_test",
         "geo_tweets", "kpop", "many_urls", "media_tweet", "mentions_tweet", "noflat", "quoted_edit",
         "streaming_output_with_error", "two_tweets", "verified_type", "withheld")  # fmt: skip
METRICS = {"likes": "like_count", "reposts": "retweet_count", "replies": "reply_count", "quotes": "quote_count"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

REPOST = [{"type": "retweeted", "id": "9"}]
ORIGINAL = {"id": "9", "public_metrics": {"like_count": 10, "retweet_count": 20, "reply_count": 30, "quote_count": 40}}
AUTHOR = {"id": "7", "public_metrics": {"followers_count": 5}}
STRANGER = {"id": "8", "public_metrics": {"followers_count": 6}}
OWN = {"likes": 1, "reposts": 2, "replies": 3, "quotes": 4}
NO_COUNTS = dict.fromkeys(OWN)
NO_LISTS = dict.fromkeys(("hashtags", "mentions", "urls"))
EMPTY_LISTS = {"hashtags": [], "mentions": [], "urls": []}

# What a message says, and the record's values that follow.
MADE_UP: dict[str, tuple[dict, dict]] = {
    "a post": (x_v2(), {"kind": "post", "post_id": "1", "followers": None, **OWN, **NO_LISTS}),
    "its author and another": (x_v2() | {"includes": {"users": [STRANGER, AUTHOR]}}, {"followers": 5}),
    "only another author": (x_v2() | {"includes": {"users": [STRANGER]}}, {"followers": None}),
    "users that are none": (x_v2() | {"includes": {"users": "x"}}, {"followers": None, "kind": "post"}),
    "R's empty lists": (
        x_v2(entities={"hashtags": {}, "mentions": {}, "urls": {}}, referenced_tweets={}),
        {"kind": "post", "is_reply": False, "is_quote": False, **EMPTY_LISTS},
    ),
    "entities without lists": (x_v2(entities={}), EMPTY_LISTS),
    "entities with holes": (
        x_v2(entities={"hashtags": [{"tag": "B"}, {"tag": None}, {}, {"tag": "a"}], "mentions": [{"id": "1"}]}),
        {**EMPTY_LISTS, "hashtags": ["B", "a"]},
    ),
    "null entities": (x_v2(entities=None), NO_LISTS),
    "a repost with its original": (
        x_v2(referenced_tweets=REPOST) | {"includes": {"tweets": [{"id": "8"}, ORIGINAL]}},
        {"kind": "repost", "record_id": "1", "post_id": "9", "observation_id": "1/10/20/30/40",
         "likes": 10, "reposts": 20, "replies": 30, "quotes": 40},
    ),
    "a repost without its original": (
        x_v2(referenced_tweets=REPOST) | {"includes": {"tweets": [{"id": "8"}]}},
        {"kind": "repost", "post_id": "9", "observation_id": "1/-/2/-/-", **NO_COUNTS, "reposts": 2},
    ),
    "a repost without includes": (x_v2(referenced_tweets=REPOST), {"kind": "repost", **NO_COUNTS, "reposts": 2}),
    "a repost of an original without counts": (
        x_v2(referenced_tweets=REPOST) | {"includes": {"tweets": [{"id": "9"}]}},
        {"kind": "repost", **NO_COUNTS, "reposts": 2},
    ),
    "a reply": (
        x_v2(referenced_tweets=[{"type": "replied_to", "id": "3"}]),
        {"kind": "post", "post_id": "1", "is_reply": True, "is_quote": False, **OWN},
    ),
    "a reply that quotes": (
        x_v2(referenced_tweets=[{"type": "quoted", "id": "2"}, {"type": "replied_to", "id": "3"}]),
        {"kind": "post", "is_reply": True, "is_quote": True},
    ),
    "some counts": (
        x_v2(public_metrics={"like_count": 0, "quote_count": 9223372036854775807}),
        {"likes": 0, "reposts": None, "replies": None, "quotes": 9223372036854775807,
         "observation_id": "1/0/-/-/9223372036854775807"},
    ),
}  # fmt: skip

PLAIN = ("kind", "platform", "record_id", "post_id", "text", "lang", "author_id", "followers", "hashtags",
         "mentions", "urls", "is_reply", "is_quote", *METRICS, "observation_id", "created_us")  # fmt: skip


def _list(value: object) -> list:
    return value if isinstance(value, list) else []


def _messages(name: str) -> Iterator[dict]:
    """The posts of pages one by one, each with those it refers to and the authors, as the stream sends them."""
    for page in pages(name):
        includes = page.get("includes", {})
        for post in page["data"] if isinstance(page["data"], list) else [page["data"]]:
            referred = {one["id"] for one in post.get("referenced_tweets", [])}
            tweets = [one for one in includes.get("tweets", []) if one["id"] in referred]
            users = [one for one in includes.get("users", []) if one["id"] == post["author_id"]]
            yield {"data": post, "includes": {"tweets": tweets, "users": users}}


def _expected(message: dict) -> dict:
    """A record's values by plain JSON."""
    post, includes = message["data"], message.get("includes") or {}
    referred = {one["type"]: one["id"] for one in reversed(_list(post.get("referenced_tweets")))}
    original_id, entities = referred.get("retweeted"), post.get("entities")
    own = post.get("public_metrics") or {}
    counts = {name: own.get(metric) for name, metric in METRICS.items()}
    if original_id:
        theirs = [one.get("public_metrics", {}) for one in _list(includes.get("tweets")) if one["id"] == original_id]
        counts = {name: theirs[0].get(metric) if theirs else None for name, metric in METRICS.items()}
        counts["reposts"] = own.get("retweet_count") if counts["reposts"] is None else counts["reposts"]
    known = any(count is not None for count in counts.values())
    observation = "/".join([post["id"], *("-" if count is None else str(count) for count in counts.values())])
    created = datetime.strptime(post["created_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
    authors = [one for one in _list(includes.get("users")) if one["id"] == post["author_id"]]
    return {
        "kind": "repost" if original_id else "post",
        "platform": "x",
        "record_id": post["id"],
        "post_id": original_id or post["id"],
        "text": post["text"],
        "lang": post.get("lang"),
        "author_id": post["author_id"],
        "followers": authors[0].get("public_metrics", {}).get("followers_count") if authors else None,
        "hashtags": None if entities is None else [one["tag"] for one in _list(entities.get("hashtags"))],
        "mentions": None if entities is None else [one["username"] for one in _list(entities.get("mentions"))],
        "urls": None if entities is None else [one["expanded_url"] for one in _list(entities.get("urls"))],
        "is_reply": "replied_to" in referred,
        "is_quote": "quoted" in referred,
        **counts,
        "observation_id": observation if known else None,
        "created_us": (created - EPOCH) // timedelta(microseconds=1),
    }


def test_every_real_message_is_a_record_with_the_values_that_plain_json_gives() -> None:
    captured = [json.dumps(message).encode() for name in PAGES for message in _messages(name)]
    payloads = [*captured, *gzip.decompress(bundled_path("x_v2_stream").read_bytes()).splitlines()]
    assert len(payloads) > 8_600 + 900
    records = [read("x-v2", payload) for payload in payloads]
    assert {one.reason for one in records} == {None}
    different = [
        (payload, found, expected)
        for payload, one in zip(payloads, records, strict=True)
        if (found := {name: said(one, name) for name in PLAIN}) != (expected := _expected(json.loads(payload)))
    ]
    assert different == []


@pytest.mark.parametrize("name", MADE_UP)
def test_a_message_becomes_a_record(name: str) -> None:
    message, expected = MADE_UP[name]
    found = read("x-v2", as_json(message))
    assert found.reason is None
    assert {key: said(found, key) for key in expected} == expected
