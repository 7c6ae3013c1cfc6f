"""Kafka's posts in Delta by plain Python: confluent-kafka, msgspec, a scorer, polars and deltalake, in two processes.

Run by pipeline.py in an environment of its own: with vaderSentiment, or with our scorer (`--scorer ours`).
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec  # type: ignore[import-not-found,unused-ignore]
import polars as pl  # type: ignore[import-not-found,unused-ignore]
from confluent_kafka import Consumer, TopicPartition

import pipeline_columns as one

PARTITIONS = 2
ROWS_PER_COMMIT = 100_000
ROWS_PER_FETCH = 10_000

# What is read of a message. R writes {} for an empty list.
_ENTITY = {"hashtags": "tag", "mentions": "username", "urls": "expanded_url"}
_LIST = {
    name: list[msgspec.defstruct(key, [(key, str | None, None)])] | dict[str, str] | None  # type: ignore[misc]
    for name, key in _ENTITY.items()
}
_ENTITIES = msgspec.defstruct("Entities", [(name, kind, None) for name, kind in _LIST.items()])
_REFERENCE = msgspec.defstruct("Reference", [("type", str)])
_DATA = msgspec.defstruct(
    "Data",
    [
        ("id", str),
        ("text", str),
        ("created_at", str),
        ("author_id", str),
        ("lang", str | None, None),
        ("entities", _ENTITIES | None, None),
        ("referenced_tweets", list[_REFERENCE] | dict[str, str] | None, None),  # type: ignore[valid-type]
    ],
)
_METRICS = msgspec.defstruct("Metrics", [("followers_count", int | None, None)])
_USER = msgspec.defstruct("User", [("id", str), ("public_metrics", _METRICS | None, None)])
_INCLUDES = msgspec.defstruct("Includes", [("users", list[_USER], [])])  # type: ignore[valid-type]
_MESSAGE = msgspec.defstruct("Message", [("data", _DATA), ("includes", _INCLUDES | None, None)])

Columns = Mapping[str, Sequence[Any]]
ScoreAll = Callable[[Sequence[str], Sequence[str | None]], Columns]


def main() -> None:
    """A process a partition; both append to the same table."""
    parser = argparse.ArgumentParser()
    for name in ("--servers", "--topic", "--out", "--scorer"):
        parser.add_argument(name, required=True)
    asked = parser.parse_args()
    frame([], asked.scorer).write_delta(f"{asked.out}/silver")  # made here, since only one of two could make it
    context = multiprocessing.get_context("spawn")
    of_all = (asked.servers, asked.topic, asked.out, asked.scorer)
    workers = [context.Process(target=drain, args=(partition, *of_all)) for partition in range(PARTITIONS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SystemExit("a process failed")


def drain(partition: int, servers: str, topic: str, out: str, scorer: str) -> None:
    """All of a partition into the table; and from when until when, into drain-N.json."""
    SCORERS[scorer](["good"], ["en"])  # reads its lexicon before the first record
    began, waiting = 0.0, list[Any]()
    for messages in fetched(partition, servers, topic):
        began = began or time.time()
        waiting += messages
        if len(waiting) >= ROWS_PER_COMMIT:
            frame(waiting, scorer).write_delta(f"{out}/silver", mode="append")
            waiting = []
    if waiting:
        frame(waiting, scorer).write_delta(f"{out}/silver", mode="append")
    Path(out, f"drain-{partition}.json").write_text(json.dumps({"began": began, "ended": time.time()}))


def fetched(partition: int, servers: str, topic: str) -> Iterator[Sequence[Any]]:
    """All messages that the partition holds now, as they come."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "benchmark", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, 0)])
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition))
    after = 0
    while after < end:
        messages: Sequence[Any] = consumer.consume(ROWS_PER_FETCH, timeout=0.1)
        if messages:
            yield messages
            after = messages[-1].offset() + 1
    consumer.close()


# --- columns


def frame(messages: Sequence[Any], scorer: str) -> Any:
    """silver.posts' columns."""
    decode = msgspec.json.Decoder(_MESSAGE).decode
    posts = [decode(message.value()) for message in messages]
    texts, langs = [post.data.text for post in posts], [post.data.lang for post in posts]
    given = {**_of_message(messages), **_of_post(posts), **SCORERS[scorer](texts, langs)}
    return pl.DataFrame(given, schema=_SCHEMA).with_columns(**_derived())


def _of_message(messages: Sequence[Any]) -> Columns:
    headers = [dict(message.headers()) for message in messages]
    return {
        "topic": [message.topic() for message in messages],
        "partition": [message.partition() for message in messages],
        "offset": [message.offset() for message in messages],
        "source": [header["source"].decode() for header in headers],
        "collected_at": [header["collected_at"].decode() for header in headers],
    }


def _of_post(posts: Sequence[Any]) -> Columns:
    told = [_references(post.data) for post in posts]
    return {
        "post_id": [post.data.id for post in posts],
        "author": [one.pseudonym(post.data.author_id) for post in posts],
        "followers": [_followers(post) for post in posts],
        "created_at": [post.data.created_at for post in posts],
        "text": [post.data.text for post in posts],
        "lang": [post.data.lang for post in posts],
        **{name: [_entities(post.data, name, key) for post in posts] for name, key in _ENTITY.items()},
        "is_reply": ["replied_to" in types for types in told],
        "is_quote": ["quoted" in types for types in told],
        "text_hash": [one.text_hash(post.data.text) for post in posts],
    }


def _followers(post: Any) -> int | None:
    for user in post.includes.users if post.includes else ():
        if user.id == post.data.author_id and user.public_metrics:
            return user.public_metrics.followers_count  # type: ignore[no-any-return]
    return None


def _entities(data: Any, name: str, key: str) -> list[str] | None:
    """None where the source does not say."""
    if data.entities is None:
        return None
    return [getattr(entity, key) for entity in getattr(data.entities, name) or ()]


def _references(data: Any) -> set[str]:
    told = data.referenced_tweets
    return {reference.type for reference in told} if isinstance(told, list) else set()


_SCHEMA = {
    "topic": pl.String,
    "partition": pl.Int32,
    "offset": pl.Int64,
    "source": pl.String,
    "collected_at": pl.String,
    "post_id": pl.String,
    "author": pl.String,
    "followers": pl.Int64,
    "created_at": pl.String,
    "text": pl.String,
    "lang": pl.String,
    **dict.fromkeys(_ENTITY, pl.List(pl.String)),
    "is_reply": pl.Boolean,
    "is_quote": pl.Boolean,
    "text_hash": pl.String,
    **dict.fromkeys(one.SCORES, pl.Float64),
}


def _derived() -> dict[str, Any]:
    """The columns that polars makes of the others."""
    text, compound, is_english = pl.col("text"), pl.col("compound"), pl.col("lang") == "en"
    found = {"hashtags": one.HASHTAG, "mentions": one.MENTION, "urls": one.URL}
    folded = {name: pl.coalesce(name, text.str.extract_all(sign)) for name, sign in found.items()}
    return {
        "platform": pl.lit("x"),
        "lang": pl.col("lang").fill_null("und"),
        "lang_source": pl.lit("payload"),
        "created_at": _time("created_at"),
        "collected_at": _time("collected_at"),
        "ingested_at": pl.lit(datetime.now(timezone.utc)),
        "hashtags": _distinct(folded["hashtags"].list.eval(pl.element().str.strip_chars_start("#"))),
        "mentions": _distinct(folded["mentions"].list.eval(pl.element().str.strip_chars_start("@"))),
        "urls": folded["urls"].list.unique(maintain_order=True),
        "sentiment": pl.when(compound >= one.THRESHOLD)
        .then(pl.lit("positive"))
        .when(compound <= -one.THRESHOLD)
        .then(pl.lit("negative"))
        .when(compound.is_not_null())
        .then(pl.lit("neutral")),
        "unscored_reason": pl.when(~is_english).then(pl.lit("language: ") + pl.col("lang")),
        "sentiment_cut": is_english & (text.str.len_chars() > one.MAX_CHARACTERS),
        "scorer": pl.when(is_english).then(pl.lit(one.SCORER)),
    }


def _time(name: str) -> Any:
    return pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC")


def _distinct(words: Any) -> Any:
    return words.list.eval(pl.element().str.to_lowercase()).list.unique(maintain_order=True)


# --- scorers


def reference(texts: Sequence[str], langs: Sequence[str | None]) -> Columns:
    """By vaderSentiment, a text at a time."""
    found = [one.scores(text, lang) for text, lang in zip(texts, langs, strict=True)]
    return {name: [scores[place] for scores in found] for place, name in enumerate(one.SCORES)}


def ours(texts: Sequence[str], langs: Sequence[str | None]) -> Columns:
    """By our scorer, a column at a time."""
    import pyarrow as pa

    from starling.sentiment import columnar

    english = [text[: one.MAX_CHARACTERS] if lang == "en" else None for text, lang in zip(texts, langs, strict=True)]
    found = columnar.scores(pa.array(english, pa.string()))
    return {name: found.field(name) for name in one.SCORES}


SCORERS: Mapping[str, ScoreAll] = {"vaderSentiment": reference, "ours": ours}

if __name__ == "__main__":
    main()
