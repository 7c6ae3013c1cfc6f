"""Posts of two topics, what a version of the topics must say of them, and what the stream said."""

import json
from typing import Any

from streams.lakes import Lake, Record

WORDS = ("I bake a cake", "What a goal, what a match")


def posts(first: int, count: int, text: str | None = None) -> list[Record]:
    """Posts of baking (even ids) and of football (odd ones), all to one partition, ten an hour."""
    return [
        record(
            number,
            id=str(number),
            text=text or WORDS[number % 2],
            created_at=f"2021-05-01T{number // 10 % 24:02}:00:00.000Z",
            author_id="7",
            lang="en",
        )
        for number in range(first, first + count)
    ]


def record(number: int, **data: Any) -> Record:
    return Record("x-v2", json.dumps({"data": data}).encode(), f"x:{number}", partition=0)


def deletion(number: int) -> Record:
    event = {"tweet": {"id": str(number), "author_id": "7"}, "event_at": "2021-05-02T00:00:00.000Z"}
    return record(number, delete=event)


def scored(lake: Lake) -> dict[int, tuple[int | None, int | None]]:
    """By post, in the order of their numbers: the topic and the version that said so. No post is there twice."""
    rows = lake.rows("gold.post_scores", "post_id", "topic", "topics_version")
    found = {int(row["post_id"]): (row["topic"], row["topics_version"]) for row in rows}
    assert len(found) == len(rows), "a post has two rows"
    return dict(sorted(found.items()))


def told(first: int, count: int, version: int, baking: int = 1, football: int = 2) -> dict[int, tuple[int, int]]:
    """What a version must say of `posts(first, count)`."""
    return {n: (football if n % 2 else baking, version) for n in range(first, first + count)}
