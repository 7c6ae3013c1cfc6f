"""Kafka's own troubles: records that are gone, a topic that is another one, transactions."""

import time
from collections.abc import Iterator, Sequence

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from faults.checked import is_whole, tell
from faults.figures import Tally
from starling.errors import DataLossError, StreamError
from starling.kafka import producer_options, silent_logger
from starling.settings import Kafka
from streams.lakes import Lake, Record
from streams.messages import post


@pytest.fixture
def single(lake: Lake) -> Lake:
    """A lake whose topic has one partition, so that a test knows each offset."""
    kafka = Kafka(topic=lake.settings.kafka.topic, partitions=1)
    return Lake(lake.spark, lake.settings.model_copy(update={"kafka": kafka}), lake.servers)


@pytest.fixture
def admin(broker: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": broker}, logger=silent_logger())


def numbered(first: int, end: int) -> list[Record]:
    return [post(id=str(number)) for number in range(first, end)]


def ids(lake: Lake) -> list[str]:
    return [row["post_id"] for row in lake.rows("silver.posts", "post_id")]


@pytest.mark.fault(7, "records deleted from Kafka before they were read")
def test_records_that_are_gone_stop_the_stream_by_name_and_with_the_opt_in_become_a_gap(
    single: Lake, admin: AdminClient, tally: Tally
) -> None:
    single.send(numbered(100, 110))
    single.drain()
    single.send(numbered(110, 130))
    topic = single.settings.kafka.topic
    place = TopicPartition(topic, 0, 25)
    admin.delete_records([place])[place].result()
    with pytest.raises(DataLossError, match=rf"^offsets 10 to 24 of {topic}-0 are gone from Kafka and were never read"):
        single.drain()
    assert len(ids(single)) == 10

    goes_on = single.settings.stream.model_copy(update={"on_data_loss": "continue"})
    opted_in = Lake(single.spark, single.settings.model_copy(update={"stream": goes_on}), single.servers)
    opted_in.drain()
    assert ids(opted_in) == [str(number) for number in (*range(100, 110), *range(125, 130))]
    assert opted_in.rows("ops.gaps", "topic", "partition", "from_offset", "until_offset") == [
        {"topic": topic, "partition": 0, "from_offset": 10, "until_offset": 25}
    ]
    single.send(numbered(130, 132))
    single.drain()  # what was left behind once is asked for no more
    assert len(single.rows("ops.gaps", "from_offset")) == 1
    is_whole(single)
    tell(tally, single, 17)


@pytest.mark.fault(8, "the topic deleted and made again, longer than before")
def test_a_topic_that_was_made_again_is_refused(single: Lake, admin: AdminClient) -> None:
    single.send(numbered(100, 105))
    single.drain()
    topic = single.settings.kafka.topic
    admin.delete_topics([topic])[topic].result()
    gone_by = time.monotonic() + 20
    while topic in admin.list_topics(timeout=5).topics and time.monotonic() < gone_by:
        time.sleep(0.2)
    single.send(numbered(200, 220))
    for _ in range(2):
        with pytest.raises(StreamError, match=rf"topic '{topic}' was deleted and made again .* Nothing was read\."):
            single.drain()
    assert ids(single) == [str(number) for number in range(100, 105)]

    renamed = Kafka(topic=f"{topic}-2", partitions=1)
    paths = single.settings.paths.model_copy(update={"checkpoints": f"{single.settings.paths.work}/checkpoints-2"})
    moved = Lake(single.spark, single.settings.model_copy(update={"kafka": renamed, "paths": paths}), single.servers)
    moved.send([*numbered(103, 105), *numbered(200, 203)])
    moved.drain()  # as the message says
    assert ids(moved) == [str(number) for number in (*range(100, 105), *range(200, 203))]
    is_whole(moved)


@pytest.fixture
def transactional(single: Lake) -> Iterator[Producer]:
    options = {**producer_options(single.settings, single.servers), "transactional.id": single.settings.kafka.topic}
    producer = Producer(options, logger=silent_logger())
    producer.init_transactions(30)
    yield producer
    producer.flush(10)


def say(producer: Producer, lake: Lake, records: Sequence[Record]) -> None:
    for record in records:
        producer.produce(
            lake.settings.kafka.topic,
            record.value,
            record.key,
            partition=0,
            headers=[("source", record.source.encode())],
        )


@pytest.mark.fault(10, "transactions: committed, aborted, aborted only, left open")
def test_only_committed_records_are_read_and_what_is_between_them_is_no_alarm(
    single: Lake, transactional: Producer, tally: Tally
) -> None:
    single.send(numbered(100, 102))
    for records, ends in (
        (numbered(102, 104), transactional.commit_transaction),
        (numbered(900, 903), transactional.abort_transaction),
        (numbered(104, 105), transactional.commit_transaction),
    ):
        transactional.begin_transaction()
        say(transactional, single, records)
        transactional.flush(30)
        ends(30)
    single.drain()
    assert ids(single) == ["100", "101", "102", "103", "104"]

    transactional.begin_transaction()  # nothing but what is aborted
    say(transactional, single, numbered(903, 906))
    transactional.flush(30)
    transactional.abort_transaction(30)
    single.drain()
    single.drain()
    transactional.begin_transaction()  # and what is left open
    say(transactional, single, numbered(105, 107))
    transactional.flush(30)
    single.drain()
    assert len(ids(single)) == 5
    is_whole(single)
    transactional.commit_transaction(30)
    single.drain()
    assert ids(single) == [str(number) for number in range(100, 107)]
    is_whole(single)
    tell(tally, single, 7)
