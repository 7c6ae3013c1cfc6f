"""A broker that goes away for a while: waited for, and how long."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

from py4j.java_gateway import JavaObject

from starling import kafka
from starling.errors import BrokerError
from starling.failures import causes, thrown
from starling.settings import Settings

# Seconds between two tries: twice as long each time, up to the last one.
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
# How long one try waits for an answer.
_TRY_SECONDS = 5
# What Kafka's client and Spark's reader of it throw when nobody answers.
_AWAY = ("org.apache.kafka.common.errors.RetriableException", "java.util.concurrent.TimeoutException")
_KAFKAS = ("org.apache.kafka.", "org.apache.spark.sql.kafka010.")


def is_outage(error: BaseException) -> bool:
    """Whether a query failed because no broker answered."""
    return any(any(kind in _AWAY for kind in _kinds(cause)) and _from_kafka(cause) for cause in causes(thrown(error)))


def waited_out(settings: Settings, servers: str, stop: threading.Event, say: Callable[[str], None]) -> bool:
    """Waits until the broker answers again, for `kafka.outage_seconds` at the most; False where a stop is wished.

    Raises BrokerError, with what it was like, when that has passed.
    """
    began, since = time.monotonic(), datetime.now(timezone.utc)
    bound = settings.kafka.outage_seconds
    say(f"kafka: no broker answers at {servers} since {since:%H:%M:%S} UTC; waiting for it for up to {bound} s")
    patient = settings.kafka.model_copy(update={"timeout_seconds": _TRY_SECONDS})
    for wait in _waits():
        left = bound - (time.monotonic() - began)
        if left <= 0:
            break
        if stop.wait(min(wait, left)):
            return False
        try:
            kafka.ensure_topic(settings.model_copy(update={"kafka": patient}), servers)
        except BrokerError:
            continue
        say(f"kafka: the broker answers again, after {time.monotonic() - began:.0f} s")
        return True
    raise BrokerError(
        f"no Kafka broker has answered at {servers} for {bound} s (kafka.outage_seconds), since {since:%H:%M:%S} UTC; "
        "nothing is lost: start the stream again when there is one, and it goes on where it was"
    )


def _waits() -> Iterator[float]:
    wait = FIRST_WAIT_SECONDS
    while True:
        yield wait
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def _kinds(error: JavaObject) -> Iterator[str]:
    """The names of its class and of those above."""
    kind = error.getClass()
    while kind is not None:
        yield str(kind.getName())
        kind = kind.getSuperclass()


def _from_kafka(error: JavaObject) -> bool:
    """A time-out of Java's own counts where it was thrown by, or to, a Kafka client."""
    places = [str(frame.getClassName()) for frame in error.getStackTrace()]
    return str(error.getClass().getName()).startswith(_KAFKAS) or any(place.startswith(_KAFKAS) for place in places)
