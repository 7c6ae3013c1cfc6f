"""What waits in Kafka: by the broker's own word, also while no stream runs."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer
from flask.testing import FlaskClient

from serving.lake import entry, gold_of, indexed, make_lake, post
from starling.kafka import ensure_topic
from starling.kafka_topic import Reach
from starling.serving.backlog import Ends, Reached, backlog
from starling.serving.web.app import create_app
from starling.settings import Settings
from streams.lakes import wait_until

AT = datetime(2026, 6, 30, 12)  # noqa: DTZ001 -- UTC, without a zone


def test_what_no_batch_has_read_is_counted_by_partition(tmp_path: Path) -> None:
    rows = [
        entry(until_offset=20),
        entry(batch_id=1, until_offset=15),
        entry(partition=1, until_offset=4),
        entry(partition=3, until_offset=9),
        entry(partition=2, until_offset=7, topic="other"),
    ]
    index = indexed(make_lake(tmp_path, ops_batches=rows))
    # 5 unread; of 4 to 9 nothing is left, so 2; never read, 4; deleted and made anew, none.
    partitions = {0: Reach(0, 25), 1: Reach(10, 12), 2: Reach(3, 7), 3: Reach(0, 1)}
    with index.cursor() as cursor:
        waiting = backlog(cursor, "t", Reached(partitions, AT))
        unknown = backlog(cursor, "t", None)
    index.close()
    assert waiting is not None
    assert (waiting.records, waiting.at) == (11, AT)
    assert unknown is None


@pytest.fixture
def ends() -> Iterator[Callable[[Settings], Ends]]:
    begun: list[Ends] = []

    def begin(settings: Settings) -> Ends:
        begun.append(Ends(settings, 0.05))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def settings_of(lake: Settings, servers: str, topic: str) -> Settings:
    kafka = lake.kafka.model_copy(update={"bootstrap_servers": servers, "topic": topic})
    return lake.model_copy(update={"kafka": kafka})


def test_the_page_follows_the_broker_while_no_batch_is_written(
    tmp_path: Path, broker: str, ends: Callable[[Settings], Ends]
) -> None:
    topic = f"waiting-{uuid.uuid4().hex}"
    posts, read = [post(1)], entry(topic=topic, until_offset=1, records=1, posts=1)
    lake = make_lake(tmp_path, silver_posts=posts, ops_batches=[read], **gold_of(posts))
    settings = settings_of(lake, broker, topic)
    ensure_topic(settings, broker)
    index = indexed(settings)
    app = create_app(index, settings)
    app.extensions["ends"] = ends(settings)
    client = app.test_client()
    producer = Producer({"bootstrap.servers": broker})
    for sent, waits in ((3, 2), (4, 6)):
        for _ in range(sent):
            producer.produce(topic, b"a record", partition=0)
        assert producer.flush(30) == 0
        wait_until(lambda waits=waits: records_of(client) == waits)  # type: ignore[misc]
    page = client.get("/").get_data(as_text=True)
    index.close()
    assert "<dt>Waiting in Kafka</dt><dd>6 <small>records unread at " in page


def records_of(client: FlaskClient) -> int | None:
    told = client.get("/api/now").get_json()["backlog"]
    return None if told is None else int(told["records"])


@pytest.mark.parametrize("servers", ["127.0.0.1:1", ""])
def test_without_a_broker_the_page_says_so(tmp_path: Path, ends: Callable[[Settings], Ends], servers: str) -> None:
    posts = [post(1)]
    settings = settings_of(make_lake(tmp_path, silver_posts=posts, **gold_of(posts)), servers, "t")
    index = indexed(settings)
    app = create_app(index, settings)
    app.extensions["ends"] = ends(settings)
    page = app.test_client().get("/").get_data(as_text=True)
    told = app.test_client().get("/api/now").get_json()
    index.close()
    assert "<dt>Waiting in Kafka</dt><dd>— <small>no broker answers</small>" in page
    assert told["backlog"] is None
