"""Figures of what the tables hold; the title of each is the question that it answers."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling.ops.ledger import OUTCOMES
from starling.sentiment.agreement import LABELS
from starling.sentiment.correction import corrected

_WIDE = (9.0, 4.5)
_COLOURS = {"positive": "#2f7d4f", "negative": "#b3412f"}
_BARS = "#3b6ea5"


def outcomes(ledger: Mapping[str, int]) -> Figure:
    """What became of every record? `ledger` has the number of records of each outcome."""
    names = [name for name in OUTCOMES if ledger[name]]
    return _bars("What became of every record?", names, [ledger[name] for name in names], "records")


def languages(posts: DataFrame, most: int = 10) -> Figure:
    """Which languages are the posts in? Reads: lang."""
    rows = posts.groupBy("lang").count().orderBy(F.desc("count"), "lang").limit(most).collect()
    return _bars(
        "Which languages are the posts in?", [row.lang for row in rows], [row["count"] for row in rows], "posts"
    )


def hashtags(trends: DataFrame, most: int = 15) -> Figure:
    """Which hashtags burst most above their usual? Reads: gold.hashtag_trends' columns."""
    rows = (
        trends.groupBy("hashtag")
        .agg(F.max("burst_score").alias("score"))
        .orderBy(F.desc("score"), "hashtag")
        .limit(most)
        .collect()
    )
    title = "Which hashtags burst most above their usual hour?"
    return _bars(title, ["#" + row.hashtag for row in rows], [row.score for row in rows], "greatest burst score")


def _bars(title: str, names: Sequence[str], lengths: Sequence[float], unit: str) -> Figure:
    figure = Figure(figsize=(_WIDE[0], 1.2 + 0.3 * len(names)), layout="constrained")
    axes = figure.subplots()
    drawn = axes.barh(range(len(names)), lengths, color=_BARS)
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])
    axes.invert_yaxis()
    axes.bar_label(drawn, [f"{length:,.0f}" for length in lengths], padding=3)
    axes.set_title(title, loc="left")
    axes.set_xlabel(unit)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _plain(text: str) -> str:
    """Without what matplotlib would read as mathematics."""
    return text.replace("$", r"\$")


def sentiment(by_hour: DataFrame, least_scored: int = 30) -> Figure:
    """How positive are the posts, day by day, as VADER counts and as people would?

    Reads: gold.sentiment_by_hour's columns. Days with fewer than `least_scored` scored posts are left out.
    """
    # The correction is made for the day: the mean of its hours' would have each of them cut to [0, 1].
    rows = (
        by_hour.groupBy(F.to_date("hour").alias("day"))
        .agg(*(F.sum(label).alias(label) for label in LABELS))
        .where(sum((F.col(label) for label in LABELS), F.lit(0)) >= max(1, least_scored))
        .orderBy("day")
        .collect()
    )
    figure = Figure(figsize=_WIDE, layout="constrained")
    axes = figure.subplots()
    places = range(len(rows))
    for label, colour in _COLOURS.items():
        of_days = [found for row in rows if (found := corrected(label, [row[name] for name in LABELS]))]
        axes.plot(places, [day.share for day in of_days], ":", color=colour, label=f"{label}, VADER's count")
        axes.plot(places, [day.corrected for day in of_days], color=colour, label=f"{label}, corrected")
        axes.fill_between(places, [day.low for day in of_days], [day.high for day in of_days], color=colour, alpha=0.15)
    step = max(1, math.ceil(len(rows) / 12))
    axes.set_xticks(places[::step], [str(row.day) for row in rows[::step]], rotation=45, ha="right")
    axes.set_ylim(0, 1)
    axes.set_title("How positive are the posts, as VADER counts and as people would?", loc="left")
    axes.set_ylabel("share of a day's scored posts")
    axes.legend(loc="upper left", ncols=2, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
