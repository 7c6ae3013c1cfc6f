"""Server-sent events: a page is told when the index has changed, and asks for itself again."""

import threading
from collections.abc import Iterator

from flask import Blueprint, Response, abort

from starling.serving.index.index import Index
from starling.serving.web.reading import index

events = Blueprint("events", __name__)
# Each listener holds a thread of the server; a page that is refused asks again every few seconds instead.
MOST_LISTENERS = 12
_HEARTBEAT_SECONDS = 10.0
_listeners = threading.BoundedSemaphore(MOST_LISTENERS)


def listening() -> int:
    """How many pages listen now."""
    return MOST_LISTENERS - _listeners._value


@events.get("/events")
def stream() -> Response:
    """An event `change` with the number of changes so far, at once and whenever it grows."""
    if not _listeners.acquire(blocking=False):
        abort(503, "too many pages listen already")
    response = Response(_told(index()), mimetype="text/event-stream")
    response.call_on_close(_listeners.release)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _told(followed: Index) -> Iterator[str]:
    seen = followed.changes
    yield f"retry: 3000\nevent: change\ndata: {seen}\n\n"
    while not followed.ending:
        now = followed.wait(seen, _HEARTBEAT_SECONDS)
        # A comment now and then finds out who has left.
        yield f"event: change\ndata: {now}\n\n" if now != seen else ": still here\n\n"
        seen = now
