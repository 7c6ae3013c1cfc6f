import os
import uuid

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from sources.kafka_records import Received, received
from starling.kafka import ensure_topic
from starling.settings import Kafka, Settings
from starling.sources.publish import Publisher, Record, batch_bytes
from starling.sources.summary import Place, Tally


@pytest.fixture
def settings() -> Settings:
    return Settings(kafka=Kafka(topic=f"publish-{uuid.uuid4().hex}", partitions=1, timeout_seconds=10))


def test_a_record_arrives_as_it_was_handed_over(broker: str, settings: Settings) -> None:
    ensure_topic(settings, broker)
    tally = Tally(["posts"])
    publisher = Publisher(settings, broker, tally)
    publisher.send(Record("x:1", b'{"a":\xff\x00}', [("source", b"x-v2")]), Place(0, 1))
    publisher.send(Record(None, b"", []), Place(0, 2))
    publisher.close()
    assert received(broker, settings.kafka.topic) == [
        Received("x:1", b'{"a":\xff\x00}', {"source": "x-v2"}, 0, 0),
        Received(None, b"", {}, 0, 1),
    ]
    assert (tally.sent, tally.failed, publisher.trouble) == (2, 0, None)


def test_records_arrive_in_order_while_more_are_handed_over_than_the_queue_holds(
    broker: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starling.sources.publish._QUEUE", {"queue.buffering.max.messages": 10})
    ensure_topic(settings, broker)
    tally = Tally(["posts"])
    publisher = Publisher(settings, broker, tally)
    for number in range(500):
        publisher.send(Record("x:1", str(number).encode(), []), Place(0, number))
    publisher.close()
    assert [int(record.value) for record in received(broker, settings.kafka.topic)] == list(range(500))
    assert tally.sent == 500


def test_records_that_are_too_large_fail_alone_and_by_name(broker: str, settings: Settings) -> None:
    topic = NewTopic(settings.kafka.topic, 1, config={"max.message.bytes": "20000"})
    admin = AdminClient({"bootstrap.servers": broker})
    admin.create_topics([topic])[topic.topic].result()
    tally = Tally(["posts.jsonl"])
    assert batch_bytes(settings, broker) == 20_000
    publisher = Publisher(settings, broker, tally, batch_bytes(settings, broker))
    publisher.send(Record("x:1", b"small", []), Place(0, 1))
    publisher.send(Record("x:2", os.urandom(30_000), []), Place(0, 2))  # refused by the broker
    publisher.send(Record("x:3", bytes(9_000_000), []), Place(0, 3))  # refused by the producer
    publisher.send(Record("x:4", b"small again", []), Place(0, 4))
    publisher.close()
    assert [record.value for record in received(broker, settings.kafka.topic)] == [b"small", b"small again"]
    assert (tally.sent, tally.failed, publisher.trouble) == (2, 2, None)
    assert sorted(where for where, _ in tally.failures) == ["posts.jsonl:2", "posts.jsonl:3"]
    assert all(reason.endswith("Message size too large") for _, reason in tally.failures)


def test_a_broker_that_is_away_is_given_up_and_every_record_accounted_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starling.sources.publish._QUEUE", {"queue.buffering.max.messages": 2})
    hasty = Settings(kafka=settings.kafka.model_copy(update={"timeout_seconds": 1}))
    tally = Tally(["posts.jsonl"])
    publisher = Publisher(hasty, "127.0.0.1:1", tally)
    for line in range(1, 6):
        publisher.send(Record(None, b"post", []), Place(0, line))
    publisher.close()
    assert (tally.sent, tally.failed) == (0, 5)
    assert publisher.trouble is not None
    assert publisher.trouble.startswith("the Kafka broker at 127.0.0.1:1 no longer takes records (")
    assert {where for where, _ in tally.failures} == {f"posts.jsonl:{line}" for line in range(1, 6)}


def test_what_is_not_acknowledged_in_time_has_failed_when_the_publisher_closes(settings: Settings) -> None:
    tally = Tally(["posts.jsonl"])
    publisher = Publisher(settings, "127.0.0.1:1", tally)
    publisher._timeout_seconds = 0  # closing is not to wait; the producer itself would for 10 s
    publisher.send(Record(None, b"post", []), Place(0, 7))
    publisher.close()
    assert publisher.trouble == "the Kafka broker at 127.0.0.1:1 has not acknowledged all records in 0 s"
    assert [where for where, _ in tally.failures] == ["posts.jsonl:7"]
