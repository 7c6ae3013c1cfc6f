"""Records into Kafka: sent, and counted once the broker has acknowledged them."""

import time
from functools import partial
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, ConfigResource

from starling.kafka import librdkafka_options, producer_options, silent_logger
from starling.settings import Settings
from starling.sources.summary import Place, Tally

# What waits for the broker is bounded, in records and in bytes.
_QUEUE = {"queue.buffering.max.messages": 50_000, "queue.buffering.max.kbytes": 64 << 10}
_POLL_SECONDS = 0.1
_BATCH_BYTES = 1_000_000  # librdkafka's own limit of a batch

# Refusals of one record. Any other failure lasts, as librdkafka has by then tried again for kafka.timeout_seconds.
_REFUSALS = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_MSG,
    KafkaError.INVALID_MSG_SIZE,
    KafkaError.INVALID_RECORD,
    KafkaError.RECORD_LIST_TOO_LARGE,
}


Headers = list[tuple[str, str | bytes | None]]


class Record(NamedTuple):
    """What is sent: a key, which may be missing, the bytes, and the headers in their order."""

    key: str | None
    value: bytes
    headers: Headers


def batch_bytes(settings: Settings, servers: str) -> int:
    """How large a batch of records may be. The topic's limit is one of batches: a larger one is refused as a whole.

    Where the topic's limit may not be asked for, it is taken to be no less than librdkafka's.
    """
    admin = AdminClient({**librdkafka_options(settings, servers)}, logger=silent_logger())
    topic = ConfigResource(ConfigResource.Type.TOPIC, settings.kafka.topic)
    asked = admin.describe_configs([topic], request_timeout=settings.kafka.timeout_seconds)
    try:
        limit = asked[topic].result()["max.message.bytes"].value
    except KafkaException:
        return _BATCH_BYTES
    return min(_BATCH_BYTES, int(limit))


class Publisher:
    """A producer that tells the tally what the broker took and what it did not.

    A batch of records is not larger than `batch_bytes`, unless a single record is.
    `trouble` is None until a failure shows that going on is useless; it then says why.
    """

    def __init__(self, settings: Settings, servers: str, tally: Tally, batch_bytes: int = _BATCH_BYTES) -> None:
        options = producer_options(settings, servers) | _QUEUE | {"batch.size": batch_bytes}
        self._producer = Producer(options, logger=silent_logger())
        self._topic, self._servers = settings.kafka.topic, servers
        self._timeout_seconds = settings.kafka.timeout_seconds
        self._tally = tally
        self.trouble: str | None = None

    def send(self, record: Record, place: Place) -> None:
        """Hands a record over; waits while the queue is full, which ends when the broker answers or is given up."""
        key = None if record.key is None else record.key.encode()
        told = partial(self._told, place)
        while self.trouble is None:
            try:
                self._producer.produce(self._topic, record.value, key, headers=record.headers, on_delivery=told)
            except BufferError:
                self._producer.poll(_POLL_SECONDS)
            except KafkaException as error:
                self._failed(place, error.args[0])
                return
            else:
                self._producer.poll(0)
                return
        self._tally.fail(place, self.trouble)

    def wait(self, seconds: float) -> None:
        """Lets the broker's answers in, for at most so long."""
        whole_ms = int(seconds * 1000) / 1000  # all that librdkafka counts; it would not wait for less
        if whole_ms:
            self._producer.poll(whole_ms)
        else:
            time.sleep(seconds)

    def close(self) -> None:
        """Waits until all that was handed over is delivered, for at most kafka.timeout_seconds; then it has failed."""
        if self._producer.flush(0 if self.trouble else self._timeout_seconds):
            self.trouble = self.trouble or self._silent()
            self._producer.purge()
            self._producer.flush(_POLL_SECONDS)

    def _silent(self) -> str:
        return f"the Kafka broker at {self._servers} has not acknowledged all records in {self._timeout_seconds} s"

    def _told(self, place: Place, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self._tally.sent += 1
        else:
            self._failed(place, error)

    def _failed(self, place: Place, error: KafkaError) -> None:
        self._tally.fail(place, error.str())
        if error.code() not in _REFUSALS and self.trouble is None:
            self.trouble = f"the Kafka broker at {self._servers} no longer takes records ({error.str()})"
