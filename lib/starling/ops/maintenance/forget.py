"""What `jobs/maintain.py forget` and `retain` do: posts that are asked to be taken out, payloads that are too old.

A post is forgotten by a deletion event in the topic, as its platform would have sent it: so every record stays
accounted for, a stream that runs hears of it, and the tombstone refuses the post whenever it comes again.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, NamedTuple

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from starling import delta, pseudonyms
from starling.errors import BrokerError, ConfigError
from starling.kafka import ensure_topic
from starling.ops import erasures
from starling.ops.erasures import Receipt
from starling.pipeline.catalogue import STREAM_TABLES, create_all
from starling.pipeline.driver_lock import is_driven, only_driver
from starling.pipeline.erasure import blank_author, erase
from starling.pipeline.query import stream
from starling.pipeline.receipts import begin, delete_files, pending
from starling.pipeline.refresh import recount
from starling.pipeline.retention import drop_payloads
from starling.pipeline.upkeep import look_minutes
from starling.settings import Retention, Settings
from starling.silver import deletions, posts
from starling.sources.deletion import PLATFORMS, record
from starling.sources.publish import Publisher
from starling.sources.summary import Place, Tally
from starling.tables import Table

_PATIENCE_SECONDS = 300
_SAY_SECONDS = 10
_ID = re.compile(rf"(?:({'|'.join(PLATFORMS)}):)?([0-9]{{1,20}})")
_ALLOWED = (
    f"an id is 1 to 20 digits, with {' or '.join(f'{platform}:' for platform in PLATFORMS)} before them or nothing"
)


class Id(NamedTuple):
    """A post, or an author, of a platform."""

    platform: str
    number: str

    def __str__(self) -> str:
        """As it is given and shown."""
        return f"{self.platform}:{self.number}"


@dataclass(frozen=True)
class Request:
    """What is to be forgotten: posts, all of an author by the platform's id, or by the pseudonym of the tables."""

    posts: tuple[Id, ...] = ()
    author: Id | None = None
    pseudonym: str | None = None

    @classmethod
    def of(cls, posts: Sequence[str] = (), author: str | None = None, pseudonym: str | None = None) -> "Request":
        """The request; raises ConfigError for ids that cannot be, and for none.

        >>> asked = Request.of(["20", "x:21"], author="12")
        >>> [str(post) for post in asked.posts], str(asked.author)
        (['x:20', 'x:21'], 'x:12')
        """
        if not (posts or author or pseudonym):
            raise ConfigError("nothing to forget: name posts by their ids, or an author with --author or --pseudonym")
        if pseudonym and not re.fullmatch("[0-9a-f]{32}", pseudonym):
            raise ConfigError(
                f"--pseudonym {pseudonym!r}: a pseudonym is 32 digits of 0 to 9 and a to f, as in silver.posts"
            )
        ids = tuple(dict.fromkeys(_id("post", post) for post in posts))
        return cls(ids, _id("--author", author) if author else None, pseudonym)


def _id(what: str, said: str) -> Id:
    found = _ID.fullmatch(said)
    if found is None:
        raise ConfigError(f"{what} {said!r}: {_ALLOWED}")
    return Id(found[1] or PLATFORMS[0], found[2])


@dataclass(frozen=True)
class Forgotten:
    """What became of a request: which posts it is about, what was taken out so far, and what is still to come."""

    lake: str
    posts: tuple[Id, ...]
    already: int
    unknown: tuple[Id, ...]
    receipts: Sequence[Receipt]
    to_come: str = ""

    def lines(self) -> Iterator[str]:
        """For a person."""
        known = f", of which {self.already:,} were deleted before" if self.already else ""
        yield f"Forgotten: {len(self.posts):,} posts{known}"
        for post in self.unknown:
            yield f"  {post} is not in {posts.TABLE.name}; its deletion is noted, so that it is refused when it comes"
        yield from _taken_out(self.receipts)
        yield self.to_come or "No file of the tables has it any more."

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "lake": self.lake,
            "posts": [str(post) for post in self.posts],
            "already_deleted": self.already,
            "unknown": [str(post) for post in self.unknown],
            "erasures": [_plain(receipt) for receipt in self.receipts],
            "to_come": self.to_come or None,
        }


def _taken_out(receipts: Sequence[Receipt]) -> Iterator[str]:
    for receipt in receipts:
        yield f"  {receipt.table_name:<20} {receipt.rows:>9,} rows, version {receipt.version:,}"


def _plain(receipt: Receipt) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(receipt).items()
    }


def forget(
    spark: SparkSession, settings: Settings, servers: str, request: Request, say: Callable[[str], None]
) -> Forgotten:
    """Takes the posts out, their files included; beside a running stream, has it do so, and waits until it knows.

    Raises BrokerError where Kafka does not take the deletions.
    """
    lake = settings.lake
    create_all(spark, lake, STREAM_TABLES)
    wanted = tuple(dict.fromkeys([*request.posts, *_of_author(spark, settings, request)]))
    deleted = _among(spark, wanted, deletions.TABLE, lake)
    unknown = [post for post in request.posts if post not in _among(spark, wanted, posts.TABLE, lake) | deleted]
    new = [post for post in wanted if post not in deleted]
    _send(settings, servers, new)
    if is_driven(spark, lake):
        _wait(spark, lake, new, say)
        receipts, to_come = _beside(spark, lake, request), _promised(settings.retention)
    else:
        if new:
            stream(spark, settings, servers, threading.Event(), once=True)
        receipts, to_come = _alone(spark, settings, request), ""
    return Forgotten(lake, wanted, len(deleted), tuple(unknown), receipts, to_come)


def retain(spark: SparkSession, settings: Settings, days: int | None = None) -> Iterator[str]:
    """Makes payloads null that are older than so many days, by default `retention.payload_days`; says what was done.

    Beside a running stream the files are left to it. Raises ConfigError where no age is set.
    """
    days = settings.retention.payload_days if days is None else days
    if days < 1:
        raise ConfigError(
            f"payloads are kept for ever (retention.payload_days = {days}): set it, or give --days, from 1 on"
        )
    before = datetime.now(timezone.utc) - timedelta(days=days)
    driven = is_driven(spark, settings.lake)
    with nullcontext() if driven else only_driver(spark, settings.lake):
        create_all(spark, settings.lake, STREAM_TABLES)
        done = drop_payloads(spark, settings.lake, before, partial(recount, spark, settings))
        yield f"payloads of before {before:%Y-%m-%d %H:%M} UTC: " + ("taken out" if done else "there are none")
        yield from _taken_out(done)
        if not driven:
            yield f"{delete_files(spark, settings.lake, timedelta(0)):,} files deleted"
        elif done:
            yield f"the running stream deletes their files within {_minutes(settings.retention)}"


def _of_author(spark: SparkSession, settings: Settings, request: Request) -> list[Id]:
    """The posts of the author that silver has."""
    tests: list[Column] = []
    if request.author:
        own = pseudonyms.pseudonym(pseudonyms.key(settings), *request.author)
        tests.append((F.col("platform") == request.author.platform) & (F.col("author") == own))
    if request.pseudonym:
        tests.append(F.col("author") == request.pseudonym)
    rows = delta.read(spark, posts.TABLE, settings.lake)
    return sorted(Id(*row) for test in tests for row in rows.where(test).select("platform", "post_id").collect())


def _among(spark: SparkSession, ids: Sequence[Id], table: Table, lake: str) -> set[Id]:
    """Those of the posts that the table has."""
    if not ids:
        return set()
    sought = F.broadcast(spark.createDataFrame(list(ids), "platform string, post_id string"))
    rows = delta.read(spark, table, lake).join(sought, ["platform", "post_id"], "left_semi")
    return {Id(*row) for row in rows.select("platform", "post_id").collect()}


def _send(settings: Settings, servers: str, ids: Sequence[Id]) -> None:
    ensure_topic(settings, servers)
    tally = Tally(["the deletion of a post"])
    publisher = Publisher(settings, servers, tally)
    for number, post in enumerate(ids, start=1):
        publisher.send(record(*post), Place(0, number))
    publisher.close()
    if tally.sent < len(ids):
        reason = publisher.trouble or tally.failures[0].reason
        raise BrokerError(
            f"{tally.sent} of {len(ids)} deletions were sent ({reason}); run it again: none is sent twice"
        )


def _alone(spark: SparkSession, settings: Settings, request: Request) -> list[Receipt]:
    """Takes out what is deleted, files and all, while no stream may begin; the receipts of it."""
    with only_driver(spark, settings.lake):
        begin(spark, settings.lake)
        if request.author:
            blank_author(spark, settings.lake, request.author.number)
        erase(spark, settings.lake, partial(recount, spark, settings))
        open_ones = F.col("files_gone_at").isNull()
        rows = delta.read(spark, erasures.TABLE, settings.lake)
        ids = [row.erasure_id for row in rows.where(open_ones).select("erasure_id").distinct().collect()]
        delete_files(spark, settings.lake, timedelta(0))
    return erasures.of(delta.read(spark, erasures.TABLE, settings.lake), ids)


def _beside(spark: SparkSession, lake: str, request: Request) -> list[Receipt]:
    """Takes out payloads that name the author; the stream takes out all else, and enters the receipts of these too."""
    if request.author is None:
        return []
    mark = begin(spark, lake)
    own = blank_author(spark, lake, request.author.number).erasure_id
    return [receipt for _, receipt in pending(spark, lake, mark) if receipt.erasure_id == own]


def _wait(spark: SparkSession, lake: str, ids: Sequence[Id], say: Callable[[str], None]) -> None:
    """Until the running stream has read the deletions; for a while, after which they are in the topic all the same."""
    started = said = time.monotonic()
    while (left := len(ids) - len(_among(spark, ids, deletions.TABLE, lake))) > 0:
        now = time.monotonic()
        if now - started > _PATIENCE_SECONDS:
            say(f"the running stream has not read {left:,} deletions in {_PATIENCE_SECONDS} s; they are in the topic")
            return
        if now - said > _SAY_SECONDS:
            said = now
            say(f"waiting for the running stream to read {left:,} deletions")
        time.sleep(1)


def _promised(retention: Retention) -> str:
    soon = f"within {retention.erase_minutes:g} minutes" if retention.erase_minutes else "after its next micro-batch"
    return (
        f"The running stream takes them out {soon}, and deletes the files that had them within {_minutes(retention)}."
    )


def _minutes(retention: Retention) -> str:
    """In a running stream files are looked at as often as the tables are."""
    return f"{2 * look_minutes(retention) + retention.grace_minutes:g} minutes"
