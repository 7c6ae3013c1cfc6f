"""Explore: filters that cross-filter every chart and the list of posts; each state is an address."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import duckdb
from flask import Blueprint, Response, jsonify, render_template, request, url_for

from starling.serving import explore
from starling.serving.charts import RANKED, STACKED, Chart, ranked, stacked
from starling.serving.explore import Group, Summary
from starling.serving.filters import NO_TOPIC, SENTIMENTS, BadFilter, Filters
from starling.serving.topics import labels
from starling.serving.web import formats
from starling.serving.web.keeping import kept
from starling.serving.web.reading import cursor

pages = Blueprint("explore", __name__)
# Of the address, what does not choose posts but says how they are listed.
_LISTING = ("order", "page")


@pages.get("/explore")
def show() -> str:
    """The page."""
    filters, order, page = asked()
    summary = _summary(filters)
    names = labels(cursor())
    return render_template(
        "explore.html",
        filters=filters,
        chips=[(_chip(name, value, names), address(filters.without(name, value))) for name, value in filters.pairs()],
        summary=summary,
        charts=charts(summary, filters, names),
        posts=explore.posts(cursor(), filters, order, page),
        topics=names,
        order=order,
        orders=list(explore.ORDERS),
        page=page,
        page_size=explore.PAGE,
        pages=min(explore.MOST_PAGES, -(-summary.whole.posts // explore.PAGE)),
        sentiments=SENTIMENTS,
        here=lambda **changes: address(filters, **{"order": order, **changes}),
    )


@pages.get("/api/explore")
def as_json() -> Response:
    """The same as JSON."""
    filters, order, page = asked()
    summary = asdict(_summary(filters))
    posts = [asdict(post) for post in explore.posts(cursor(), filters, order, page)]
    return jsonify(filters=filters.query(), summary=summary, posts=posts)


def _summary(filters: Filters) -> Summary:
    return explore.summary(cursor(), filters) if filters.any else kept(_of_all_posts)


def _of_all_posts(shared: duckdb.DuckDBPyConnection) -> Summary:
    return explore.summary(shared, Filters())


def asked() -> tuple[Filters, str, int]:
    """Filters, order and page of this request. Raises BadFilter."""
    listing = {name: request.args.get(name, "") for name in _LISTING}
    filters = Filters.of((name, value) for name, value in request.args.items(multi=True) if name not in _LISTING)
    order, page = listing["order"] or "newest", listing["page"] or "1"
    if order not in explore.ORDERS:
        raise BadFilter(f"order {order[:40]!r} is not known; known: {', '.join(explore.ORDERS)}")
    if not page.isdecimal() or not 1 <= int(page) <= explore.MOST_PAGES:
        raise BadFilter(f"page {page[:40]!r} is not understood; wanted a number from 1 to {explore.MOST_PAGES}")
    return filters, order, int(page)


def address(filters: Filters, **listing: Any) -> str:
    """The page with these filters."""
    said = {name: value for name, value in listing.items() if value not in (None, 1, "newest")}
    query = "&".join(part for part in (filters.query(), "&".join(f"{n}={v}" for n, v in said.items())) if part)
    return url_for("explore.show") + (f"?{query}" if query else "")


def charts(summary: Summary, filters: Filters, names: dict[int, str]) -> list[Chart]:
    """Every chart of the page."""
    return [
        time_line(summary, filters),
        _ranking("hashtags", "Hashtags", "hashtag", summary.hashtags, filters, lambda tag: f"#{tag}"),
        _ranking("topics", "Topics", "topic", summary.topics, filters, lambda topic: topic_name(topic, names)),
        _ranking("languages", "Languages", "lang", summary.languages[:12], filters, str),
        _ranking("sentiments", "Sentiment", "sentiment", summary.sentiments, filters, str),
        _ranking("platforms", "Platforms", "platform", summary.platforms, filters, str),
    ]


def time_line(summary: Summary, filters: Filters) -> Chart:
    """Posts over time by sentiment; a click on a bar narrows the time to it."""
    starts = [start for start, _ in summary.bars]
    links = [address(filters.with_(since=at, until=at + summary.width)) for at in starts]
    traces = [
        stacked(
            name, [at.isoformat() for at in starts], [counted[name] for _, counted in summary.bars], f"--{name}", links
        )
        for name in SENTIMENTS
    ]
    return Chart(
        id="time",
        title="Posts over time, by sentiment",
        says=f"{len(starts)} bars of {width_in_words(summary.width.total_seconds())}; click one to look into it",
        traces=traces,
        columns=("from (UTC)", *SENTIMENTS),
        rows=[(at.strftime("%Y-%m-%d %H:%M"), *(counted[name] for name in SENTIMENTS)) for at, counted in summary.bars],
        layout=STACKED,
        height=300,
    )


def _ranking(name: str, title: str, key: str, groups: Sequence[Group], filters: Filters, label: Any) -> Chart:
    shown = [group for group in groups if group.value is not None][:15]
    links = [address(filters.with_(**{key: (group.value,)})) for group in shown]
    return Chart(
        id=name,
        title=title,
        says=f"{title.lower()} of these posts, the most frequent first; click one to see its posts alone",
        traces=[ranked([label(group.value) for group in shown], [group.posts for group in shown], links)],
        columns=(title, "posts", "scored", "mean compound"),
        rows=[(label(g.value), g.posts, g.scored, formats.score(g.mean_compound)) for g in shown],
        layout=RANKED,
        height=max(140, 60 + 22 * len(shown)),
    )


def topic_name(topic: int, names: dict[int, str]) -> str:
    """A topic's number and label."""
    return "no topic" if topic == NO_TOPIC else f"{topic}: {names.get(topic, 'of an older model')}"


def width_in_words(seconds: float) -> str:
    """
    >>> width_in_words(3600), width_in_words(300), width_in_words(7 * 86400)
    ('an hour', '5 minutes', '7 days')
    """
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit:
            number = round(seconds / unit)
            return f"{'an' if name == 'hour' else 'a'} {name}" if number == 1 else f"{number} {name}s"
    return f"{seconds:.0f} seconds"


def _chip(name: str, value: str, names: dict[int, str]) -> str:
    if name == "topic":
        value = topic_name(NO_TOPIC if value == "none" else int(value), names)
    said = {"hashtag": "#{}", "text": "“{}”", "since": "from {}", "until": "until {}", "lang": "language {}"}
    return said.get(name, f"{name} {{}}").format(value.replace("T", " ") if name in ("since", "until") else value)
