"""A deletion that is asked for here, as the record that its platform would have sent."""

import time

from starling.sources.publish import Record
from starling.sources.timestamps import time_text
from starling.sources.x_v2 import wire as x_v2

# By platform, the source that says that a post is deleted, and how it says it.
_EVENTS = {x_v2.WIRE.platform: (x_v2.WIRE.source, x_v2.deletion)}
PLATFORMS = tuple(_EVENTS)


def record(platform: str, post_id: str) -> Record:
    """The record that says that a post of one of PLATFORMS is deleted by now."""
    source, event = _EVENTS[platform]
    now = time_text(time.time_ns() // 1_000_000)
    headers: list[tuple[str, str | bytes | None]] = [("source", source.encode()), ("collected_at", now.encode())]
    return Record(f"{platform}:{post_id}", event(post_id, now), headers)
