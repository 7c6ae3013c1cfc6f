"""Figures of clusters, from rows of gold."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pyspark.sql import SparkSession

from starling.gold import topic_lineage, topics, word_clusters
from starling.reports import clusters

TOPICS = [
    (1, 1, "old", ["old"], [1.0], ["old"], 99, 0.9),
    (2, 1, "$sky · $orbit", ["$sky", "$orbit"], [0.6, 0.4], ["sky"], 5, -0.25),
    (2, 4, "oven", ["oven"], [1.0], ["food"], 8, 0.5),
]
LINEAGE = [
    (1, None, 1, None, "born", 0.0),
    (2, 1, 1, 1, "kept", 0.5),
    (2, 1, 4, None, "born", 0.0),
    (2, 1, None, 3, "died", 0.0),
]
WORDS = [(3, 0, "sky", ["sky", "orbit"], [0.9, -0.1], 0.3), (3, 1, "oven", ["oven"], [1.0], 0.0)]


def drawn(figure: Figure) -> Figure:
    """The figure; to draw it must warn of nothing."""
    FigureCanvasAgg(figure).draw()
    return figure


def names(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_the_newest_version_alone_is_shown_from_the_largest_topic(spark: SparkSession) -> None:
    newest = clusters.latest(spark.createDataFrame(TOPICS, topics.TABLE.schema))
    assert {row.model_version for row in newest.collect()} == {2}
    sizes = drawn(clusters.topic_sizes(newest))
    assert names(sizes) == ["4  oven", r"1  \$sky · \$orbit"]
    assert [bar.get_width() for bar in sizes.axes[0].patches] == [8, 5]
    coherence = drawn(clusters.topic_coherence(newest))
    assert names(coherence) == ["4  oven", r"1  \$sky · \$orbit"]
    assert coherence.axes[0].lines[0].get_xdata().tolist() == [0.5, -0.25]
    clouds = drawn(clusters.topic_clouds(newest, 7))
    assert [panel.get_title(loc="left") for panel in clouds.axes] == [r"1   \$sky · \$orbit", "4   oven"]


def test_events_are_stacked_by_version(spark: SparkSession) -> None:
    figure = drawn(clusters.lineage(spark.createDataFrame(LINEAGE, topic_lineage.TABLE.schema)))
    heights = {bars.get_label(): [bar.get_height() for bar in bars] for bars in figure.axes[0].containers if len(bars)}
    assert heights == {"kept": [0, 1], "born": [1, 1], "split": [0, 0], "merged": [0, 0], "died": [0, 1]}
    assert [bar.get_y() for bar in figure.axes[0].containers[4]] == [1, 2]


def test_words_far_from_their_centre_are_drawn_too(spark: SparkSession) -> None:
    newest = clusters.latest(spark.createDataFrame(WORDS, word_clusters.TABLE.schema))
    assert len(drawn(clusters.word_cluster_clouds(newest, 7)).axes) == 2
    assert names(drawn(clusters.word_coherence(newest))) == ["0  sky", "1  oven"]
