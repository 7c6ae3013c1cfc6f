"""What a collector needs to know of a payload: which record it is, and when it happened.

A wire format says it of one line of a file; the columns of the same payload are the stream's affair.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from starling.sources.shift import Shift, Unshiftable


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse)


class Message(NamedTuple):
    """One record to be: its bytes, its post's id, its time. The last two are None where the payload does not say."""

    payload: bytes
    post_id: str | None
    time_ms: int | None


@dataclass(frozen=True)
class Wire:
    """A wire format, by the functions that know it.

    `recognises` tells whether a parsed line is of the format. `messages` takes a line apart; it never fails, because
    a line that cannot be read is a record too, which the stream rejects. `shifted` moves a payload to another time,
    or raises Unshiftable with the reason.
    """

    source: str
    platform: str
    recognises: Callable[[Any], bool]
    messages: Callable[[bytes], Sequence[Message]]
    shifted: Callable[[bytes, Shift], Message]


def read_json(payload: bytes) -> Any:
    """The value of a JSON document in UTF-8. Raises ValueError, whatever is wrong with it.

    >>> read_json(b'{"id": "20"}')
    {'id': '20'}
    """
    try:
        return _decoder.decode(payload.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None


def write_json(value: Any) -> bytes:
    """Compact JSON in UTF-8. Raises ValueError for what JSON has no word for.

    Half a surrogate pair, which texts cut by their length end with, has no UTF-8: such a document is written in ASCII.

    >>> write_json({"text": "olá"}).decode(), write_json({"text": "\\ud83d"}).decode()
    ('{"text":"olá"}', '{"text":"\\\\ud83d"}')
    """
    try:
        return _dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return _dumps(value, ensure_ascii=True).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _dumps(value: Any, ensure_ascii: bool) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, separators=(",", ":"), allow_nan=False)


def read_object(payload: bytes) -> dict[str, Any]:
    """The JSON object that is to be shifted. Raises Unshiftable for anything else."""
    try:
        value = read_json(payload)
    except UnicodeDecodeError:
        raise Unshiftable("not UTF-8") from None
    except ValueError as error:
        raise Unshiftable(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unshiftable("not a JSON object")
    return value


def write_object(value: dict[str, Any]) -> bytes:
    """The bytes of a shifted object. Raises Unshiftable where it holds a number that is none (1e999)."""
    try:
        return write_json(value)
    except ValueError as error:
        raise Unshiftable(f"not JSON: {error}") from None
