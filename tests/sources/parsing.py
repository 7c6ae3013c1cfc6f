"""What is read of one payload."""

import time

from starling.settings import Limits
from starling.sources.parse import Parsed, parse_one


def read(source: str, payload: bytes) -> Parsed:
    """What a record that Kafka took just now is."""
    return parse_one(source, payload, None, time.time_ns() // 1000, Limits())


def said(one: Parsed, name: str) -> object:
    """One value of what was read."""
    return getattr(one if name in Parsed._fields else one.record, name)
