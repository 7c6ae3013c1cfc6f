"""Records as Spark's Kafka source gives them, without a Kafka."""

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

# When the broker took a record, unless a test says otherwise.
TAKEN_AT = datetime(2021, 6, 1, 12, tzinfo=timezone.utc)
INGESTED_AT = datetime(2021, 6, 1, 12, 0, 1, tzinfo=timezone.utc)

_COLUMNS = (
    "key binary, value binary, topic string, partition int, offset bigint, timestamp timestamp, timestampType int, "
    "headers array<struct<key string, value binary>>"
)

_TIME = pa.timestamp("us", "UTC")
_KINDS = {
    "key": pa.binary(),
    "value": pa.binary(),
    "topic": pa.string(),
    "partition": pa.int32(),
    "offset": pa.int64(),
    "timestamp": _TIME,
    "timestampType": pa.int32(),
    "headers": pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())])),
    "ingested_at": _TIME,
}


class Sent(NamedTuple):
    """One record."""

    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] | None = (("source", b"x-v2"),)
    key: bytes | None = None
    at: datetime = TAKEN_AT


def kafka_rows(spark: SparkSession, records: Sequence[Sent]) -> DataFrame:
    """The records in partition 0 of topic "t", the first at offset 0."""
    return spark.createDataFrame(_rows(records), _COLUMNS)


def kafka_batch(records: Sequence[Sent]) -> pa.RecordBatch:
    """The same as Spark hands them to Python, with the start of the micro-batch."""
    columns = zip(*((*row, INGESTED_AT) for row in _rows(records)), strict=True)
    return pa.RecordBatch.from_arrays(
        [pa.array(values, kind) for values, kind in zip(columns, _KINDS.values(), strict=True)], list(_KINDS)
    )


def _rows(records: Sequence[Sent]) -> list[tuple]:
    return [
        (one.key, one.value, "t", 0, offset, one.at, 0, one.headers if one.headers is None else list(one.headers))
        for offset, one in enumerate(records)
    ]


def x_v2(**data: object) -> dict:
    """A good post as X's API v2 sends it, with these values in the place of its own."""
    metrics = {"like_count": 1, "retweet_count": 2, "reply_count": 3, "quote_count": 4}
    post = {
        "id": "1",
        "author_id": "7",
        "text": "Hello",
        "created_at": "2021-06-01T10:00:00.000Z",
        "lang": "en",
        "public_metrics": metrics,
    }
    return {"data": post | data}


def x_archive(**values: object) -> dict:
    """A good post as an archive row, with these values in the place of its own."""
    return {
        "status_id": "1",
        "user_id": "7",
        "text": "Hello",
        "created_at": "2021-06-01T10:00:00Z",
        "lang": "en",
        "is_quote": False,
        "is_retweet": False,
        "favorite_count": 1,
        "retweet_count": 2,
        "reply_count": None,
        "quote_count": None,
        "hashtags": ["a"],
        "mentions_screen_name": [],
        "urls_expanded_url": [],
        "followers_count": 5,
    } | values


def as_json(document: object, **raw: str) -> bytes:
    """The document as JSON, with each string "NAME" replaced by what is given for it, as it is given."""
    text = json.dumps(document)
    for name, written in raw.items():
        text = text.replace(f'"{name}"', written)
    return text.encode()
