"""The charts of the topics' pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from starling.serving.charts import RANKED, STACKED, Chart, line, ranked, stacked
from starling.serving.filters import Filters
from starling.serving.topic_times import Counts, Times
from starling.serving.topics import Topic
from starling.serving.web.formats import percent, score
from starling.serving.web.pages.explore import address, width_in_words

READ_AS = ("positive", "neutral", "negative")
_EMPTY = Counts()
_LABEL_CHARACTERS = 24
_CATEGORIES: Mapping[str, Any] = {"xaxis": {"type": "category", "nticks": 4, "automargin": True}}


def sizes(topics: Sequence[Topic], times: Times) -> Chart:
    """Posts by topic."""
    order = sorted(topics, key=lambda topic: -times.whole(topic.number).posts)
    posts = [times.whole(topic.number).posts for topic in order]
    return Chart(
        id="sizes",
        title="How large each topic is",
        says=f"{len(order)} topics, the one with most posts first; click one to see what it is about",
        traces=[ranked([_short(topic) for topic in order], posts, [page_of(topic.number) for topic in order])],
        columns=("topic", "posts", "of all posts"),
        rows=[
            (_name(topic), count, percent(count / (times.all_posts or 1)))
            for topic, count in zip(order, posts, strict=True)
        ],
        layout=RANKED,
        height=60 + 24 * len(order),
    )


def readings(topics: Sequence[Topic], times: Times) -> Chart:
    """How each topic's scored posts read."""
    wholes = {topic.number: times.whole(topic.number) for topic in topics}
    scored = [topic for topic in topics if wholes[topic.number].scored]
    order = sorted(scored, key=lambda topic: _mean(wholes[topic.number]))
    traces = [
        {
            **stacked(name, [wholes[topic.number].share(name) or 0 for topic in order], [], f"--{name}"),
            "y": [_short(topic) for topic in order],
            "orientation": "h",
            "customdata": [address(Filters(topic=(topic.number,), sentiment=(name,))) for topic in order],
            "hovertemplate": "%{y}: %{x:.0%} " + name + "<extra></extra>",
        }
        for name in READ_AS
    ]
    return Chart(
        id="readings",
        title="How each topic reads",
        says="share of the scored posts, English alone; the most positive topic on top; click a part to see its posts",
        traces=traces,
        columns=("topic", "scored", *READ_AS, "mean compound"),
        rows=[_reading(topic, wholes[topic.number]) for topic in reversed(order)],
        layout={**RANKED, **STACKED, "xaxis": {"tickformat": ".0%", "range": [0, 1]}},
        height=90 + 24 * len(order),
    )


def calendar(topics: Sequence[Topic], times: Times) -> Chart:
    """When each topic was talked about."""
    numbers = [topic.number for topic in topics]
    width = times.width(numbers)
    starts = times.starts(numbers, width)
    bars = [times.bars(number, width) for number in numbers]
    most = [max((counts.posts for counts in each.values()), default=0) or 1 for each in bars]
    posts = [[each.get(at, _EMPTY).posts for at in starts] for each in bars]
    trace = {
        "type": "heatmap",
        "x": [_said(at, width) for at in starts],
        "y": [_short(topic) for topic in topics],
        "z": [[count / top for count in row] for row, top in zip(posts, most, strict=True)],
        "text": posts,
        "customdata": [[_posts_of(number, at, width) for at in starts] for number in numbers],
        "colorscale": [[0, "--ground"], [1, "--accent"]],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "%{y}, from %{x}: %{text:,} posts<extra></extra>",
    }
    return Chart(
        id="calendar",
        title="When each topic was talked about",
        says=f"a column is {width_in_words(width.total_seconds())}, left out where no topic has a post; the stronger "
        "its colour, the nearer to the topic's own busiest time; click a field to see its posts",
        traces=[trace],
        columns=("from (UTC)", *(f"topic {number}" for number in numbers)),
        rows=[(_said(at, width), *(row[place] for row in posts)) for place, at in enumerate(starts)],
        layout={"yaxis": {"type": "category", "automargin": True, "autorange": "reversed"}, **_CATEGORIES},
        height=80 + 24 * len(topics),
    )


def over_time(number: int, times: Times) -> list[Chart]:
    """A topic's posts over time by sentiment, and how they read on the whole."""
    width = times.width([number])
    bars = times.bars(number, width)
    x = [_said(at, width) for at in bars]
    links = [_posts_of(number, at, width) for at in bars]
    wide = width_in_words(width.total_seconds())
    names = (*READ_AS, "unscored")
    size = Chart(
        id="size",
        title="Posts over time, by sentiment",
        says=f"{len(x)} bars of {wide}, times without posts left out; click one to see its posts",
        traces=[
            stacked(name, x, [getattr(counts, name) for counts in bars.values()], f"--{name}", links) for name in names
        ],
        columns=("from (UTC)", *names),
        rows=[(_said(at, width), *(getattr(counts, name) for name in names)) for at, counts in bars.items()],
        layout={**STACKED, **_CATEGORIES},
    )
    means = [counts.mean_compound for counts in bars.values()]
    drawn = {"mode": "lines+markers", "customdata": links, "hovertemplate": "from %{x}: %{y:+.3f}<extra></extra>"}
    mean = Chart(
        id="mean",
        title="Mean compound score over time",
        says=f"of the scored posts of {wide}, from -1, all negative, to +1, all positive; few posts make it jump",
        traces=[line("mean compound", x, means, "--accent", **drawn)],
        columns=("from (UTC)", "scored", "mean compound"),
        rows=[(_said(at, width), counts.scored, score(counts.mean_compound)) for at, counts in bars.items()],
        layout={"yaxis": {"range": [-1, 1]}, **_CATEGORIES},
    )
    return [size, mean]


def _reading(topic: Topic, counts: Counts) -> tuple[Any, ...]:
    shares = (percent(counts.share(name)) for name in READ_AS)
    return _name(topic), counts.scored, *shares, score(counts.mean_compound)


def _mean(counts: Counts) -> float:
    return counts.mean_compound or 0.0


def _said(at: datetime, width: timedelta) -> str:
    return at.strftime("%Y-%m-%d" if width >= timedelta(days=1) else "%Y-%m-%d %H:%M")


def _posts_of(number: int, at: datetime, width: timedelta) -> str:
    return address(Filters(topic=(number,), since=at, until=at + width))


def page_of(number: int) -> str:
    """The address of a topic's page."""
    return url_for("topics.one", number=str(number))


def _name(topic: Topic) -> str:
    return f"{topic.number}: {topic.label}"


def _short(topic: Topic) -> str:
    return cut(_name(topic))


def cut(name: str) -> str:
    """
    >>> cut("7: #ingeniotv · #aprendeencasa · #secundaria")
    '7: #ingeniotv · #aprend…'
    """
    return name if len(name) <= _LABEL_CHARACTERS else name[: _LABEL_CHARACTERS - 1] + "…"
