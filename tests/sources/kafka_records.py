"""What came through Kafka, read with a plain consumer."""

from typing import NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition


class Received(NamedTuple):
    key: str | None
    value: bytes
    headers: dict[str, str]
    partition: int
    offset: int


def received(servers: str, topic: str) -> list[Received]:
    """All records of the topic, partition by partition."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "test", "enable.partition.eof": True})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    records, open_partitions = [], set(partitions)
    while open_partitions:
        message = consumer.poll(10)
        assert message is not None, "Kafka said nothing for 10 s"
        if message.error() is None:
            records.append(_record(message))
        else:
            assert message.error().code() == KafkaError._PARTITION_EOF
            open_partitions.discard(message.partition())
    consumer.close()
    return sorted(records, key=lambda record: (record.partition, record.offset))


def _record(message) -> Received:
    headers = {name: value.decode() for name, value in message.headers() or []}
    key = message.key()
    return Received(key and key.decode(), message.value(), headers, message.partition(), message.offset())
