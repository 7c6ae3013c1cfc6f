"""Messages of the X API v2 with what a test says of them."""

import json
from typing import Any

from streams.lakes import Record

BASE = {
    "id": "500",
    "text": "a good day #One",
    "created_at": "2021-05-01T10:15:00.000Z",
    "author_id": "7",
    "lang": "en",
}
COUNTS = {"like_count": 1, "retweet_count": 2, "reply_count": 3, "quote_count": 4}


def post(**fields: Any) -> Record:
    data = {**BASE, "public_metrics": COUNTS, **fields}
    return Record("x-v2", json.dumps({"data": data}).encode(), f"x:{data['id']}")


def deletion(post_id: str) -> Record:
    event = {"delete": {"tweet": {"id": post_id, "author_id": "7"}, "event_at": "2021-05-02T00:00:00.000Z"}}
    return Record("x-v2", json.dumps({"data": event}).encode(), f"x:{post_id}")


def repost(own_id: str, of: str, reposts: int) -> Record:
    return post(
        id=own_id,
        text="RT",
        public_metrics={**COUNTS, "retweet_count": reposts, "like_count": 0},
        referenced_tweets=[{"type": "retweeted", "id": of}],
    )
