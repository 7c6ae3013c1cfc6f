"""How far a topic reaches, asked of a real Kafka."""

import uuid

from confluent_kafka import Producer

from starling.kafka import ensure_topic
from starling.kafka_topic import Reach, Topic
from starling.settings import Kafka, Settings


def test_a_topic_reaches_as_far_as_its_records_and_one_that_is_not_there_nowhere(broker: str) -> None:
    settings = Settings(kafka=Kafka(topic=f"reach-{uuid.uuid4().hex}", partitions=2))
    assert Topic(settings, broker).reach() == {}
    ensure_topic(settings, broker)
    producer = Producer({"bootstrap.servers": broker})
    for _ in range(3):
        producer.produce(settings.kafka.topic, b"a record", partition=1)
    assert producer.flush(30) == 0
    assert Topic(settings, broker).reach() == {0: Reach(0, 0), 1: Reach(0, 3)}
