"""Records out of bronze's payloads, and the reason why a payload is none.

A reason is data: None when all is well. The rules run in order, and the first that is broken names itself.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

from starling.arrow import Columns, arrays, with_columns
from starling.settings import Limits
from starling.sources.record import COUNTS, DELETION, POST, REPOST, Record
from starling.sources.timestamps import time_us
from starling.sources.values import WrongType
from starling.sources.x_archive.record import record as x_archive
from starling.sources.x_v2.record import record as x_v2

SOURCES: dict[str, Callable[[Any], Record]] = {"x-v2": x_v2, "x-archive": x_archive}

# What is said of every record; what could not be read of it is null.
COLUMNS = StructType(
    [
        *(StructField(name, StringType()) for name in ("kind", "platform", "record_id", "post_id")),
        StructField("created_at", TimestampType()),
        *(StructField(name, LongType()) for name in COUNTS),
        *(StructField(name, StringType()) for name in ("observation_id", "reason", "detail")),
    ]
)

# No post of a platform read here is older: X began on 2006-03-21.
_EARLIEST_US = time_us("2006-03-21T00:00:00Z") or 0
_MAX_ID_DIGITS = 20
_MAX_DETAIL, _MAX_SHOWN = 200, 80
# Pairs of surrogates, halves of such, and other escapes, of JSON.
_ESCAPES = re.compile(rb"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|(\\u[dD][89a-fA-F]..)|(\\.)", re.DOTALL)

_Problem = tuple[str, str]  # a reason and its detail


class Parsed(NamedTuple):
    """A record, and what is said of it; where there is a reason, it is not to be used.

    `observation_id` says what was counted, by which record: equal for a redelivery of the same counts, None when
    nothing was.
    """

    record: Record
    created_us: int | None = None
    observation_id: str | None = None
    reason: str | None = None
    detail: str | None = None


_UNREAD = Parsed(Record())


def parse(events: DataFrame, limits: Limits) -> DataFrame:
    """Adds COLUMNS. Grain: one row a record, still.

    Reads: source, payload string, raw binary, kafka_timestamp.
    """
    return with_columns(events, COLUMNS, lambda batch: columns(parsed(batch, limits)))


def parsed(events: pa.RecordBatch, limits: Limits) -> list[Parsed]:
    """What each row of bronze.events is. Reads what `parse` does."""
    payloads = events.column("payload").cast(pa.binary())
    taken = events.column("kafka_timestamp").cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    given = (values.to_pylist() for values in (events.column("source"), payloads, events.column("raw"), taken))
    return [parse_one(source, payload, raw, at, limits) for source, payload, raw, at in zip(*given, strict=True)]


def columns(records: Sequence[Parsed]) -> Columns:
    """COLUMNS, of the records in their order."""
    rows = (
        (r.kind, r.platform, r.record_id, r.post_id, created_us, *r.counts, observation_id, reason, detail)
        for r, created_us, observation_id, reason, detail in records
    )
    return arrays(COLUMNS, rows)


def parse_one(source: str | None, payload: bytes | None, raw: bytes | None, taken_us: int, limits: Limits) -> Parsed:
    """What one record is, which the broker took at `taken_us`, microseconds since 1970.

    `payload` is UTF-8; `raw` is given where what came is not.
    """
    problem = next(_envelope(source, payload, raw, limits), None)
    if problem:
        return _refused(*problem)
    try:
        record = SOURCES[source or ""](_document(payload or b""))
    except orjson.JSONDecodeError as error:
        return _refused("invalid_json", f"not exactly one valid JSON document: {error}")
    except WrongType as wrong:
        return _refused("wrong_type", str(wrong))
    found = Parsed(record, time_us(record.created_at), _observation_id(record))
    problem = next(_values(found, taken_us, limits), None)
    return _refused(*problem, found) if problem else found


def _refused(reason: str, detail: str, found: Parsed = _UNREAD) -> Parsed:
    return found._replace(reason=reason, detail=detail[:_MAX_DETAIL])


def _document(payload: bytes) -> Any:
    """The JSON document. Half a surrogate pair, which texts cut by their length end with, becomes U+FFFD."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        whole = _ESCAPES.sub(lambda found: rb"\ufffd" if found[2] else found[0], payload)
        if whole == payload:
            raise
        return orjson.loads(whole)


def _observation_id(record: Record) -> str | None:
    """ "RECORD_ID/likes/reposts/replies/quotes", "-" for an unknown count; None where all four are."""
    counts = record.counts
    if counts == (None, None, None, None):
        return None
    return "/".join([record.record_id or "", *("-" if count is None else str(count) for count in counts)])


def _envelope(source: str | None, payload: bytes | None, raw: bytes | None, limits: Limits) -> Iterator[_Problem]:
    """Rules on the record as Kafka delivered it."""
    if source not in SOURCES:
        yield "unknown_source", f"header source: {'missing' if source is None else source}"
    if payload is None or not payload.strip(b" "):
        yield "empty", "no payload"
    size = len(raw if raw is not None else payload or b"")
    if size > limits.max_payload_bytes:
        yield "too_large", f"{size} bytes; limit {limits.max_payload_bytes}"
    if raw is not None:
        yield "invalid_utf8", "the payload's bytes are not UTF-8"


def _values(found: Parsed, taken_us: int, limits: Limits) -> Iterator[_Problem]:
    """Rules on the record's values."""
    record, created_us = found.record, found.created_us
    if record.kind is None:
        yield "unknown_record", "neither a post, a repost nor a deletion"
    if not (_is_id(record.post_id) and _is_id(record.record_id)):
        yield "bad_id", _said(record.post_id, "is not a post's id")
    yield from _times(record, created_us, taken_us + limits.max_future_minutes * 60_000_000)
    if record.kind == POST and record.text is None:
        yield "missing_text", "no text"
    if any(count is not None and count < 0 for count in record.counts):
        yield "negative_count", found.observation_id or ""
    if record.kind == REPOST and found.observation_id is None:
        yield "nothing_counted", "a repost without any count"


def _times(record: Record, created_us: int | None, latest_us: int) -> Iterator[_Problem]:
    if record.created_at is None:
        if record.kind != DELETION:
            yield "missing_created_at", "no created_at"
    elif created_us is None:
        yield "bad_created_at", _said(record.created_at, "is no ISO 8601 time")
    elif created_us < _EARLIEST_US:
        yield "created_too_early", _said(record.created_at, "is before any post")
    elif created_us > latest_us:
        yield "created_in_future", _said(record.created_at, "is after the record came")


def _is_id(value: str | None) -> bool:
    return value is not None and len(value) <= _MAX_ID_DIGITS and value.isascii() and value.isdigit()


def _said(value: str | None, words: str) -> str:
    return f"{'null' if value is None else value[:_MAX_SHOWN]} {words}"
