"""A lake of millions of posts for the dashboard to serve, made in minutes from the bundled ones, without Spark."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema

from measuring import CHECKOUT
from starling.gold import hashtag_trends, post_scores, sentiment_by_hour, topics
from starling.ops import ledger
from starling.sentiment.columnar import scores
from starling.silver import posts, rejected
from starling.tables import Table

# Of the last post, so that two lakes of one size are the same.
LAST = datetime(2026, 6, 30, 12, tzinfo=timezone.utc)
_DAYS = 90
_AUTHORS = 200_000
_TOPICS = 13
_ROWS_AT_ONCE = 500_000
# In the last hours every fourth post is one of a few texts with hashtags, so that these rise: some more, some less.
_RISING_HOURS = 12
_RISING_EACH = 4
_RISING_TEXTS = 100
_EPOCH_MS = 1_288_834_974_657  # of X's ids, which hold the time in the bits above the lowest 22
_TRENDS = """
SELECT platform, date_trunc('hour', created_at) AS hour, hashtag, count(*) AS posts,
       count(DISTINCT author) AS authors, count(compound) AS scored, avg(compound) AS mean_compound,
       0.0 AS burst_score
FROM (SELECT *, unnest(hashtags) AS hashtag FROM rows) GROUP BY ALL
"""
_SENTIMENT = """
SELECT platform, date_trunc('hour', created_at) AS hour, count(*) AS posts, count(compound) AS scored,
       count(*) FILTER (sentiment = 'positive') AS positive, count(*) FILTER (sentiment = 'neutral') AS neutral,
       count(*) FILTER (sentiment = 'negative') AS negative, avg(compound) AS mean_compound,
       positive / scored AS positive_share, positive_share AS positive_corrected, positive_share AS positive_low,
       positive_share AS positive_high, negative / scored AS negative_share, negative_share AS negative_corrected,
       negative_share AS negative_low, negative_share AS negative_high
FROM rows GROUP BY ALL
"""


def make(lake: str, wanted: int) -> None:
    """Writes a lake of `wanted` posts of 90 days until LAST, with their hours, hashtags, scores and ledger."""
    texts = bundled()
    step = timedelta(days=_DAYS) / wanted
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        for first in range(0, wanted, _ROWS_AT_ONCE):
            rows = posts_of(texts, np.arange(first, min(wanted, first + _ROWS_AT_ONCE)), wanted, step)
            write(posts.TABLE, lake, rows)
            write(post_scores.TABLE, lake, _scored(rows))
            database.register("rows", rows)
            write(hashtag_trends.TABLE, lake, database.sql(_TRENDS).to_arrow_table())
            write(sentiment_by_hour.TABLE, lake, database.sql(_SENTIMENT).to_arrow_table())
    write(topics.TABLE, lake, _named_topics())
    write(rejected.TABLE, lake, rejected_schema().empty_table())
    write(ledger.TABLE, lake, entry(0, wanted, LAST))


def posts_of(texts: pa.Table, numbers: Any, wanted: int, step: timedelta) -> pa.Table:
    """The posts of these numbers, 0 being the oldest: a bundled text each, with its number at the end.

    In the last hours a few of the texts come more often.
    """
    micros = int(LAST.timestamp() * 1e6) - ((wanted - 1 - numbers) * (step / timedelta(microseconds=1))).astype(
        np.int64
    )
    rises = (micros >= int((LAST - timedelta(hours=_RISING_HOURS)).timestamp() * 1e6)) & (numbers % _RISING_EACH == 0)
    rising = np.flatnonzero(pc.list_value_length(texts["hashtags"]))[:_RISING_TEXTS]
    turn = (numbers // _RISING_EACH % _RISING_TEXTS) ** 2 // _RISING_TEXTS
    rows = texts.take(pa.array(np.where(rises, rising[turn], numbers % len(texts))))
    said = pc.cast(pa.array(numbers), pa.string())
    ids = pc.cast(pa.array(((micros // 1000 - _EPOCH_MS) << 22) + numbers % (1 << 22)), pa.string())
    authors = pa.array([hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest() for n in range(_AUTHORS)])
    times = pa.array(micros, pa.timestamp("us", "UTC"))
    own = {
        "post_id": ids,
        "author": authors.take(pa.array(numbers * 7919 % _AUTHORS)),
        "created_at": times,
        "text": pc.binary_join_element_wise(rows["text"], said, " "),
        "text_hash": pc.utf8_rpad(pc.cast(pa.array(numbers * 7919), pa.string()), 64, "0"),
        "offset": pa.array(numbers),
        "collected_at": times,
        "ingested_at": times,
    }
    for name, column in own.items():
        rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows


def write(table: Table, lake: str, rows: pa.Table) -> None:
    """Appends rows to a table, as the code describes it."""
    schema = to_arrow_schema(table.schema, timezone="UTC")
    columns = {name: rows[name].cast(schema.field(name).type) for name in schema.names}
    write_deltalake(table.path(lake), pa.table(columns), mode="append")


def entry(first: int, until: int, at: datetime) -> pa.Table:
    """A row of the ledger: a micro-batch that read so many posts."""
    row = {
        "query_id": "made", "batch_id": first, "topic": "made", "partition": 0, "from_offset": first,
        "until_offset": until, "records": until - first, "posts": until - first, "engagement": 0, "deletions": 0,
        "rejected": 0, "duplicates": 0, "repeated": 0, "newest_record_at": at, "started_at": at, "written_at": at,
    }  # fmt: skip
    return pa.Table.from_pylist([row])


def rejected_schema() -> pa.Schema:
    """Of silver.rejected."""
    return to_arrow_schema(rejected.TABLE.schema, timezone="UTC")


def bundled() -> pa.Table:
    """The bundled posts that are no reposts, as rows of silver.posts without what is a post's own."""
    told = pa.Table.from_pylist(list(_told()))
    english = pc.equal(told["lang"], "en").combine_chunks()
    said = scores(pc.if_else(english, told["text"].combine_chunks(), None))
    compound = pc.struct_field(said, "compound")
    low = pc.if_else(pc.less_equal(compound, -0.05), "negative", "neutral")
    known = {
        **{name: told[name].combine_chunks() for name in told.column_names},
        **{name: pc.struct_field(said, name) for name in ("compound", "pos", "neu", "neg")},
        "sentiment": pc.if_else(pc.greater_equal(compound, 0.05), "positive", low),
        "unscored_reason": pc.if_else(english, None, pc.binary_join_element_wise("language", told["lang"], ": ")),
    }
    same = {"platform": "x", "lang_source": "payload", "source": "x-v2", "topic": "made", "partition": 0}
    same |= dict.fromkeys(("is_reply", "is_quote", "sentiment_cut"), False)
    schema = to_arrow_schema(posts.TABLE.schema, timezone="UTC")
    columns = [
        known[field.name].cast(field.type)
        if field.name in known
        else pa.repeat(pa.scalar(same.get(field.name), field.type), len(told))
        for field in schema
    ]
    return pa.table(dict(zip(schema.names, columns, strict=True)))


def _scored(rows: pa.Table) -> pa.Table:
    """Scores that no model gave: a topic of the thirteen and a number, by the post's own number."""
    numbers = rows["offset"].to_numpy()
    nothing = pa.nulls(len(rows))
    columns = {
        "topic": pa.array(1 + numbers * 7919 % _TOPICS),
        "topic_similarity": pa.array(np.full(len(rows), 0.5)),
        "predicted_engagement": pa.array((numbers * 31 % 1000).astype(float)),
        "top_quarter_probability": pa.array((numbers * 31 % 1000) / 1000),
        "topic_reason": nothing,
        "engagement_reason": nothing,
        "topics_version": pa.array(np.ones(len(rows), np.int32)),
        "engagement_version": pa.array(np.ones(len(rows), np.int32)),
        "kafka_topic": rows["topic"],
        "scored_at": rows["ingested_at"],
    }
    kept = {name: rows[name] for name in ("platform", "post_id", "created_at", "partition", "offset")}
    return pa.table(columns | kept)


def _named_topics() -> pa.Table:
    words = [[f"word {topic}.{place}" for place in range(10)] for topic in range(1, _TOPICS + 1)]
    row = {"model_version": 1, "posts": 1000, "npmi": 0.1, "weights": [0.1] * 10, "hashtags": ["one", "two"]}
    return pa.Table.from_pylist(
        [{**row, "topic": number, "label": f"topic {number}", "words": those} for number, those in enumerate(words, 1)]
    )


def _told() -> Iterator[dict[str, Any]]:
    with gzip.open(CHECKOUT / "data" / "x_v2_stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        for message in map(json.loads, lines):
            post = message["data"]
            if all(told["type"] != "retweeted" for told in post.get("referenced_tweets", ())):
                tags = [tag["tag"].lower() for tag in post.get("entities", {}).get("hashtags", ())]
                yield {
                    "text": post["text"],
                    "lang": post["lang"],
                    "hashtags": list(dict.fromkeys(tags)),
                    "followers": message["includes"]["users"][0]["public_metrics"]["followers_count"],
                }
