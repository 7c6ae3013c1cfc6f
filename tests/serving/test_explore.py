"""What filtered posts add up to, counted by hand."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from serving.lake import NOON, indexed, make_lake, post, unscored
from starling.serving import explore
from starling.serving.explore import Group
from starling.serving.filters import Filters
from starling.serving.index.index import Index

HOUR = timedelta(hours=1)
LATER = {"created_at": NOON + HOUR}
BAD = {"compound": -0.5, "sentiment": "negative"}
POSTS = [
    post(1, hashtags=["one"], text="A good DAY, 100% sure"),
    post(2, hashtags=["one", "two"], author="1" * 32, **BAD),
    post(3, hashtags=["two"], platform="bluesky", **LATER),
    unscored(4, hashtags=["one"], **LATER),
    unscored(5, lang="de", text="guten Tag_", created_at=NOON + 3 * HOUR),
    post(6, compound=0.0, sentiment="neutral", created_at=NOON + 3 * HOUR + timedelta(minutes=59)),
]
SCORES = [
    {
        "platform": platform, "post_id": post_id, "created_at": NOON, "topic": topic, "predicted_engagement": predicted,
        "topics_version": 1, "engagement_version": 1, "kafka_topic": "t", "partition": 0, "offset": 0,
        "scored_at": NOON,
    }
    for platform, post_id, topic, predicted in (("x", "1", 7, 3.0), ("x", "2", 7, 9.0), ("bluesky", "3", 8, 1.0))
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    scores = [{**score, "created_at": NOON + HOUR if score["post_id"] == "3" else NOON} for score in SCORES]
    settings = make_lake(tmp_path_factory.mktemp("explore"), silver_posts=POSTS, gold_post_scores=scores)
    found = indexed(settings)
    yield found
    found.close()


def found(index: Index, *said: tuple[str, str], order: str = "newest", page: int = 1) -> list[str]:
    with index.cursor() as cursor:
        return [each.post_id for each in explore.posts(cursor, Filters.of(said), order, page)]


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ([], "654321"),
        ([("platform", "x")], "65421"),
        ([("lang", "es"), ("lang", "de")], "54"),
        ([("hashtag", "ONE")], "421"),
        ([("hashtag", "one"), ("hashtag", "two")], "4321"),
        ([("hashtag", "three")], ""),
        ([("topic", "7")], "21"),
        ([("topic", "none")], "654"),
        ([("sentiment", "unscored")], "54"),
        ([("sentiment", "positive"), ("sentiment", "negative")], "321"),
        ([("text", "good day")], "64321"),
        ([("text", "100%")], "1"),
        ([("text", "TAG_")], "5"),
        ([("text", "day%sure")], ""),
        ([("since", "2021-06-30T13:00")], "6543"),
        ([("until", "2021-06-30T13:00")], "21"),
        ([("since", "2021-06-30T13:00"), ("until", "2021-06-30T15:30"), ("lang", "es")], "4"),
    ],
)
def test_a_filter_leaves_the_posts_that_it_says(index: Index, said: list[tuple[str, str]], ids: str) -> None:
    assert "".join(found(index, *said)) == ids
    with index.cursor() as cursor:
        assert explore.summary(cursor, Filters.of(said)).whole.posts == len(ids)


def test_posts_come_in_each_order_and_twenty_a_page(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "".join(found(index, order="oldest")) == "123456"
    assert "".join(found(index, order="negative"))[:2] == "26"
    assert "".join(found(index, order="positive"))[:3] == "316"
    assert "".join(found(index, order="engagement"))[:3] == "213"
    monkeypatch.setattr(explore, "PAGE", 4)
    assert ["".join(found(index, page=number)) for number in (1, 2, 3)] == ["6543", "21", ""]


def test_all_groups_are_counted_in_one_pass(index: Index) -> None:
    with index.cursor() as cursor:
        summary = explore.summary(cursor, Filters())
    assert summary.whole == Group(None, 6, 4, pytest.approx((0.4404 - 0.5 + 0.4404 + 0) / 4))
    assert summary.platforms == [Group("x", 5, 3, pytest.approx((0.4404 - 0.5) / 3)), Group("bluesky", 1, 1, 0.4404)]
    assert [(g.value, g.posts, g.scored) for g in summary.languages] == [("en", 4, 4), ("de", 1, 0), ("es", 1, 0)]
    assert [(g.value, g.posts) for g in summary.topics] == [(-1, 3), (7, 2), (8, 1)]
    assert [(g.value, g.posts) for g in summary.sentiments] == [
        ("positive", 2), ("unscored", 2), ("negative", 1), ("neutral", 1),
    ]  # fmt: skip
    assert summary.hashtags == [
        Group("one", 3, 2, pytest.approx((0.4404 - 0.5) / 2)), Group("two", 2, 2, pytest.approx((0.4404 - 0.5) / 2)),
    ]  # fmt: skip


@pytest.mark.parametrize("said", [[], [("text", "a good day")]])
def test_bars_cover_the_time_without_a_gap(index: Index, said: list[tuple[str, str]]) -> None:
    with index.cursor() as cursor:
        summary = explore.summary(cursor, Filters.of([*said, ("lang", "en")]))
    assert summary.width in (timedelta(minutes=5), timedelta(minutes=1))
    starts = [start for start, _ in summary.bars]
    assert starts[0] == NOON.replace(tzinfo=None)
    assert {after - before for before, after in itertools.pairwise(starts)} == {summary.width}
    assert sum(sum(counted.values()) for _, counted in summary.bars) == summary.whole.posts
    assert summary.bars[0][1]["negative"] == 1
    assert summary.bars[0][1]["positive"] == 1


def test_a_post_is_told_whole(index: Index) -> None:
    with index.cursor() as cursor:
        two, one = explore.posts(cursor, Filters(topic=(7,)))
    assert (two.post_id, two.hashtags, two.author, two.compound, two.predicted) == (
        "2",
        ["one", "two"],
        "1" * 32,
        -0.5,
        9,
    )
    assert (one.text, one.created_at, one.topic) == ("A good DAY, 100% sure", NOON.replace(tzinfo=None), 7)


def test_nothing_is_nothing_and_no_error(tmp_path: Path) -> None:
    index = indexed(make_lake(tmp_path))
    with index.cursor() as cursor:
        summary = explore.summary(cursor, Filters())
        assert (summary.whole, summary.bars, summary.hashtags) == (Group(None, 0, 0, None), [], [])
        assert explore.posts(cursor, Filters()) == []
    index.close()
