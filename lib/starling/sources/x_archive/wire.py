"""A flat archive row: one post a line, its time in `created_at`, its id in `status_id`."""

from typing import Any

from starling.sources.shift import Shift, Unshiftable, post_id
from starling.sources.timestamps import time_ms
from starling.sources.wire import Message, Wire, read_json, read_object, write_object

_IDS = ("status_id", "reply_to_status_id", "retweet_status_id", "quoted_status_id")
_TIMES = ("created_at", "retweet_created_at", "quoted_created_at")


def recognises(value: Any) -> bool:
    """True for a row that has a `status_id`."""
    return isinstance(value, dict) and "status_id" in value


def messages(line: bytes) -> list[Message]:
    """The row itself, as it is."""
    try:
        row = read_json(line)
    except ValueError:
        return [Message(line, None, None)]
    if not isinstance(row, dict):
        return [Message(line, None, None)]
    return [Message(line, post_id(row.get("status_id")), time_ms(row.get("created_at")))]


def shifted(payload: bytes, shift: Shift) -> Message:
    """The row as a new post. Users' ids and `account_created_at` stay: the accounts are the same.

    Raises Unshiftable with the reason.
    """
    row = read_object(payload)
    old_time = time_ms(row.get("created_at"))
    if post_id(row.get("status_id")) is None:
        raise Unshiftable("no status_id")
    if old_time is None:
        raise Unshiftable("no created_at that is an ISO 8601 time")
    row.update({name: shift.reference(row[name]) for name in _IDS if name in row})
    row.update({name: shift.time(row[name]) for name in _TIMES if row.get(name) is not None})
    return Message(write_object(row), post_id(row["status_id"]), shift.ms(old_time))


WIRE = Wire(source="x-archive", platform="x", recognises=recognises, messages=messages, shifted=shifted)
