"""What the pipeline benchmark streams: made posts in an embedded Kafka, loaded before anything is timed."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

from live import Sender
from made_posts import Made, made_posts
from measuring import say

POSTS_PER_SECOND = 100  # by their created_at: a million posts are of about three hours
PARTITIONS = 2  # as kafka.partitions says


@dataclass(frozen=True)
class Load:
    """A topic that holds so many posts."""

    servers: str
    topic: str
    posts: int


@contextmanager
def kafka(work: Path) -> Iterator[str]:
    """An embedded Kafka in a work folder, for the length of a `with`: its bootstrap servers."""
    from bootstrap.layout import layout
    from starling import broker
    from starling.settings import Paths, Settings

    os.environ["STARLING_JARS"] = str(layout(os.environ).jars)
    with broker.connect(Settings(paths=Paths(work=str(work)))) as servers:
        yield servers


def filled(servers: str, topic: str, posts: int) -> Load:
    """A new topic with so many posts, all of them acknowledged."""
    say(f"loading {posts:,} posts")
    sender = Sender(servers, topic)
    for post in all_posts(posts):
        sender.send(post)
    return Load(servers, topic, sender.close())


def all_posts(posts: int) -> Iterator[Made]:
    """So many made posts, the last of them of now.

    Each text begins with a number of its own. The bundled texts come round again within a micro-batch, where we would
    score them once: so no text is spared, although a quarter of real ones are copies.
    """
    start = datetime.now(timezone.utc) - timedelta(seconds=posts / POSTS_PER_SECOND)
    for number, (key, payload) in enumerate(islice(made_posts(start, POSTS_PER_SECOND), posts)):
        yield Made(key, payload.replace(b'"text":"', b'"text":"%d ' % number, 1))


def read_back(load: Load) -> dict[str, Mapping[str, Any]]:
    """The posts of a topic as they lie there, by id: the `data` of each payload."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": load.servers, "group.id": "benchmark", "enable.auto.commit": False})
    consumer.assign([TopicPartition(load.topic, partition, 0) for partition in range(PARTITIONS)])
    found: dict[str, Mapping[str, Any]] = {}
    while len(found) < load.posts:
        for message in consumer.consume(load.posts, timeout=1.0):
            data = json.loads(message.value() or b"")["data"]
            found[data["id"]] = data
    consumer.close()
    return found
