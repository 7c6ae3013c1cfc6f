"""The pictures of Now."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from starling.sentiment.correction import Shares
from starling.serving.arrivals import ARRIVAL_MINUTES, Arrivals, Pace
from starling.serving.charts import RANKED, Chart, band, line, ranked
from starling.serving.now import Bar, Hashtags, Now, Span, total
from starling.serving.web import formats

Address = Callable[..., str]
# Shares of fewer posts say next to nothing.
LEAST_SCORED = 10
_LABELS = ("positive", "negative")
_COLUMNS = ("as VADER counts", "corrected", "95 %")


def charts(span: Span, shown: Now, explore: Address) -> Mapping[str, Chart]:
    """By name, all of the page's."""
    return {
        "arrivals": _arrivals(shown.arrivals),
        "sentiment": _sentiment(span, shown.sentiment),
        "top": _ranking("top", "Top hashtags", "hashtag", shown.hashtags.top, explore),
        "rising": _rising(span, shown.hashtags, explore),
        "languages": _ranking("languages", "Languages", "lang", shown.languages, explore),
        "pace": _pace(shown.pace),
    }


def _arrivals(arrived: Arrivals) -> Chart:
    times = [minute.isoformat() for minute, _ in arrived.minutes]
    posts = [count for _, count in arrived.minutes]
    trace = {"type": "bar", "x": times, "y": posts, "marker": {"color": "--accent"}, "name": "posts"}
    newest = formats.moment(arrived.newest)
    return Chart(
        id="arrivals",
        title="Posts per minute",
        says=f"by arrival, in the {ARRIVAL_MINUTES} minutes up to the newest, {newest} UTC; whenever published",
        traces=[trace],
        columns=("minute (UTC)", "posts"),
        rows=[(formats.moment(minute), count) for minute, count in reversed(arrived.minutes)],
        layout={"bargap": 0.1, "yaxis": {"rangemode": "tozero"}},
    )


def _sentiment(span: Span, bars: Sequence[Bar]) -> Chart:
    known = [bar for bar in bars if bar.scored >= LEAST_SCORED]
    return Chart(
        id="sentiment",
        title="Sentiment over time",
        says=(
            f"{_in_all(bars)}VADER calls too many positive: the thick lines are the shares of scored posts that people "
            f"would find, with their 95 % interval, the dotted ones VADER's own; where fewer than {LEAST_SCORED} are "
            "scored, nothing is drawn"
        ),
        traces=[trace for label in _LABELS for trace in _lines(label, bars)],
        columns=("from (UTC)", "scored", *(f"{label}, {what}" for label in _LABELS for what in _COLUMNS)),
        rows=[
            (formats.moment(bar.start), bar.scored, *_cells(bar.positive), *_cells(bar.negative))
            for bar in reversed(known)
        ],
        layout={
            "showlegend": True,
            "yaxis": {"range": [0, 1], "tickformat": ".0%"},
            "xaxis": {"range": [span.since.isoformat(), span.until.isoformat()]},
        },
        height=340,
    )


def _lines(label: str, bars: Sequence[Bar]) -> list[Mapping[str, Any]]:
    """A label's shares over time; an interval does not reach over a gap."""
    traces: list[Mapping[str, Any]] = []
    shares: list[Shares | None] = [getattr(bar, label) if bar.scored >= LEAST_SCORED else None for bar in bars]
    for _, run in groupby(zip(bars, shares, strict=True), key=lambda pair: pair[1] is None):
        within = [(bar.start.isoformat(), one.low, one.high) for bar, one in run if one is not None]
        if within:
            starts, low, high = zip(*within, strict=True)
            traces += band(starts, low, high, f"--{label}-band")
    times = [bar.start.isoformat() for bar in bars]
    corrected = [None if share is None else share.corrected for share in shares]
    thin = {"color": f"--{label}", "width": 1, "dash": "dot"}
    raw = line(
        f"{label}, as VADER counts", times, [None if share is None else share.share for share in shares], f"--{label}"
    )
    return [
        *traces,
        line(f"{label}, corrected", times, corrected, f"--{label}", mode="lines+markers", cliponaxis=False),
        {**raw, "line": thin},
    ]


def _in_all(bars: Sequence[Bar]) -> str:
    whole = total(bars)
    if whole.positive is None or whole.negative is None:
        return ""
    said = [
        f"{label} {formats.percent(one.corrected)} ({formats.percent(one.low)} to {formats.percent(one.high)}), where "
        f"VADER counts {formats.percent(one.share)}"
        for label, one in (("positive", whole.positive), ("negative", whole.negative))
    ]
    return f"In all {whole.scored:,} scored posts: {'; '.join(said)}. "


def _cells(shares: Shares | None) -> tuple[str, str, str]:
    if shares is None:
        return ("—",) * 3
    interval = f"{formats.percent(shares.low)} to {formats.percent(shares.high)}"
    return formats.percent(shares.share), formats.percent(shares.corrected), interval


def _ranking(name: str, title: str, key: str, rows: Sequence[tuple[str, int]], explore: Address) -> Chart:
    sign = "#" if key == "hashtag" else ""
    labels = [f"{sign}{value}" for value, _ in rows]
    links = [explore(**{key: value}) for value, _ in rows]
    return Chart(
        id=name,
        title=title,
        says=f"{title.lower()} by posts; click one to see them",
        traces=[ranked(labels, [posts for _, posts in rows], links)],
        columns=(key, "posts"),
        rows=[(label, posts) for label, (_, posts) in zip(labels, rows, strict=True)],
        layout=RANKED,
        height=max(140, 60 + 24 * len(rows)),
    )


def _rising(span: Span, hashtags: Hashtags, explore: Address) -> Chart:
    rows = hashtags.rising
    labels = [f"#{one.hashtag}" for one in rows]
    links = [explore(hashtag=one.hashtag) for one in rows]
    traces = [
        {**ranked(labels, [round(one.usual, 2) for one in rows], links, "--unscored"), "name": "usual"},
        {**ranked(labels, [one.posts for one in rows], links), "name": "now"},
    ]
    before = f"the {hashtags.compared} times {span.kind.words} before that have posts"
    return Chart(
        id="rising",
        title="Rising hashtags",
        says=f"posts beside what is usual, which is the mean of {before}; first the one that is furthest above it",
        traces=traces,
        columns=("hashtag", "posts", "usual", "burst score"),
        rows=[
            (label, one.posts, f"{one.usual:,.1f}", f"{one.score:,.1f}")
            for label, one in zip(labels, rows, strict=True)
        ],
        layout={**RANKED, "barmode": "group", "showlegend": True},
        height=max(140, 90 + 30 * len(rows)),
    )


def _pace(pace: Pace) -> Chart:
    batches = pace.batches
    times = [f"{batch.written_at:%H:%M:%S}" for batch in batches]
    return Chart(
        id="pace",
        title="Freshness of the last batches",
        says=(
            f"seconds from when the broker took a batch's newest record until all its rows were written, and how long "
            f"the batch itself took; {_last(len(batches))}"
        ),
        traces=[
            line(
                "broker to tables", times, [batch.behind_seconds for batch in batches], "--accent", mode="lines+markers"
            ),
            line("the batch", times, [batch.seconds for batch in batches], "--neutral", mode="lines+markers"),
        ],
        columns=("written (UTC)", "records", "rejected", "broker to tables, s", "batch, s"),
        rows=[
            (formats.moment(b.written_at), b.records, b.rejected, f"{b.behind_seconds:.1f}", f"{b.seconds:.1f}")
            for b in reversed(batches)
        ],
        layout={
            "showlegend": True,
            "xaxis": {"type": "category", "nticks": 6, "tickangle": 0},
            "yaxis": {"rangemode": "tozero", "ticksuffix": " s"},
        },
    )


def _last(batches: int) -> str:
    return "there is one batch yet" if batches == 1 else f"the last {batches} batches"
