"""Figures of the clusters that gold holds; the title of each is the question that it answers."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from starling.models.cluster_plots import Cloud, bars, word_clouds
from starling.models.coherence import TOP_WORDS
from starling.models.drawing import bare, plain

_EVENTS = {"kept": "#2f7d4f", "born": "#3b6ea5", "split": "#7a5ba6", "merged": "#c98a1b", "died": "#b3412f"}


def latest(rows: DataFrame) -> DataFrame:
    """The rows of the newest version alone. Reads: model_version."""
    newest = rows.agg(F.max("model_version").alias("newest"))
    return rows.join(newest, rows.model_version == newest.newest, "left_semi")


def topic_sizes(topics: DataFrame) -> Figure:
    """How many posts is each topic of? Reads: the columns of one version of gold.topics."""
    rows = topics.orderBy(F.desc("posts"), "topic").collect()
    return bars(
        "How many posts is each topic of?", _names(rows, "topic"), [row.posts for row in rows], "distinct texts"
    )


def topic_coherence(topics: DataFrame) -> Figure:
    """Which topics' words go together? Reads: the columns of one version of gold.topics."""
    return _coherence("Which topics' words go together in posts that were not trained on?", topics, "topic")


def word_coherence(clusters: DataFrame) -> Figure:
    """Which clusters' words go together? Reads: the columns of one version of gold.word_clusters."""
    return _coherence("Which clusters' words go together in posts that were not trained on?", clusters, "cluster")


def topic_clouds(topics: DataFrame, seed: int) -> Figure:
    """What is each topic about? Reads: the columns of one version of gold.topics."""
    return _clouds("What is each topic about?", topics, "topic", seed)


def word_cluster_clouds(clusters: DataFrame, seed: int) -> Figure:
    """Which words go together? Reads: the columns of one version of gold.word_clusters."""
    return _clouds("Which words go together?", clusters, "cluster", seed)


def lineage(events: DataFrame) -> Figure:
    """What became of the topics from version to version? Reads: gold.topic_lineage's columns."""
    counted = events.groupBy("model_version", "event").count().collect()
    counts = {(row.model_version, row.event): row["count"] for row in counted}
    versions = sorted({version for version, _ in counts})
    figure = Figure(figsize=(9.0, 4.5), layout="constrained")
    axes = figure.subplots()
    below = [0] * len(versions)
    for event, shade in _EVENTS.items():
        heights = [counts.get((version, event), 0) for version in versions]
        axes.bar(range(len(versions)), heights, bottom=below, color=shade, label=event, width=0.6)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.set_xticks(range(len(versions)), [str(version) for version in versions])
    axes.set_title("What became of the topics from one version to the next?", loc="left")
    axes.set_xlabel("version of starling-hashtag-topics")
    axes.set_ylabel("topics")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    bare(axes)
    return figure


def _coherence(title: str, clusters: DataFrame, number: str) -> Figure:
    rows = clusters.orderBy(F.desc("npmi"), number).collect()
    figure = Figure(figsize=(9.0, 1.4 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.hlines(range(len(rows)), 0, [row.npmi for row in rows], color="#9bb4d0")
    axes.plot([row.npmi for row in rows], range(len(rows)), "o", color="#3b6ea5")
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [plain(name, 44) for name in _names(rows, number)])
    axes.invert_yaxis()
    axes.set_xlim(-1, 1)
    axes.set_xlabel("NPMI: -1 never together, 0 as often as by chance, 1 never apart")
    axes.set_title(title, loc="left")
    bare(axes)
    return figure


def _clouds(title: str, clusters: DataFrame, number: str, seed: int) -> Figure:
    rows = clusters.orderBy(number).collect()
    clouds = [Cloud(row[number], row.label, row.words[:TOP_WORDS], row.weights[:TOP_WORDS]) for row in rows]
    return word_clouds(title, clouds, seed)


def _names(rows: Sequence[Row], number: str) -> list[str]:
    return [f"{row[number]}  {row.label}" for row in rows]
