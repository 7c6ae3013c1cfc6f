"""Every record of a topic ends in exactly one place, and the tables say what the records say."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from starling.pipeline.accounts import accounts
from starling.pseudonyms import pseudonym
from streams.lakes import Lake, Record
from streams.messages import COUNTS, deletion, post, repost


def is_repost(record: Record) -> bool:
    row = json.loads(record.value or b"")
    if record.source == "x-archive":
        return bool(row["is_retweet"])
    return any(ref["type"] == "retweeted" for ref in row["data"].get("referenced_tweets") or [])


@pytest.mark.slow
def test_real_records_are_all_accounted_for_and_scored_as_the_reference_scores_them(
    lake: Lake, real_records: list[Record]
) -> None:
    lake.send(real_records)
    lake.drain()

    own = [json.loads(record.value or b"") for record in real_records if not is_repost(record)]
    texts = {str(r["data"]["id"]): r["data"]["text"] for r in own if "data" in r}
    texts |= {r["status_id"]: r["text"] for r in own if "data" not in r}
    found = lake.rows("silver.posts", "post_id", "text", "lang", "compound", "pos", "neu", "neg")
    assert {row["post_id"]: row["text"] for row in found} == texts
    reference = SentimentIntensityAnalyzer()
    for row in found:
        scores = {name: row[name] for name in ("compound", "pos", "neu", "neg")}
        assert scores == (reference.polarity_scores(row["text"]) if row["lang"] == "en" else dict.fromkeys(scores))

    assert lake.ledger() == {
        "records": 300,
        "posts": len(texts),
        "engagement": 300 - len(texts),
        "deletions": 0,
        "rejected": 0,
        "duplicates": 0,
        "repeated": 0,
    }
    summed = accounts(lake.spark, lake.settings.lake)
    assert summed.balanced
    assert summed.rows["bronze.events"] == 300
    assert {row["payload"].encode() for row in lake.rows("bronze.events", "payload")} == {r.value for r in real_records}


@pytest.fixture
def told_lake(lake: Lake) -> Lake:
    """A lake after three deliveries: posts, then copies and news of them, then what is late or refused."""
    lake.send(
        [
            post(),
            post(id="501", text="a bad day #one #Two", author_id="8", created_at="2021-05-01T10:59:59.999Z"),
            post(id="502", text="mal día", lang="es", created_at="2021-05-01T11:00:00.000Z"),
            repost("600", of="500", reposts=9),
            Record("x-v2", b'{"data": {"id": "503", '),
            Record("nobody", b"{}"),
            Record(None, None),
            Record("x-v2", b"\xff\xfe not text"),
        ]
    )
    lake.drain()
    lake.send(
        [
            post(),  # a copy
            post(id="501", public_metrics={**COUNTS, "like_count": 50}),  # a copy with news
            repost("600", of="500", reposts=9),  # a copy
            repost("600", of="500", reposts=10),  # news
            deletion("502"),
            deletion("502"),
            post(id="502", text="mal día", lang="es", created_at="2021-05-01T11:00:00.000Z"),
            post(id="499", text="late but great #two", created_at="2021-05-01T10:00:00.000Z"),
            post(id="504", created_at="2099-01-01T00:00:00.000Z"),
        ]
    )
    lake.drain()
    return lake


@pytest.mark.slow
def test_copies_news_deletions_and_refusals_end_where_they_belong(told_lake: Lake) -> None:
    assert told_lake.ledger() == {
        "records": 17,
        "posts": 4,
        "engagement": 3,
        "deletions": 1,
        "rejected": 6,
        "duplicates": 3,
        "repeated": 0,
    }
    assert [row["post_id"] for row in told_lake.rows("silver.posts", "post_id")] == ["499", "500", "501"]
    observed = told_lake.rows("silver.engagement", "post_id", "via", "likes", "reposts", "replies", "quotes")
    assert Counter(tuple(row.values()) for row in observed) == Counter(
        [
            *[(post_id, "post", 1, 2, 3, 4) for post_id in ("499", "500", "501")],
            ("501", "update", 50, 2, 3, 4),
            ("500", "repost", None, 9, None, None),
            ("500", "repost", None, 10, None, None),
        ]
    )
    refused = told_lake.rows("silver.rejected", "reason", "payload", "raw")
    assert Counter(row["reason"] for row in refused) == Counter(
        ["invalid_json", "unknown_source", "unknown_source", "invalid_utf8", "deleted", "created_in_future"]
    )
    by_reason = {row["reason"]: row for row in refused}
    assert by_reason["deleted"]["payload"] is None
    assert bytes(by_reason["invalid_utf8"]["raw"]) == b"\xff\xfe not text"
    assert by_reason["invalid_json"]["payload"] == '{"data": {"id": "503", '
    assert told_lake.rows("silver.deletions", "post_id") == [{"post_id": "502"}]
    assert accounts(told_lake.spark, told_lake.settings.lake).balanced

    first = told_lake.rows("silver.posts")[1]
    assert first["author"] == pseudonym(b"a key for tests alone", "x", "7")
    assert first["hashtags"] == ["one"]
    assert (first["lang"], first["lang_source"], first["source"]) == ("en", "payload", "x-v2")
    assert (first["platform"], first["is_reply"], first["is_quote"]) == ("x", False, False)

    sentiment = told_lake.table("gold.sentiment_by_hour").selectExpr("date_format(hour, 'HH') h", "*").orderBy("h")
    scores = [Decimal(str(SentimentIntensityAnalyzer().polarity_scores(t)["compound"])) for t in (
        "late but great #two", "a good day #One", "a bad day #one #Two")]  # fmt: skip
    got = [(r.h, r.posts, r.scored, r.positive, r.neutral, r.negative, r.mean_compound) for r in sentiment.collect()]
    assert got == [("10", 3, 3, 2, 0, 1, float(sum(scores)) / 3)]

    trends = told_lake.rows("gold.hashtag_trends", "hashtag", "posts", "authors", "burst_score")
    assert [tuple(row.values()) for row in trends] == [("one", 2, 2, 2.0), ("two", 2, 2, 2.0)]


@pytest.mark.slow
def test_a_lost_checkpoint_doubles_nothing_and_drops_nothing(told_lake: Lake, tmp_path: Any) -> None:
    before = told_lake.everything()
    (tmp_path / "work" / "checkpoints").rename(tmp_path / "lost")
    told_lake.drain(most_a_batch=10)
    assert told_lake.everything() == before
    assert told_lake.ledger()["records"] == 34
    assert told_lake.ledger()["repeated"] == 17
