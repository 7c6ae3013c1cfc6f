"""The topics of the version that scores posts, and how their posts add up over time."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.lake import NOON, indexed, make_lake, post, unscored, write
from serving.trained import cluster, decision, pages_on, score, topic
from starling.serving import topics, word_clusters
from starling.serving.topic_times import Counts, Times, times
from starling.settings import Settings

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def lake(tmp_path: Path) -> Settings:
    """Two topics of version 1; three posts of topic 1, one of topic 2, one without a topic."""
    later = NOON + timedelta(hours=1)
    return make_lake(
        tmp_path,
        gold_topics=[
            topic(1, "sun · rain"),
            topic(2, HOSTILE, npmi=-0.3, words=[HOSTILE, "#rain"]),
            topic(2, "of another", version=2),
        ],
        gold_post_scores=[
            *(score(number, 1) for number in (1, 2, 3)),
            score(4, 2, created_at=later),
            score(5, None, created_at=later),
        ],
        silver_posts=[
            post(1, compound=0.5),
            post(2, compound=-0.25, sentiment="negative", text=HOSTILE),
            unscored(3),
            post(4, compound=0.75, created_at=later),
            post(5, compound=0.0, sentiment="neutral", created_at=later),
        ],
    )


def test_the_version_that_scored_last_is_shown_though_a_later_one_was_trained_and_taken_back(tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    settings = make_lake(
        tmp_path,
        gold_topics=[topic(1, "first"), topic(1, "second", version=2), topic(3, "third", version=2)],
        gold_post_scores=[
            score(1, 1, 2, scored_at=NOON),
            score(2, 1, 1, scored_at=NOON + hour),
            score(3, None, None, scored_at=NOON + 2 * hour),
        ],
    )  # fmt: skip
    index = indexed(settings)
    with index.cursor() as cursor:
        assert topics.scoring_version(cursor) == topics.shown_version(cursor) == 1
        assert topics.labels(cursor) == {1: "first"}
        assert [each.label for each in topics.of_version(cursor, 2)] == ["second", "third"]
        found = [topics.find(cursor, number, version=1) for number in (1, 3, 7)]
        assert [each and (each.version, each.label) for each in found] == [(1, "first"), (2, "third"), None]
    index.close()


def test_where_no_version_scores_the_newest_that_was_trained_is_shown(tmp_path: Path) -> None:
    index = indexed(make_lake(tmp_path, gold_topics=[topic(1, "a", version=2), topic(1, "b", version=4)]))
    with index.cursor() as cursor:
        assert topics.scoring_version(cursor) is None
        assert topics.shown_version(cursor) == 4
    index.close()


@pytest.mark.parametrize(
    ("npmi", "said"),
    [(0.3, "far more often"), (0.29, "more often"), (0.1, "more often"), (0.09, "about as often"),
     (-0.09, "about as often"), (-0.1, "rarely")],
)  # fmt: skip
def test_coherence_is_said_in_words(npmi: float, said: str) -> None:
    assert f"together {said}" in topics.coherence(npmi).replace("rarely found together", "together rarely")


def test_posts_are_counted_by_topic_and_time(lake: Settings) -> None:
    index = indexed(lake)
    with index.cursor() as cursor:
        found = times(cursor)
    index.close()
    assert found.whole(1) == Counts(posts=3, positive=1, negative=1, compound=0.25)
    assert (found.whole(1).scored, found.whole(1).unscored, found.whole(1).mean_compound) == (2, 1, 0.125)
    assert found.whole(1).share("positive") == 0.5
    assert found.whole(-1) == Counts(posts=1, neutral=1)
    assert found.whole(9).mean_compound is None
    assert found.all_posts == 5
    hour = timedelta(hours=1)
    assert found.bars(2, hour) == {datetime(2021, 6, 30, 13): Counts(posts=1, positive=1, compound=0.75)}  # noqa: DTZ001
    assert found.starts([1, 2], hour) == [datetime(2021, 6, 30, 12), datetime(2021, 6, 30, 13)]  # noqa: DTZ001


def test_bars_are_as_narrow_as_the_posts_allow_but_no_narrower_than_they_were_counted() -> None:
    first = datetime(2021, 1, 1)  # noqa: DTZ001
    hourly = Times({1: {first + n * timedelta(hours=1): Counts(1) for n in range(48)}})
    assert hourly.width([1]) == timedelta(hours=1)
    longer = Times({1: {first + n * timedelta(hours=1): Counts(1) for n in range(49)}})
    assert longer.width([1]) == timedelta(hours=3)
    assert sum(counts.posts for counts in longer.bars(1, timedelta(hours=3)).values()) == 49
    daily = Times({1: {first: Counts(2)}}, timedelta(days=1))
    assert daily.width([1]) == daily.width([]) == timedelta(days=1)


def test_a_long_time_is_counted_by_day(tmp_path: Path) -> None:
    index = indexed(make_lake(tmp_path, silver_posts=[post(1), post(2, created_at=NOON + timedelta(days=8))]))
    with index.cursor() as cursor:
        found = times(cursor)
    index.close()
    assert found.counted_by == timedelta(days=1)
    assert set(found.by_topic[-1]) == {datetime(2021, 6, 30), datetime(2021, 7, 8)}  # noqa: DTZ001


def test_the_clusters_are_those_of_the_champion_else_of_the_newest_version(tmp_path: Path) -> None:
    rows = [cluster(0, "hot"), cluster(0, "cold", version=2), cluster(0, "mild", version=3)]
    index = indexed(make_lake(tmp_path / "a", gold_word_clusters=rows))
    with index.cursor() as cursor:
        assert [each.label for each in word_clusters.clusters(cursor)] == ["mild"]
    index.close()
    name = "starling-word-clusters"
    log = [
        decision(name, "promoted", 1),
        decision(name, "promoted", 2, 1, at=NOON + timedelta(hours=1)),
        decision(name, "refused", 3, 2, at=NOON + timedelta(hours=2)),
    ]
    index = indexed(make_lake(tmp_path / "b", gold_word_clusters=rows, ops_promotions=log))
    with index.cursor() as cursor:
        (found,) = word_clusters.clusters(cursor)
    assert (found.version, found.label, found.words) == (2, "cold", [("hot", 0.9), ("cold", 0.4)])
    index.close()


def test_the_pages_show_each_topic_and_hostile_text_as_text(lake: Settings) -> None:
    with pages_on(lake) as client:
        page = client.get("/topics").text
        assert 'href="/topics/1"' in page
        assert '<b class="figure">3</b> posts' in page
        assert "Of 2 scored posts 50.0% positive, 0.0% neutral, 50.0% negative" in page
        assert 'class="size-9"' in page
        assert 'class="size-1"' in page
        assert HOSTILE not in page.replace("\\u003cscript\\u003e", "")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        one = client.get("/topics/1").text
        assert HOSTILE not in one
        assert "&lt;script&gt;" in one
        assert "<td>75.0%</td>" in one
        assert 'href="/explore?topic=1"' in one
        assert "/explore?topic=1&amp;text=%23rain" in one


def test_the_charts_show_what_was_counted(lake: Settings) -> None:
    with pages_on(lake) as client:
        page = client.get("/topics").text
        (calendar,) = drawn(page, "calendar")
        assert calendar["x"] == ["2021-06-30 12:00", "2021-06-30 13:00"]
        assert (calendar["z"], calendar["text"]) == ([[1.0, 0.0], [0.0, 1.0]], [[3, 0], [0, 1]])
        assert calendar["customdata"][1][1] == "/explore?since=2021-06-30T13%3A00&until=2021-06-30T14%3A00&topic=2"
        (sizes,) = drawn(page, "sizes")
        assert (sizes["x"], sizes["customdata"]) == ([1, 3], ["/topics/2", "/topics/1"])
        readings = {trace["name"]: trace["x"] for trace in drawn(page, "readings")}
        assert readings == {"positive": [0.5, 1.0], "neutral": [0, 0], "negative": [0.5, 0.0]}
        (mean,) = drawn(client.get("/topics/1").text, "mean")
        assert (mean["x"], mean["y"]) == (["2021-06-30 12:00"], [0.125])


def drawn(page: str, chart: str) -> list[dict[str, Any]]:
    """The traces that a page hands to Plotly."""
    found = re.search(rf'<script type="application/json" id="{chart}-data">(.+?)</script>', page)
    assert found is not None
    traces: list[dict[str, Any]] = json.loads(found[1])["traces"]
    return traces


def test_the_same_as_json(lake: Settings) -> None:
    with pages_on(lake) as client:
        told = client.get("/api/topics").json
        assert (told["version"], told["posts"], told["posts_without_topic"]) == (1, 5, 1)
        assert [(each["number"], each["posts"], each["mean_compound"]) for each in told["topics"]] == [
            (1, 3, 0.125), (2, 1, 0.75)
        ]  # fmt: skip
        one = client.get("/api/topics/1").json
        assert one["bar_seconds"] == 3600
        assert [(bar["posts"], bar["positive"], bar["negative"]) for bar in one["bars"]] == [(3, 1, 1)]
        assert client.get("/api/topics/words").json == {"clusters": []}


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("/api/topics/x", 400, "topic 'x' is not understood; wanted a topic's number such as /topics/3"),
        ("/api/topics/-1", 400, "topic '-1' is not understood"),
        ("/api/topics/9", 404, "there is no topic 9"),
        ("/api/topics?page=2", 400, "unknown filter 'page': this page takes none"),
        ("/topics/1?a=b", 400, "unknown filter"),
        ("/topics/words?a=b", 400, "unknown filter"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_reason(lake: Settings, address: str, code: int, said: str) -> None:
    with pages_on(lake) as client:
        answer = client.get(address)
        assert answer.status_code == code
        assert said in (answer.json["error"] if answer.is_json else answer.text)


def test_a_topic_of_an_older_version_is_still_told_of(lake: Settings) -> None:
    write(lake, "gold.topics", [topic(7, "gone", version=0)])
    with pages_on(lake) as client:
        assert "has no topic" not in client.get("/topics/2").text
        page = client.get("/topics/7").text
        assert "has no topic 7: this is how version 0 described it" in page


def test_without_models_the_pages_say_which_command_makes_them(tmp_path: Path) -> None:
    with pages_on(make_lake(tmp_path, silver_posts=[post(1)])) as client:
        assert "./spark-submit.sh jobs/train.py topics --promote --rescore" in client.get("/topics").text
        assert "./spark-submit.sh jobs/train.py words --promote" in client.get("/topics/words").text
        assert client.get("/topics/1").status_code == 404
        assert client.get("/api/topics").json["topics"] == []


def test_topics_that_score_nothing_yet_are_shown_with_what_is_to_be_done(tmp_path: Path) -> None:
    with pages_on(make_lake(tmp_path, gold_topics=[topic(1, "sun · rain", version=4)])) as client:
        page = client.get("/topics").text
        assert "sun · rain" in page
        assert "./spark-submit.sh jobs/train.py topics --promote --version 4" in page
