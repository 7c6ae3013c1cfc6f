"""Now: what comes in, how it reads, and how far behind it is; the page follows the tables by itself."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for

from starling.serving.arrivals import ARRIVAL_MINUTES
from starling.serving.backlog import Backlog, Ends, backlog
from starling.serving.filters import BadFilter
from starling.serving.now import KINDS, Now, Span, look
from starling.serving.topics import labels
from starling.serving.web.now_charts import charts
from starling.serving.web.reading import cursor, settings

pages = Blueprint("now", __name__)


@pages.get("/")
def show() -> str:
    """The page."""
    chosen = _asked()
    told = _told(chosen)
    return render_template(
        "now.html",
        now=told,
        kinds=KINDS.values(),
        charts=charts(told.span, told, _explore(told.span)) if told.span else {},
        backlog=_backlog(),
        latest=told.pace.batches[-1] if told.pace.batches else None,
        topics=labels(cursor()),
        minutes=ARRIVAL_MINUTES,
        compared=told.hashtags.compared,
        here=lambda name: url_for("now.show", span=name),
        chosen=chosen,
    )


@pages.get("/api/now")
def as_json() -> Response:
    """The same as JSON."""
    told = _told(_asked())
    shown = told.span
    return jsonify(
        span=shown and {"name": shown.kind.name, "since": shown.since, "until": shown.until},
        arrivals={"newest": told.arrivals.newest, "minutes": told.arrivals.minutes},
        sentiment=[asdict(bar) for bar in told.sentiment],
        hashtags=[{"hashtag": tag, "posts": posts} for tag, posts in told.hashtags.top],
        rising=[{**asdict(one), "score": one.score} for one in told.hashtags.rising],
        rising_compared_spans=told.hashtags.compared,
        backlog=_backlog(),
        languages=[{"lang": lang, "posts": posts} for lang, posts in told.languages],
        newest=[{**asdict(one.post), "words": one.words} for one in told.newest],
        batches=[
            {**asdict(one), "seconds": one.seconds, "behind_seconds": one.behind_seconds} for one in told.pace.batches
        ],
        records_a_second=told.pace.records_a_second,
        rejected_share=told.pace.rejected_share,
    )


def _asked() -> str | None:
    for name in request.args:
        if name != "span":
            raise BadFilter(f"unknown filter {name[:40]!r}; known: span")
    chosen = request.args.get("span") or None
    if chosen is not None and chosen not in KINDS:
        raise BadFilter(f"span {chosen[:40]!r} is not known; known: {', '.join(KINDS)}")
    return chosen


def _told(chosen: str | None) -> Now:
    return look(cursor(), settings().sentiment.max_characters, chosen)


def _backlog() -> Backlog | None:
    ends: Ends | None = current_app.extensions.get("ends")
    return backlog(cursor(), settings().kafka.topic, ends.newest if ends else None)


def _explore(shown: Span | None) -> Any:
    """Makes addresses of Explore within the span that is shown."""

    def address(since: datetime | None = None, until: datetime | None = None, **chosen: Any) -> str:
        assert shown is not None, "where there are charts, there is a span"
        times = {"since": since or shown.since, "until": until or shown.until}
        said: dict[str, Any] = {name: time.strftime("%Y-%m-%dT%H:%M") for name, time in times.items()}
        return url_for("explore.show", **said, **chosen)

    return address
