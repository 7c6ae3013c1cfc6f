"""Gold follows silver: beside a running stream, and after one that ended before it had."""

import json
from dataclasses import replace
from itertools import count

import pytest
from pyspark.sql import functions as F

from starling import commits, delta, failpoints
from starling.errors import StreamError
from starling.gold import hashtag_trends as trends
from starling.gold import sentiment_by_hour as sentiment
from starling.gold.hashtag_trends import hashtag_counts, hashtag_trends
from starling.gold.sentiment_by_hour import sentiment_by_hour
from starling.pipeline import refresh
from starling.pipeline.refresh import Gold
from starling.settings import Retention
from starling.silver import posts
from streams.lakes import Lake, running, wait_until
from streams.messages import deletion, post

TABLES = {table.name: table for table in (sentiment.TABLE, trends.TABLE)}


def counts(lake: Lake, name: str) -> list[int]:
    """Posts, of each row of the table."""
    return [row["posts"] for row in lake.rows(name, "posts")]


def is_right(lake: Lake) -> bool:
    """Whether gold is what all of silver says, computed at once."""
    posts = lake.table("silver.posts")
    expected = {
        "gold.sentiment_by_hour": sentiment_by_hour(posts),
        "gold.hashtag_trends": hashtag_trends(hashtag_counts(posts), baseline_hours=24),
    }
    return all(sorted(lake.table(name).collect()) == sorted(rows.collect()) for name, rows in expected.items())


@pytest.mark.slow
def test_gold_follows_a_running_stream_and_computes_the_touched_hours_alone(lake: Lake) -> None:
    early = [post(id=str(n), created_at=f"2021-05-01T1{n % 3}:15:00.000Z") for n in range(500, 506)]
    late = [post(id=str(n), created_at="2021-06-01T10:15:00.000Z") for n in range(600, 604)]
    lake.send(early)
    with running(lake) as failures:
        wait_until(lambda: counts(lake, "gold.hashtag_trends").count(2) == 3)
        before = set(lake.table("gold.hashtag_trends").inputFiles())
        lake.send(late)
        wait_until(lambda: counts(lake, "gold.hashtag_trends").count(4) == 1)
        assert before < set(lake.table("gold.hashtag_trends").inputFiles()), "hours that were not touched stand"
        lake.send([post(id="700", created_at="2021-05-01T12:50:00.000Z")])  # late, in its own hour
        wait_until(lambda: counts(lake, "gold.sentiment_by_hour").count(3) == 1)
    assert not failures
    assert is_right(lake)


@pytest.mark.slow
def test_what_gold_had_not_counted_when_a_stream_broke_is_counted_at_the_next_start(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.send([post(id="500"), post(id="501", created_at="2021-05-01T11:15:00.000Z")])
    lake.drain()
    assert is_right(lake)
    lake.send([post(id="502"), post(id="503", created_at="2021-05-03T11:15:00.000Z", text="fine #Three")])

    def broken(*_: object) -> None:
        raise OSError("the machine went away")

    monkeypatch.setattr(refresh, "_trends", broken)
    with pytest.raises(StreamError, match="the stream stopped: OSError: the machine went away; nothing is lost"):
        lake.drain()
    monkeypatch.undo()
    assert lake.ledger()["posts"] == 4
    assert not is_right(lake)
    lake.drain()  # nothing new is in the topic
    assert is_right(lake)


@pytest.mark.slow
def test_a_stream_that_ends_in_good_order_notes_what_the_next_one_need_not_look_for(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version_in(table: str) -> object:
        return json.loads(commits.note(lake.spark, TABLES[table], lake.settings.lake) or "{}").get(
            "all_of_posts_version"
        )

    def posts_version() -> int:
        return commits.version(lake.spark, posts.TABLE, lake.settings.lake)

    def looks() -> bool:
        """Whether a start looks for hours in silver.posts."""
        looked: list[str] = []
        read = delta.read
        monkeypatch.setattr(delta, "read", lambda *of: looked.append(of[1].name) or read(*of))
        Gold(lake.spark, lake.settings, once=True).close()
        monkeypatch.setattr(delta, "read", read)
        return "silver.posts" in looked

    lake.send([post(id="500")])
    lake.drain()
    assert {version_in(table) for table in TABLES} == {posts_version()}
    assert not looks()

    delta.append(
        lake.table("silver.posts").withColumn("offset", F.lit(9).cast("long")), posts.TABLE, lake.settings.lake, 1
    )
    assert looks()

    lake.send([post(id="501"), post(id="502", created_at="2021-05-02T10:15:00.000Z")])
    monkeypatch.setenv(failpoints.VARIABLE, "after_silver_posts:2:raise")  # in the second of two batches
    failpoints.disarm()
    with pytest.raises(StreamError, match="fail point after_silver_posts"):
        lake.drain(most_a_batch=1)
    monkeypatch.delenv(failpoints.VARIABLE)
    assert {version_in(table) for table in TABLES} == {None}
    assert looks()


@pytest.mark.slow
def test_a_stream_whose_gold_fails_stops_with_the_reason(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("the machine went away")

    monkeypatch.setattr(refresh, "refresh", broken)
    numbers = count(500)

    def ends() -> bool:
        lake.send([post(id=str(next(numbers)))])
        return bool(failures)

    with running(lake) as failures:
        wait_until(ends)
    assert [str(each).partition(";")[0] for each in failures] == ["the stream stopped: OSError: the machine went away"]


@pytest.mark.slow
def test_an_hour_that_grows_is_followed_and_not_counted_anew(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_gold(posts: int) -> bool:
        return counts(lake, "gold.sentiment_by_hour").count(posts) == 1

    def anew(*_: object) -> None:
        raise OSError("counted anew")

    at_once = lake.settings.model_copy(update={"retention": Retention(erase_minutes=0)})
    lake = replace(lake, settings=at_once)
    lake.send([post(id=str(n)) for n in range(500, 503)])
    with running(lake) as failures:
        wait_until(lambda: in_gold(3))
        monkeypatch.setattr("starling.gold.sentiment_by_hour.sentiment_by_hour", anew)
        monkeypatch.setattr("starling.gold.hashtag_trends.hashtag_counts", anew)
        lake.send([post(id=str(n), author_id=str(n), text="bad #One #Two") for n in range(502, 506)])  # 502 is a copy
        wait_until(lambda: in_gold(6))
        lake.send([deletion("500"), post(id="600", created_at="2021-05-01T11:15:00.000Z")])
        wait_until(lambda: in_gold(5))
        wait_until(lambda: in_gold(1))
        lake.send([post(id="700", author_id="700")])
        wait_until(lambda: in_gold(6))
        monkeypatch.undo()
    assert not failures
    assert is_right(lake)
