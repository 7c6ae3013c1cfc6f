"""However posts are delivered, late, in any order, again and again or not for a while: the tables are the same."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from faults.checked import is_whole, tell
from faults.figures import Tally
from starling.pipeline import recent, remembered
from starling.pipeline.recent import Recent
from starling.settings import Kafka
from streams.lakes import Lake, Record
from streams.messages import COUNTS, deletion, post, repost

VADER = SentimentIntensityAnalyzer()
WORDS = ("a good day", "a bad day", "not so great", "nothing", "I love it!!!", "worst of all", "fine :)")
TAGS = ("one", "two", "three", "été")
FIRST = datetime(2021, 5, 1, 6, 15, tzinfo=timezone.utc)
# Where a record came from, and whether its post was new then: what depends on the order of deliveries.
ORDERLY = {"topic", "partition", "offset", "kafka_timestamp", "collected_at", "via", "observed_at"}


@dataclass(frozen=True)
class Post:
    """A post, as it was written."""

    number: int
    author: str
    hour: int
    words: str
    tags: tuple[str, ...]
    lang: str

    @property
    def text(self) -> str:
        return " ".join([self.words, *(f"#{tag}" for tag in self.tags)])

    @property
    def record(self) -> Record:
        at = f"{FIRST + timedelta(hours=self.hour):%Y-%m-%dT%H:%M:%S.000Z}"
        return post(id=str(self.number), author_id=self.author, text=self.text, lang=self.lang, created_at=at)

    @property
    def compound(self) -> Decimal | None:
        return Decimal(str(VADER.polarity_scores(self.text)["compound"])) if self.lang == "en" else None


def told(dice: random.Random) -> list[Post]:
    """Posts of 40 hours, in the order of their times."""
    hours = sorted(dice.choices((*range(12), 13, 20, 35, 36, 39), k=100))
    return [
        Post(
            number=100 + number,
            author=str(dice.randrange(1, 9)),
            hour=hour,
            words=dice.choice(WORDS),
            tags=tuple(dice.sample(TAGS, dice.randrange(3))),
            lang=dice.choice(("en", "en", "en", "es")),
        )
        for number, hour in enumerate(hours)
    ]


def by_hour(posts: Iterable[Post]) -> dict[Any, tuple]:
    """gold.sentiment_by_hour in plain Python: posts, scored, positive, neutral, negative, mean."""
    return {
        _hour(hour): (len(those), *_sentiment([one.compound for one in those]))
        for hour, those in _grouped((one.hour, one) for one in posts).items()
    }


def by_hashtag(posts: Iterable[Post]) -> dict[Any, tuple]:
    """gold.hashtag_trends in plain Python: posts, authors, scored, mean, and the burst score over 24 hours."""
    grouped = _grouped(((one.hour, tag), one) for one in posts for tag in one.tags)
    found = {}
    for (hour, tag), those in grouped.items():
        usual = sum(len(grouped.get((earlier, tag), ())) for earlier in range(hour - 24, hour)) / 24
        scored, *_, mean = _sentiment([one.compound for one in those])
        burst = (len(those) - usual) / sqrt(usual + 1)
        found[_hour(hour), tag] = (len(those), len({one.author for one in those}), scored, mean, burst)
    return found


def _grouped(pairs: Iterable[tuple[Any, Post]]) -> dict[Any, list[Post]]:
    found = defaultdict(list)
    for key, one in pairs:
        found[key].append(one)
    return dict(found)


def _hour(number: int) -> str:
    return f"{FIRST + timedelta(hours=number):%Y-%m-%d %H}"


def _sentiment(compounds: list[Decimal | None]) -> tuple:
    scored = [compound for compound in compounds if compound is not None]
    positive, negative = sum(c >= Decimal("0.05") for c in scored), sum(c <= Decimal("-0.05") for c in scored)
    mean = float(sum(scored)) / len(scored) if scored else None
    return len(scored), positive, len(scored) - positive - negative, negative, mean


def deliveries(posts: list[Post], dice: random.Random) -> list[list[Record]]:
    """All posts and reposts of some, in any order, many of them several times; none at all in the third delivery."""
    records = [one.record for one in posts]
    reposts = [repost(str(900 + number), of=str(100 + number), reposts=number) for number in range(20)]
    late, rest = records[:15], [*records[15:], *reposts]
    dice.shuffle(rest)
    copies = [*dice.choices(records, k=60), *reposts, *dice.choices(reposts, k=20)]
    dice.shuffle(copies)
    # In the second, one partition is idle.
    return [rest[:50], [replace(one, partition=1) for one in rest[50:70]], [], [*rest[70:], *late], copies]


@pytest.mark.fault(16, "late, shuffled, delivered twice, not delivered for a while")
@pytest.mark.timeout(300)
def test_however_posts_are_delivered_the_tables_are_those_of_one_batch_in_order(lake: Lake, tally: Tally) -> None:
    dice = random.Random(16)
    posts = told(dice)
    delivered = deliveries(posts, dice)
    for records in delivered:
        lake.send(records)
        lake.drain()

    elsewhere = lake.settings.model_copy(update={"kafka": Kafka(topic=f"{lake.settings.kafka.topic}-in-order")})
    batch = Lake(lake.spark, elsewhere, lake.servers).beside("in-order")
    distinct = {record.key: record for records in delivered for record in records}
    batch.send(distinct[key] for key in sorted(distinct, key=lambda key: int(key.removeprefix("x:"))))
    batch.drain()
    assert len(distinct) == lake.ledger()["posts"] + 20 == batch.ledger()["records"]
    for name in ("silver.posts", "silver.engagement", "gold.sentiment_by_hour", "gold.hashtag_trends"):
        assert orderless(lake, name) == orderless(batch, name)

    sentiment = lake.table("gold.sentiment_by_hour").selectExpr("date_format(hour, 'yyyy-MM-dd HH') h", "*")
    columns = ("posts", "scored", "positive", "neutral", "negative", "mean_compound")
    assert {row.h: tuple(row[name] for name in columns) for row in sentiment.collect()} == by_hour(posts)
    trends = lake.table("gold.hashtag_trends").selectExpr("date_format(hour, 'yyyy-MM-dd HH') h", "*")
    columns = ("posts", "authors", "scored", "mean_compound", "burst_score")
    found = {(row.h, row.hashtag): pytest.approx(tuple(row[name] for name in columns)) for row in trends.collect()}
    assert found == by_hashtag(posts)
    is_whole(lake)
    tell(tally, lake, sum(map(len, delivered)))


def orderless(lake: Lake, name: str) -> list[dict[str, Any]]:
    """A table's rows, without what says by which delivery they came."""
    return [{key: value for key, value in row.items() if key not in ORDERLY} for row in lake.rows(name)]


# --- what a stream remembers


@pytest.fixture
def remembered_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many keys the streams that were started since remember."""
    memories: list[Recent] = []

    class Counted(Recent):
        def __init__(self, since: float, most: int) -> None:
            super().__init__(since, most)
            memories.append(self)

    monkeypatch.setattr(remembered, "Recent", Counted)
    return lambda: sum(len(memory._keys) + len(memory._new) for memory in memories)


@pytest.mark.fault(16, "late, shuffled, delivered twice, not delivered for a while")
def test_what_a_stream_remembers_does_not_grow_with_repeats(
    lake: Lake, remembered_keys: Callable[[], int], monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setattr(recent, "_MOST_NEW", 25)
    posts = [one.record for one in told(random.Random(4))[:30]]
    lake.send(replace(record, partition=0) for record in posts * 5)
    lake.drain(most_a_batch=45)
    assert len(lake.rows("ops.batches", "batch_id")) >= 4
    assert remembered_keys() == 2 * 30  # each post, and the one observation of it
    assert not (Path(lake.settings.checkpoints) / "posts" / "state").exists(), "Spark itself keeps none"
    assert lake.ledger()["duplicates"] == 4 * 30
    is_whole(lake)
    tell(tally, lake, 5 * 30)


def story() -> list[Record]:
    """Eight posts of four hours, a deletion, and then copies of all, news, reposts, and a post that was deleted."""
    times = [f"2021-05-0{day}T1{hour}:15:00.000Z" for day in (1, 3) for hour in (0, 5)]
    posts = [post(id=str(500 + number), created_at=times[number // 2]) for number in range(8)]
    news = [
        post(id=str(500 + n), created_at=times[n // 2], public_metrics={**COUNTS, "like_count": 50}) for n in (0, 7)
    ]
    return [
        *posts,
        deletion("502"),
        *posts,
        *news,
        *news,
        repost("600", of="501", reposts=9),
        deletion("502"),
        repost("600", of="501", reposts=9),
        deletion("508"),
        post(id="508", created_at=times[3]),
    ]


@pytest.mark.fault(16, "late, shuffled, delivered twice, not delivered for a while")
def test_copies_are_known_from_the_tables_where_little_is_remembered(
    lake: Lake, remembered_keys: Callable[[], int], monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setattr(remembered, "MOST", 3)
    monkeypatch.setattr(recent, "_MOST_NEW", 2)
    # One partition, so that every copy comes after its post.
    records = [replace(record, partition=0) for record in story()]
    lake.send(records[:14])
    lake.drain(most_a_batch=5)
    lake.send(records[14:])
    lake.drain(most_a_batch=5)

    assert lake.ledger() == {
        "records": 26,
        "posts": 8,
        "engagement": 3,
        "deletions": 2,
        "rejected": 2,
        "duplicates": 11,
        "repeated": 0,
    }
    left = [str(500 + n) for n in range(8) if n != 2]  # 502 is deleted
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == left
    # Of each of two streams no more than three keys and two new ones, of posts and of observations; and the deletions.
    assert remembered_keys() <= 2 * 2 * (3 + 2) + 3
    is_whole(lake)
    tell(tally, lake, 26)
