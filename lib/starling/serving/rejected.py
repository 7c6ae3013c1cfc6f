"""The records that could not be used, and what each reason means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from starling.serving.filters import BadFilter

PAGE = 20
MOST_PAGES = 500
# In the order in which the rules run.
REASONS: Mapping[str, str] = {
    "unknown_source": "the header source is missing, or names no source that Starling reads",
    "empty": "the record has no value, or nothing but spaces",
    "too_large": "the value has more bytes than limits.max_payload_bytes",
    "invalid_utf8": "the value is not UTF-8; raw has its bytes",
    "invalid_json": "the value is not exactly one valid JSON document; detail says what is wrong, and where",
    "wrong_type": "a value in the document has another type than its source gives it; detail says where",
    "unknown_record": "the document is neither a post, a repost nor a deletion",
    "bad_id": "the post's id, or the record's own, is not 1 to 20 digits",
    "missing_created_at": "a post or a repost has no created_at",
    "bad_created_at": "the time is not a full ISO 8601 date and time",
    "created_too_early": "the time is before 2006-03-21, when X began",
    "created_in_future": "the time is more than limits.max_future_minutes after the broker took the record",
    "missing_text": "a post has no text",
    "negative_count": "a count of likes, reposts, replies or quotes is below zero",
    "nothing_counted": "a repost brings none of its original's counts",
    "deleted": "the post is known to be deleted; the payload is not kept",
}
_BY_REASON = (
    "SELECT reason, count(*), max(kafka_timestamp) FROM rejected GROUP BY reason ORDER BY count(*) DESC, reason"
)
_ROWS = f"""
SELECT reason, detail, source, key, payload, topic, partition, "offset", kafka_timestamp
FROM rejected WHERE $reason = '' OR reason = $reason
ORDER BY kafka_timestamp DESC, topic, partition, "offset" DESC LIMIT {PAGE} OFFSET $skip
"""  # noqa: S608 -- our own words


@dataclass(frozen=True)
class Reason:
    """How often a rule was broken, and when for the last time, UTC."""

    name: str
    records: int
    newest: datetime

    @property
    def meaning(self) -> str:
        """The rule in words."""
        return REASONS.get(self.name, "a rule of another version of Starling")


@dataclass(frozen=True)
class Rejected:
    """A record, as much of it as the index keeps; its payload is what somebody sent, word for word."""

    reason: str
    detail: str | None
    source: str | None
    key: str | None
    payload: str | None
    topic: str
    partition: int
    offset: int
    kafka_timestamp: datetime


def by_reason(cursor: duckdb.DuckDBPyConnection) -> list[Reason]:
    """The rules that were broken, the most often broken first."""
    return [Reason(*row) for row in cursor.execute(_BY_REASON).fetchall()]


def rows(cursor: duckdb.DuckDBPyConnection, reason: str = "", page: int = 1) -> list[Rejected]:
    """PAGE of the records, newest first; those with a reason where one is given. `page` counts from 1."""
    known = {"reason": reason, "skip": PAGE * (page - 1)}
    return [Rejected(*row) for row in cursor.execute(_ROWS, known).fetchall()]


def known_reason(said: str) -> str:
    """The reason, or "" for any. Raises BadFilter."""
    if said and said not in REASONS:
        raise BadFilter(f"reason {said[:40]!r} is not known; known: {', '.join(REASONS)}")
    return said
