"""Posts for the benchmarks: the bundled ones, with ids, authors and times of their own, as X API v2 sends them."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import count, cycle
from typing import NamedTuple

from measuring import CHECKOUT

SOURCE = "x-v2"
_FILE = CHECKOUT / "data" / "x_v2_stream.jsonl.gz"
_EPOCH_MS = 1_288_834_974_657  # of X's ids, which hold the time in the bits above the lowest 22
_AUTHORS, _FIRST_AUTHOR = 50_000, 7_000_000_000


class Made(NamedTuple):
    """A post: the key that a collector gives its record, and the payload."""

    key: str
    payload: bytes


def made_posts(start: datetime, per_second: float) -> Iterator[Made]:
    """Posts without end, one after the other, `per_second`, from `start` on. No two share an id.

    Texts, languages, counts and followers are those of the bundled posts that are no reposts, in their order, again and
    again; 50,000 authors take turns.
    """
    step = timedelta(seconds=1 / per_second)
    for number, (user, post) in zip(count(), cycle(_bundled()), strict=False):
        at = (start + number * step).astimezone(timezone.utc)
        post_id = ((int(at.timestamp() * 1000) - _EPOCH_MS) << 22) + number % (1 << 22)
        author = _FIRST_AUTHOR + number * 7919 % _AUTHORS
        moment = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
        payload = (
            f'{{"includes":{{"users":[{{"id":"{author}",{user}}}]}},"data":{{"author_id":"{author}","id":"{post_id}",'
            f'"created_at":"{moment}",{post}}}}}'
        )
        yield Made(f"x:{post_id}", payload.encode())


def _bundled() -> list[tuple[str, str]]:
    """What is kept of each bundled post: JSON's members, of its author and of itself."""
    kept = []
    with gzip.open(_FILE, "rt", encoding="utf-8") as lines:
        for message in map(json.loads, lines):
            post, (author, *_) = message["data"], message["includes"]["users"]
            if all(told["type"] != "retweeted" for told in post.get("referenced_tweets", ())):
                said = {name: value for name, value in post.items() if name not in ("author_id", "id", "created_at")}
                kept.append((_members({"public_metrics": author["public_metrics"]}), _members(said)))
    return kept


def _members(values: dict[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1]
