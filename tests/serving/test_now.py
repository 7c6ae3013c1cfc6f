"""Now: counted by hand, and anchored at the newest of the data."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from serving.lake import NOON, entry, gold_of, indexed, make_lake, post, unscored
from starling.sentiment.correction import corrected
from starling.serving import arrivals, now
from starling.serving.arrivals import Batch
from starling.serving.index.index import Index
from starling.serving.web.app import create_app
from starling.settings import Settings

AT = NOON.replace(tzinfo=None)
HOUR = timedelta(hours=1)


def hour(
    start: datetime, counts: tuple[int, int, int], platform: str = "x", posts: int | None = None
) -> dict[str, object]:
    positive, neutral, negative = counts
    labels = {"positive": positive, "neutral": neutral, "negative": negative, "scored": sum(counts)}
    return {"platform": platform, "hour": start, "posts": sum(counts) if posts is None else posts, **labels}


def tag(start: datetime, name: str, posts: int) -> dict[str, object]:
    return {
        "platform": "x", "hour": start, "hashtag": name, "posts": posts, "authors": 1, "scored": 0, "burst_score": 0.0
    }  # fmt: skip


def reading(settings: Settings) -> Index:
    return indexed(settings)


def test_counts_of_platforms_and_hours_are_added_up_before_they_are_corrected(tmp_path: Path) -> None:
    night = NOON.replace(hour=0)
    rows = [
        hour(night, (60, 20, 20)),
        hour(night + HOUR, (1, 0, 0), "mastodon"),
        hour(night + 5 * HOUR, (10, 80, 10), "mastodon"),
        hour(night + 6 * HOUR, (0, 0, 1), posts=7),
        hour(night - timedelta(days=2), (500, 500, 500)),
    ]
    index = reading(make_lake(tmp_path, gold_sentiment_by_hour=rows))
    with index.cursor() as cursor:
        shown = now.span(cursor, "week")
        assert shown is not None
        bars = now.sentiment(cursor, shown)
    index.close()
    first, second = bars[-2:]
    assert len(bars) == 28
    assert (first.start, first.posts, first.scored, first.counts) == (AT.replace(hour=0), 201, 201, (71, 100, 30))
    assert first.positive == corrected("positive", (71, 100, 30))
    assert first.negative == corrected("negative", (71, 100, 30))
    assert (second.posts, second.scored, second.counts) == (7, 1, (0, 0, 1))
    assert (bars[0].posts, bars[0].positive) == (0, None)
    whole = now.total(bars)
    assert whole.counts == (571, 600, 531)
    assert whole.positive == corrected("positive", (571, 600, 531))


def test_the_shortest_span_with_enough_posts_is_shown_up_to_the_newest(tmp_path: Path) -> None:
    rows = [
        hour(NOON, (1, 0, 0)),
        hour(NOON - timedelta(days=3), (998, 0, 1)),
        hour(NOON - 9 * timedelta(days=1), (9, 0, 0)),
    ]
    index = reading(make_lake(tmp_path, gold_sentiment_by_hour=rows))
    with index.cursor() as cursor:
        shown, day = now.span(cursor), now.span(cursor, "day")
    index.close()
    assert shown is not None
    assert day is not None
    assert (shown.kind.name, shown.until, shown.since) == ("week", AT + 6 * HOUR, AT + 6 * HOUR - timedelta(days=7))
    assert (day.until, day.since) == (AT + HOUR, AT + HOUR - timedelta(days=1))


def test_few_posts_are_shown_in_the_shortest_span_that_has_them_all(tmp_path: Path) -> None:
    index = reading(make_lake(tmp_path, gold_sentiment_by_hour=[hour(NOON, (1, 0, 0)), hour(NOON - HOUR, (3, 0, 0))]))
    with index.cursor() as cursor:
        shown = now.span(cursor)
    index.close()
    assert shown is not None
    assert shown.kind.name == "day"


def test_rising_hashtags_are_beside_the_mean_of_the_spans_before_that_have_posts(tmp_path: Path) -> None:
    day = timedelta(days=1)
    trends = [
        tag(NOON, "new", 15), tag(NOON - HOUR, "old", 20), tag(NOON - day, "old", 24), tag(NOON - 3 * day, "old", 12),
        tag(NOON - 4 * day, "old", 0), tag(NOON - 5 * day, "old", 900), tag(NOON, "rising", 10),
        tag(NOON - day, "rising", 6),
        tag(NOON - 2 * day, "gone", 50),
    ]  # fmt: skip
    # Of the four days before, one has no posts at all: nothing was collected then.
    hours = [hour(NOON - n * day, (1, 0, 0), posts=50) for n in (0, 1, 3, 4)]
    index = reading(make_lake(tmp_path, gold_hashtag_trends=trends, gold_sentiment_by_hour=hours))
    with index.cursor() as cursor:
        shown = now.span(cursor, "day")
        assert shown is not None
        told = now.hashtags(cursor, shown)
    index.close()
    assert list(told.top) == [("old", 20), ("new", 15), ("rising", 10)]
    assert told.compared == 3
    assert [(one.hashtag, one.posts, one.usual) for one in told.rising] == [
        ("new", 15, 0),
        ("rising", 10, 2),
        ("old", 20, 12),
    ]
    assert told.rising[0].score == 15
    assert told.rising[1].score == pytest.approx(8 / 3**0.5)


def test_arrivals_are_counted_by_the_minute_up_to_the_newest(tmp_path: Path) -> None:
    times = [NOON, NOON + timedelta(seconds=59), NOON - timedelta(minutes=59), NOON - timedelta(minutes=60)]
    # Whenever they were published.
    posts = [post(n, ingested_at=at, created_at=NOON - n * timedelta(days=400)) for n, at in enumerate(times)]
    index = reading(make_lake(tmp_path, silver_posts=posts))
    with index.cursor() as cursor:
        told = arrivals.arrivals(cursor)
    index.close()
    assert told.newest == AT + timedelta(seconds=59)
    assert len(told.minutes) == 60
    assert [(minute, count) for minute, count in told.minutes if count] == [(AT - timedelta(minutes=59), 1), (AT, 2)]


def test_the_newest_posts_come_with_the_words_of_their_scores(tmp_path: Path) -> None:
    posts = [
        post(1, text="nothing of note", compound=0.0, sentiment="neutral", hashtags=["one", "two"]),
        post(2, ingested_at=NOON + timedelta(seconds=5), text="not good, but a great day", compound=0.7),
        unscored(3, ingested_at=NOON + timedelta(seconds=2), text="bueno"),
        *(post(n, ingested_at=NOON - HOUR * n) for n in range(4, 20)),
    ]
    index = reading(make_lake(tmp_path, silver_posts=posts))
    with index.cursor() as cursor:
        told = arrivals.newest_posts(cursor, arrivals.arrivals(cursor), 8000)
        assert arrivals.newest_posts(cursor, arrivals.Arrivals(None, []), 8000) == []
    index.close()
    assert [one.post.post_id for one in told] == ["2", "3", "1"]
    # good: 1.9 * -0.74, halved before "but"; great: 3.1, and half more after it.
    (good, weight), (great, other) = told[0].words
    assert (good, great) == ("good,", "great")
    assert (weight, other) == pytest.approx((1.9 * -0.74 * 0.5, 3.1 * 1.5))
    assert [list(one.words) for one in told[1:]] == [[], []]
    assert list(told[2].post.hashtags) == ["one", "two"]


def test_the_pace_is_that_of_whole_batches(tmp_path: Path) -> None:
    def second(n: float) -> datetime:
        return NOON + timedelta(seconds=n)

    first = {"newest_record_at": second(-3), "started_at": second(0), "written_at": second(4)}
    second_batch = {"batch_id": 1, "newest_record_at": second(4), "started_at": second(5), "written_at": second(11)}
    rows = [
        entry(**first, records=60, posts=50, rejected=10),
        entry(**{**first, "newest_record_at": second(-1)}, records=20, posts=20, partition=1),
        entry(**second_batch, records=20, posts=10, rejected=10),
    ]
    index = reading(make_lake(tmp_path, ops_batches=rows))
    with index.cursor() as cursor:
        told = arrivals.pace(cursor)
    index.close()
    plain = [second(n).replace(tzinfo=None) for n in (0, 4, -1)]
    assert told.batches[0] == Batch(*plain, records=80, posts=70, rejected=10)
    assert [(one.seconds, one.behind_seconds) for one in told.batches] == [(4, 5), (6, 7)]
    assert (told.records_a_second, told.rejected_share) == (10.0, 0.2)
    assert (arrivals.Pace([]).records_a_second, arrivals.Pace([]).rejected_share) == (None, None)


# --- the page


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    posts = [
        post(1, text='<img src=x onerror="alert(1)"> great', hashtags=["esa2019", "</script><script>"]),
        unscored(2, created_at=datetime(2021, 6, 30, 9, 30, tzinfo=timezone.utc)),
    ]
    settings = make_lake(
        tmp_path_factory.mktemp("now"), silver_posts=posts, ops_batches=[entry(records=2, posts=2)], **gold_of(posts)
    )
    index = indexed(settings)
    yield create_app(index, settings).test_client()
    index.close()


def test_the_page_is_live_and_hostile_texts_stay_text(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert 'tabindex="-1" data-live' in page
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt; great" in page
    assert "<img src=x" not in page
    assert "</script><script>" not in page
    assert "from 2021-06-29 13:00 to 2021-06-30 13:00 UTC, up to the newest post and not to the clock" in page
    assert "great <b>+3.1</b>" in page


def test_now_as_json(client: FlaskClient) -> None:
    told = client.get("/api/now?span=day").get_json()
    assert told["span"]["name"] == "day"
    assert told["languages"] == [{"lang": "en", "posts": 1}, {"lang": "es", "posts": 1}]
    assert {"hashtag": "esa2019", "posts": 1} in told["hashtags"]
    assert told["newest"][0]["words"] == [["great", 3.1]]
    assert told["arrivals"]["minutes"][-1][1] == 2
    assert told["batches"][0]["records"] == 2


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("span=decade", "span 'decade' is not known; known: day, week, month, year"),
        ("since=2021-06-30", "unknown filter 'since'; known: span"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_reason(client: FlaskClient, query: str, reason: str) -> None:
    answer = client.get(f"/api/now?{query}")
    assert (answer.status_code, answer.get_json()) == (400, {"error": reason})
    assert client.get(f"/?{query}").status_code == 400


def test_an_empty_lake_is_told_what_to_do(tmp_path: Path) -> None:
    settings = make_lake(tmp_path)
    index = indexed(settings)
    client = create_app(index, settings).test_client()
    assert "No posts yet. Stream some with" in client.get("/").get_data(as_text=True)
    assert client.get("/api/now").get_json()["span"] is None
    assert "No hashtags yet" in client.get("/bursts").get_data(as_text=True)
    index.close()
