"""Pictures of clusters, of whatever they are; the title of each is the question that it answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import leaves_list, linkage
from wordcloud import WordCloud

from starling.models.clustering import Clusters
from starling.models.coherence import Floats
from starling.models.drawing import BARS, bare, colour, drawable, font_path, plain
from starling.models.trained import Trial

_CLOUD = (420, 260)  # pixels
_CLOUDS_A_ROW = 4
# Of a search's trials: its measure, and how it is called.
_MEASURES = {
    "silhouette": "silhouette\n(cosine)",
    "balance": "balance\nof sizes",
    "npmi_training": "coherence\n(NPMI)",
    "score": "all three",
}
_MOST_VALUES = 14  # beyond that, numbers in the cells of a heat map are not read
_LEAST_DOT, _DOTS = 18.0, 900.0


@dataclass(frozen=True)
class Cloud:
    """A cluster as its words and what they weigh."""

    number: int
    label: str
    words: Sequence[str]
    weights: Sequence[float]


@dataclass(frozen=True)
class Searched:
    """What a search tried, and the number of clusters it chose."""

    name: str
    trials: Sequence[Trial]
    chosen: int


def word_clouds(title: str, clouds: Sequence[Cloud], seed: int) -> Figure:
    """A page of clouds, the same at each drawing."""
    across = min(_CLOUDS_A_ROW, len(clouds))
    down = math.ceil(len(clouds) / across)
    figure = Figure(figsize=(4.2 * across, 0.6 + 2.9 * down), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=15)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    for panel, cloud in zip(panels, clouds, strict=False):
        panel.imshow(_image(cloud, seed), interpolation="bilinear")
        panel.set_title(f"{cloud.number}   {plain(cloud.label, 36)}", loc="left", fontsize=10)
    return figure


def _image(cloud: Cloud, seed: int) -> Floats:
    """Weights of zero or less, which a word far from its centre has, are drawn as the smallest."""
    weights = {drawable(word): max(weight, 1e-3) for word, weight in zip(cloud.words, cloud.weights, strict=True)}
    drawn = WordCloud(
        font_path=font_path(),
        width=_CLOUD[0],
        height=_CLOUD[1],
        background_color="white",
        color_func=lambda *args, **kwargs: colour(2 * cloud.number),
        prefer_horizontal=1.0,
        relative_scaling=0.4,
        min_font_size=11,
        random_state=seed,
    ).generate_from_frequencies(weights)
    image: Floats = drawn.to_array()
    return image


def by_number_of_clusters(title: str, searches: Sequence[Searched]) -> Figure:
    """Each measure over the number of clusters, with the chosen number marked."""
    figure = Figure(figsize=(8.0, 8.0), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    panels = figure.subplots(len(_MEASURES), 1, sharex=True)
    for panel, (measure, name) in zip(panels, _MEASURES.items(), strict=True):
        for number, search in enumerate(searches):
            _measured(panel, search, measure, colour(2 * number))
        panel.set_ylabel(name)
        panel.grid(axis="y", alpha=0.3)
        bare(panel)
    panels[0].legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2 * len(searches), frameon=False)
    tried = sorted({int(str(trial.params["k"])) for search in searches for trial in search.trials})
    panels[-1].set_xticks(tried)
    panels[-1].set_xlabel("number of clusters")
    return figure


def _measured(panel: Axes, search: Searched, measure: str, shade: str) -> None:
    tried = [int(str(trial.params["k"])) for trial in search.trials]
    values = [trial.metrics[measure] for trial in search.trials]
    panel.plot(tried, values, "o-", color=shade, markersize=4, label=search.name)
    panel.plot(
        [search.chosen],
        [values[tried.index(search.chosen)]],
        "o",
        markersize=12,
        fillstyle="none",
        markeredgewidth=1.5,
        color=shade,
        label=f"chosen: {search.chosen}",
    )


def similarities(title: str, centres: Floats, names: Sequence[str]) -> Figure:
    """Cosine of each two clusters' centres (rows of length 1), those that are alike beside each other."""
    cosines = np.clip(centres @ centres.T, -1.0, 1.0)
    order = _alike_together(centres)
    cosines = cosines[np.ix_(order, order)]
    labels = [plain(names[place], 34) for place in order]
    side = 1.5 + 0.36 * len(labels)
    figure = Figure(figsize=(side + 4.0, side), layout="constrained")
    axes = figure.subplots()
    itself = np.eye(len(order), dtype=bool)
    between = cosines[~itself]
    # Centres of TF-IDF are never opposed, those of Word2Vec may be.
    least, greatest = float(between.min(initial=0.0)), float(between.max(initial=0.1))
    image = axes.imshow(np.ma.masked_array(cosines, itself), cmap="Blues", vmin=least, vmax=greatest)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xticks(range(len(labels)), [label.split(" ")[0] for label in labels])
    axes.set_title(title, loc="left")
    if len(labels) <= _MOST_VALUES:
        _write_values(axes, cosines, greatest)
    figure.colorbar(image, ax=axes, shrink=0.7, label="cosine of the centres")
    return figure


def _write_values(axes: Axes, cosines: Floats, greatest: float) -> None:
    for row, column in np.ndindex(*cosines.shape):
        if row != column:
            shade = "white" if cosines[row, column] > 0.6 * greatest else "black"
            text = f"{cosines[row, column]:.2f}"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color=shade)


def _alike_together(centres: Floats) -> list[int]:
    """An order in which neighbours are near: that of the leaves of a tree of averages."""
    if len(centres) < 3:
        return list(range(len(centres)))
    order: list[int] = leaves_list(linkage(centres, "average", optimal_ordering=True)).tolist()
    return order


def cluster_map(
    title: str, spots: Floats, sizes: Floats, clusters: Clusters, names: Mapping[int, str], numbers: Mapping[int, int]
) -> Figure:
    """Points where `spots` (two columns) says, as large as their size, in the colour and under the number of theirs.

    `names` and `numbers` are of the clusters.
    """
    figure = Figure(figsize=(12.0, 7.5), layout="constrained")
    axes = figure.subplots()
    areas = _LEAST_DOT + _DOTS * sizes / sizes.max()
    for cluster in sorted(numbers, key=lambda each: numbers[each]):
        of_it = clusters == cluster
        axes.scatter(
            spots[of_it, 0],
            spots[of_it, 1],
            s=areas[of_it],
            color=colour(numbers[cluster]),
            alpha=0.7,
            linewidths=0.3,
            edgecolors="white",
            label=f"{numbers[cluster]}   {plain(names[cluster], 40)}",
        )
    for cluster, number in numbers.items():
        if (clusters == cluster).any():
            _write_number(axes, str(number), np.median(spots[clusters == cluster], axis=0))
    legend = figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize=9)
    for handle in legend.legend_handles:
        handle.set_sizes([40.0])  # type: ignore[union-attr]  # those of a scatter have sizes
    axes.set_title(title, loc="left")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    return figure


def _write_number(axes: Axes, number: str, spot: Floats) -> None:
    box = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": "black", "linewidth": 0.6, "alpha": 0.9}
    axes.text(float(spot[0]), float(spot[1]), number, ha="center", va="center", fontsize=9, fontweight="bold", bbox=box)


def bars(title: str, names: Sequence[str], lengths: Sequence[float], unit: str, form: str = "{:,.0f}") -> Figure:
    """One bar a name, with its number."""
    figure = Figure(figsize=(9.0, 1.2 + 0.3 * len(names)), layout="constrained")
    axes = figure.subplots()
    drawn = axes.barh(range(len(names)), lengths, color=BARS)
    axes.set_yticks(range(len(names)), [plain(name, 44) for name in names])
    axes.invert_yaxis()
    axes.bar_label(drawn, [form.format(length) for length in lengths], padding=3)
    axes.set_title(title, loc="left")
    axes.set_xlabel(unit)
    bare(axes)
    return figure
