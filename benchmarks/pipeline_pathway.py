"""Kafka's posts in JSON lines by Pathway: its Kafka reader, its JSON paths, and UDFs, one of them vaderSentiment.

Run by pipeline.py in an environment of its own, under `pathway spawn`: the same program in each of its processes.
"""

import argparse
import base64
import json
import os
import re
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pathway as pw  # type: ignore[import-not-found,unused-ignore]

import pipeline_columns as one

_PATHS = {
    "post_id": "/data/id",
    "author_id": "/data/author_id",
    "created_at": "/data/created_at",
    "text": "/data/text",
    "lang": "/data/lang",
    "entities": "/data/entities",
    "referenced": "/data/referenced_tweets",
    "users": "/includes/users",
}
_NEVER_MISSING = ("post_id", "author_id", "created_at", "text")
_JSON = ("entities", "referenced", "users")
_ENTITY = {
    "hashtags": ("tag", one.HASHTAG),
    "mentions": ("username", one.MENTION),
    "urls": ("expanded_url", f"({one.URL})"),
}


def main() -> None:
    """The topic into a file; and from when until when, into drain-N.json."""
    parser = argparse.ArgumentParser()
    for name in ("--servers", "--topic", "--out"):
        parser.add_argument(name, required=True)
    asked = parser.parse_args()
    one.scores("good", "en")  # reads its lexicon before the first record
    events = pw.io.kafka.read(
        {"bootstrap.servers": asked.servers, "group.id": "benchmark", "auto.offset.reset": "earliest"},
        topic=asked.topic,
        mode="static",
        format="json",
        schema=_schema(),
        json_field_paths=_PATHS,
        with_metadata=True,
    )
    pw.io.jsonlines.write(posts(events), f"{asked.out}/silver.jsonl")
    # It reads on its own, a second and a half ahead of the first UDF, and begins to within a fifth of a second.
    began = time.time()
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)
    drained = {"began": began, "ended": time.time()}
    Path(asked.out, f"drain-{os.environ['PATHWAY_PROCESS_ID']}.json").write_text(json.dumps(drained))


def _schema() -> Any:
    kinds: dict[str, Any] = {name: pw.Json if name in _JSON else str for name in _PATHS}
    missing = {name: kind | None for name, kind in kinds.items() if name not in _NEVER_MISSING}
    columns = {name: pw.column_definition(dtype=kinds[name]) for name in _NEVER_MISSING}
    columns |= {name: pw.column_definition(dtype=kind, default_value=None) for name, kind in missing.items()}
    return pw.schema_builder(columns)


def posts(events: Any) -> Any:
    """silver.posts' columns."""
    post = pw.this
    seen = events.with_columns(
        coordinates=_udf(coordinates)(post._metadata),
        scores=_udf(one.scores)(post.text, post.lang),
        types=_udf(types)(post.referenced),
    )
    is_english = pw.coalesce(post.lang, "und") == "en"
    return seen.select(
        post.post_id,
        post.text,
        post.created_at,
        platform="x",
        author=_udf(one.pseudonym)(post.author_id),
        followers=_udf(followers)(post.users, post.author_id),
        lang=pw.coalesce(post.lang, "und"),
        lang_source="payload",
        **{name: _udf(partial(words, name))(post.entities, post.text) for name in _ENTITY},
        is_reply=post.types[0],
        is_quote=post.types[1],
        text_hash=_udf(one.text_hash)(post.text),
        **{name: post.scores[place] for place, name in enumerate(one.SCORES)},
        sentiment=_udf(label)(post.scores[0]),
        unscored_reason=pw.if_else(is_english, None, "language: " + pw.coalesce(post.lang, "und")),
        sentiment_cut=is_english & (post.text.str.len() > one.MAX_CHARACTERS),
        scorer=pw.if_else(is_english, one.SCORER, None),
        **{name: post.coordinates[place] for place, name in enumerate(_COORDINATES)},
        ingested_at=datetime.now(timezone.utc).isoformat(),
    )


def _udf(function: Callable[..., Any]) -> Any:
    """What always says the same needs no memory of what it said."""
    returns = (function.func if isinstance(function, partial) else function).__annotations__["return"]
    return pw.udf(function, deterministic=True, return_type=returns)


_COORDINATES = ("topic", "partition", "offset", "source", "collected_at")


def coordinates(metadata: pw.Json) -> tuple[str, int, int, str, str]:
    """Where the record stands in Kafka, and its two headers."""
    known = metadata.as_dict()
    headers = {name: base64.b64decode(value).decode() for name, value in known["headers"]}
    return known["topic"], known["partition"], known["offset"], headers["source"], headers["collected_at"]


def types(referenced: pw.Json | None) -> tuple[bool, bool]:
    """Whether it answers a post, and whether it quotes one."""
    told = referenced.value if referenced is not None else None
    found = {reference["type"] for reference in told} if isinstance(told, list) else set()
    return "replied_to" in found, "quoted" in found


def followers(users: pw.Json | None, author_id: str) -> int | None:
    """Of the author."""
    for user in users.value if users is not None else ():
        if user["id"] == author_id:
            return user["public_metrics"]["followers_count"]  # type: ignore[no-any-return]
    return None


def words(name: str, entities: pw.Json | None, text: str) -> list[str]:
    """Those that the source gives, else those in the text."""
    key, sign = _ENTITY[name]
    if entities is None or not isinstance(entities.value, dict):
        found = re.findall(sign, text)
    else:
        given = entities.value.get(name)
        found = [entity[key] for entity in given] if isinstance(given, list) else []
    return list(dict.fromkeys(found if name == "urls" else map(str.lower, found)))


def label(compound: float | None) -> str | None:
    """The reference's word for the score."""
    if compound is None:
        return None
    return "positive" if compound >= one.THRESHOLD else "negative" if compound <= -one.THRESHOLD else "neutral"


if __name__ == "__main__":
    main()
