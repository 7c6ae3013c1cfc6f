"""The pictures of bursts."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from starling.serving.burst_story import Story
from starling.serving.bursts import Burst, Found
from starling.serving.charts import RANKED, Chart, line, ranked
from starling.serving.web import burst_words as words
from starling.serving.web import formats

Address = Callable[[Burst], str]
_MOST_BARS = 15
_MOST_POINTS = 300


def strongest(rows: Sequence[tuple[Burst, int]], address: Address) -> Chart:
    """Hashtags by the posts of their strongest burst, copies apart."""
    shown = [one for one, _ in rows[:_MOST_BARS]]
    names = [f"#{one.hashtag} · {words.short(one.since, one.until)}" for one in shown]
    links = [address(one) for one in shown]
    own = {**ranked(names, [one.posts - one.copies for one in shown], links), "name": "first of their text"}
    copied = {**ranked(names, [one.copies for one in shown], links, "--unscored"), "name": "copies"}
    return Chart(
        id="strongest",
        title="Strongest bursts",
        says="posts of each hashtag's strongest burst, copies of earlier ones in grey; click one to see what is behind",
        traces=[own, copied],
        columns=("hashtag and time (UTC)", "posts", "expected", "authors", "copies"),
        rows=[
            (name, one.posts, words.amount(one.expected_posts), one.authors, one.copies)
            for name, one in zip(names, shown, strict=True)
        ],
        layout={**RANKED, "barmode": "stack", "showlegend": True},
        height=max(160, 90 + 24 * len(shown)),
    )


def when_they_were(found: Found, address: Address) -> Chart:
    """Bursts over time: each a point as high as its posts."""
    shown = sorted(found.bursts[:_MOST_POINTS], key=lambda one: one.since)
    points: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": [one.since.isoformat() for one in shown],
        "y": [one.posts for one in shown],
        "text": [f"#{one.hashtag}: {one.posts:,} posts of {one.authors:,} authors" for one in shown],
        "hovertemplate": "%{text}<br>%{x}<extra></extra>",
        "customdata": [address(one) for one in shown],
        "marker": {"color": "--accent", "size": 9, "opacity": 0.7},
    }
    return Chart(
        id="times",
        title="When they were",
        says=f"a point is a burst, as high as its posts (logarithmic); {len(shown)} of {len(found.bursts)} are shown",
        traces=[points],
        columns=("from (UTC)", "hashtag", "posts", "authors"),
        rows=[(formats.moment(one.since), f"#{one.hashtag}", one.posts, one.authors) for one in shown],
        layout={"yaxis": {"type": "log", "dtick": 1}},
    )


def around(told: Story) -> Chart:
    """A hashtag's posts by hour around a time, beside what was expected of each hour."""
    hours = told.hours
    times = [each.hour.isoformat() for each in hours]
    within = [told.since <= each.hour < told.until for each in hours]
    bars = {
        "type": "bar",
        "name": "posts",
        "x": times,
        "y": [each.posts for each in hours],
        "marker": {"color": ["--negative" if burst else "--neutral" for burst in within]},
        "hovertemplate": "%{x}: %{y} posts<extra></extra>",
    }
    usual = line("expected", times, [each.expected for each in hours], "--accent")
    return Chart(
        id="around",
        title=f"#{told.hashtag} by hour",
        says=_said(hours[0].hour if hours else told.since, hours[-1].hour if hours else told.until),
        traces=[bars, usual],
        columns=("hour (UTC)", "posts", "expected"),
        rows=[
            (formats.moment(each.hour), each.posts, "—" if each.expected is None else words.amount(each.expected))
            for each in hours
        ],
        layout={"bargap": 0.08, "showlegend": True},
        height=300,
    )


def _said(first: datetime, last: datetime) -> str:
    span = f"from {formats.moment(first)} to {formats.moment(last)} UTC"
    return f"posts an hour {span}, those of this time stand out; the line is what its own past lets expect"
