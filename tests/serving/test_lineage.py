"""What became of the topics, told from the version that scores posts back."""

from pathlib import Path

import pytest

from serving.lake import indexed, make_lake, post
from serving.trained import lineage, pages_on, score, topic
from starling.serving.lineage import Event, history, told
from starling.settings import Settings

BOTH = "{}% of their hashtags, by posts, are in both."
LABELS = {(1, 1): "a", (1, 2): "b", (2, 1): "a", (2, 3): "c", (4, 1): "new a"}


@pytest.fixture
def lake(tmp_path: Path) -> Settings:
    """Three versions that followed each other, and one that was compared with the first and refused."""
    return make_lake(
        tmp_path,
        silver_posts=[post(1)],
        gold_post_scores=[score(1, 1, 4)],
        gold_topics=[topic(number, label, version) for (version, number), label in LABELS.items()],
        gold_topic_lineage=[
            lineage(1, None, "born", 1, None, 0.0),
            lineage(1, None, "born", 2, None, 0.0),
            lineage(2, 1, "kept", 1, 1, 0.625),
            lineage(2, 1, "split", 3, 1, 0.25),
            lineage(2, 1, "merged", 1, 2, 0.125),
            lineage(3, 1, "died", None, 1, 0.0),
            lineage(4, 2, "kept", 1, 1, 0.5),
            lineage(4, 2, "died", None, 3, 0.0),
        ],
    )


def test_the_history_follows_the_champions_and_leaves_out_what_was_refused(lake: Settings) -> None:
    index = indexed(lake)
    with index.cursor() as cursor:
        steps = history(cursor, 4)
        assert [(step.version, step.previous_version) for step in steps] == [(4, 2), (2, 1), (1, None)]
        assert [step.summary for step in steps] == [
            "after version 2: 1 kept, 1 died",
            "after version 1: 1 kept, 1 split, 1 merged",
            "the first version: 2 born",
        ]
        assert [(event.version, event.event) for event in told(steps, 2)] == [(2, "merged"), (1, "born")]
        assert history(cursor, 8) == []
    index.close()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Event(1, None, 1, None, "born", 0.0), "Topic 1 “a” was there from the beginning."),
        (
            Event(2, 1, 3, None, "born", 0.0),
            "Topic 3 “c” was born: most of its hashtags were in no topic of version 1.",
        ),
        (
            Event(2, 1, 1, 1, "kept", 0.625),
            "Topic 1 “a” was kept: 62% of their hashtags, by posts, are in both.",
        ),
        (
            Event(4, 2, 1, 1, "kept", 0.5),
            "Topic 1 “new a” was kept, before as Topic 1 “a”: 50% of their hashtags, by posts, are in both.",
        ),
        (
            Event(2, 1, 3, 1, "split", 0.25),
            "Topic 3 “c” split off Topic 1 “a”, which most of its hashtags come from: " + BOTH.format(25),
        ),
        (
            Event(2, 1, 1, 2, "merged", 0.125),
            "Topic 2 “b” merged into Topic 1 “a”, which has most of its hashtags: " + BOTH.format(12),
        ),
        (Event(4, 2, None, 3, "died", 0.0), "Topic 3 “c” died: no topic of version 4 has most of its hashtags."),
        (Event(4, 2, None, 8, "died", 0.0), "Topic 8 died: no topic of version 4 has most of its hashtags."),
    ],
)
def test_each_event_is_a_sentence(event: Event, said: str) -> None:
    assert event.sentence(LABELS) == said


def test_the_page_draws_the_history_and_tells_it(lake: Settings) -> None:
    with pages_on(lake) as client:
        page = client.get("/topics").text
        assert "a column is a version of the model (1, 2, 4)" in page
        assert "Topic 3 “c” died" in page
        assert "Version 3" not in page
        one = client.get("/topics/2").text
        assert "Topic 2 “b” merged into Topic 1 “a”" in one
        events = client.get("/api/topics").json["lineage"]
        assert [event["event"] for event in events] == ["kept", "died", "kept", "merged", "split", "born", "born"]
