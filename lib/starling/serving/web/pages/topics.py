"""Topics: what the hashtags fall into, how large and when, how they read, and what became of them over versions."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template

from starling.serving import explore, lineage, topics, word_clusters
from starling.serving.cloud import cloud
from starling.serving.filters import NO_TOPIC, BadFilter, Filters
from starling.serving.topic_times import Counts, Times, times
from starling.serving.topics import Topic
from starling.serving.web.asked import only
from starling.serving.web.formats import percent
from starling.serving.web.keeping import kept
from starling.serving.web.lineage_chart import lineage_chart
from starling.serving.web.reading import cursor
from starling.serving.web.topic_charts import calendar, over_time, readings, sizes

pages = Blueprint("topics", __name__)
pages.add_app_template_filter(cloud, "cloud")
_NEWEST_POSTS = 5
_MOST_DIGITS = 6


@pages.get("/topics")
def show() -> str:
    """All topics."""
    only()
    version = topics.shown_version(cursor())
    found = topics.of_version(cursor(), version) if version else []
    counted = kept(times)
    history = lineage.history(cursor(), version) if version else []
    labels = topics.labels_by_version(cursor())
    return render_template(
        "topics.html",
        version=version,
        scoring=topics.scoring_version(cursor()),
        topics=found,
        times=counted,
        without=counted.whole(NO_TOPIC),
        charts=[make(found, counted) for make in (calendar, sizes, readings)] if counted.all_posts else [],
        history=history,
        lineage=lineage_chart(history, labels) if len(history) > 1 else None,
        labels=labels,
        clusters=len(word_clusters.clusters(cursor())),
    )


@pages.get("/topics/<number>")
def one(number: str) -> str:
    """One topic."""
    only()
    topic, version = _asked(number)
    counted = kept(times)
    labels = topics.labels_by_version(cursor())
    return render_template(
        "topic.html",
        topic=topic,
        version=version,
        words=[(word, percent(weight)) for word, weight in topic.words],
        whole=counted.whole(topic.number),
        all_posts=counted.all_posts,
        charts=over_time(topic.number, counted),
        events=[(event.version, event.sentence(labels)) for event in _story(version, topic.number)],
        posts=explore.posts(cursor(), Filters(topic=(topic.number,)))[:_NEWEST_POSTS],
        names=topics.labels(cursor()),
    )


@pages.get("/topics/words")
def words() -> str:
    """The clusters of words."""
    only()
    return render_template("words.html", clusters=word_clusters.clusters(cursor()))


@pages.get("/api/topics")
def all_as_json() -> Response:
    """All topics, and what became of them."""
    only()
    version = topics.shown_version(cursor())
    found = topics.of_version(cursor(), version) if version else []
    counted = kept(times)
    labels = topics.labels_by_version(cursor())
    return jsonify(
        version=version,
        scoring_version=topics.scoring_version(cursor()),
        topics=[_as_json(topic, counted) for topic in found],
        posts=counted.all_posts,
        posts_without_topic=counted.whole(NO_TOPIC).posts,
        lineage=[
            {**vars(event), "says": event.sentence(labels)}
            for step in (lineage.history(cursor(), version) if version else [])
            for event in step.events
        ],
    )


@pages.get("/api/topics/<number>")
def one_as_json(number: str) -> Response:
    """One topic, over time."""
    only()
    topic, version = _asked(number)
    counted = kept(times)
    width = counted.width([topic.number])
    labels = topics.labels_by_version(cursor())
    return jsonify(
        **_as_json(topic, counted),
        bar_seconds=width.total_seconds(),
        bars=[{"from": at, **_counts(counts)} for at, counts in counted.bars(topic.number, width).items()],
        lineage=[{**vars(event), "says": event.sentence(labels)} for event in _story(version, topic.number)],
    )


@pages.get("/api/topics/words")
def words_as_json() -> Response:
    """The clusters of words."""
    only()
    return jsonify(clusters=[{**vars(each), "coherence": each.coherence} for each in word_clusters.clusters(cursor())])


def _asked(number: str) -> tuple[Topic, int]:
    """The topic of an address, and the version that scores posts. Raises BadFilter; 404 where there is none."""
    if not (number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS):
        raise BadFilter(f"topic {number[:40]!r} is not understood; wanted a topic's number such as /topics/3")
    version = topics.shown_version(cursor())
    topic = topics.find(cursor(), int(number), version) if version else None
    if topic is None or version is None:
        abort(404, f"there is no topic {int(number)}, and was none in any version of the model; /topics lists them")
    return topic, version


def _story(version: int, number: int) -> list[lineage.Event]:
    return lineage.told(lineage.history(cursor(), version), number)


def _as_json(topic: Topic, counted: Times) -> dict[str, Any]:
    return {**vars(topic), "coherence": topic.coherence, **_counts(counted.whole(topic.number))}


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        "posts": counts.posts,
        "scored": counts.scored,
        "positive": counts.positive,
        "neutral": counts.neutral,
        "negative": counts.negative,
        "mean_compound": counts.mean_compound,
    }
