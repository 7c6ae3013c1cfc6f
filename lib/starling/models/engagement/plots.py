"""Pictures of an engagement model; the title of each is the question that it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from starling.models.engagement.measures import Floats
from starling.models.trained import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLUE, _RED, _GREY = "#3b6ea5", "#b3412f", "#8a8a8a"
_MOST_BARS = 25
_TICKS = (0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class Findings:
    """What the pictures show, of the held-out rows where nothing else is said.

    `true` and `predicted` are log_engagement, `top_quarter` 0 or 1 and `chance` its chance; `importance` is by feature,
    `curve` R² by number of training rows, `correlations` those of the training rows' numbers.
    """

    true: Floats
    predicted: Floats
    top_quarter: Floats
    chance: Floats
    importance: Mapping[str, float]
    curve: Mapping[int, Interval]
    correlations: pd.DataFrame


def figures(findings: Findings) -> dict[str, Callable[[], Figure]]:
    """By name."""
    drawn = {
        "predicted_against_true": predicted_against_true,
        "feature_importance": feature_importance,
        "confusion_matrix": confusion_matrix,
        "learning_curve": learning_curve,
        "correlations": correlations,
    }
    return {name: partial(draw, findings) for name, draw in drawn.items()}


def predicted_against_true(findings: Findings) -> Figure:
    """How near are predictions to what unseen posts earned?"""
    figure, axes = _plain((6.5, 6.2), "How near are the predictions to what unseen posts earned?")
    axes.scatter(findings.predicted, findings.true, s=9, alpha=0.4, color=_BLUE, linewidths=0)
    most = float(max(findings.true.max(), findings.predicted.max())) * 1.03
    axes.plot([0, most], [0, most], "--", color=_GREY, linewidth=1, label="as predicted")
    places, middles = _running_median(findings.predicted, findings.true)
    axes.plot(places, middles, color=_RED, linewidth=2, label="median of what was earned")
    ticks = [tick for tick in _TICKS if np.log1p(tick) <= most]
    for axis, name in ((axes.xaxis, "predicted"), (axes.yaxis, "earned")):
        axis.set_ticks(np.log1p(ticks), [f"{tick:,}" for tick in ticks])
        axis.set_label_text(f"{name}: likes + reposts + replies")
    axes.set_aspect("equal")
    axes.set_xlim(-0.1, most)
    axes.set_ylim(-0.1, most)
    axes.tick_params(axis="x", rotation=45)
    axes.legend(frameon=False, loc="upper left")
    return figure


def _running_median(at: Floats, of: Floats, groups: int = 12) -> tuple[list[float], list[float]]:
    order = np.array_split(np.argsort(at, kind="stable"), groups)
    parts = [part for part in order if len(part)]
    return [float(np.median(at[part])) for part in parts], [float(np.median(of[part])) for part in parts]


def feature_importance(findings: Findings) -> Figure:
    """What does the prediction go by?"""
    heaviest = sorted(findings.importance.items(), key=lambda one: (-one[1], one[0]))[:_MOST_BARS]
    figure, axes = _plain((8, 1.2 + 0.27 * len(heaviest)), "What does the prediction go by?")
    bars = axes.barh(range(len(heaviest)), [share for _, share in heaviest], color=_BLUE)
    axes.set_yticks(range(len(heaviest)), [_named(name) for name, _ in heaviest])
    axes.invert_yaxis()
    axes.bar_label(bars, [f"{share:.1%}" for _, share in heaviest], padding=3, fontsize=8)
    axes.set_xlabel("share of the reduction in variance (training rows)")
    return figure


def confusion_matrix(findings: Findings) -> Figure:
    """Does it find the posts of the top quarter?"""
    figure, axes = _plain((5.2, 4.6), "Does it find the posts of the top quarter?")
    said, is_so = findings.chance > 0.5, findings.top_quarter > 0.5
    counts = np.array(
        [[np.sum((is_so == row) & (said == column)) for column in (False, True)] for row in (False, True)]
    )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row in range(2):
        for column in range(2):
            colour = "white" if shares[row, column] > 0.55 else "black"
            said_of = f"{counts[row, column]:,.0f}\n{shares[row, column]:.0%}"
            axes.text(column, row, said_of, ha="center", va="center", color=colour, fontsize=13)
    names = ["below", "top quarter"]
    axes.set_xticks(range(2), names)
    axes.set_yticks(range(2), names, rotation=90, va="center")
    axes.set_xlabel("predicted")
    axes.set_ylabel("earned (shares of the row)")
    axes.spines[:].set_visible(False)
    return figure


def learning_curve(findings: Findings) -> Figure:
    """Would more posts help?"""
    figure, axes = _plain((7, 4.2), "Would more posts to learn from help?")
    posts = sorted(findings.curve)
    intervals = [findings.curve[count] for count in posts]
    axes.fill_between(
        posts, [one.low for one in intervals], [one.high for one in intervals], color=_BLUE, alpha=0.15, linewidth=0
    )
    axes.plot(posts, [one.estimate for one in intervals], "o-", color=_BLUE)
    axes.axhline(0, color=_GREY, linewidth=0.8)
    axes.set_xlabel("posts to learn from")
    axes.set_ylabel("R² on unseen posts, with its 95 % interval")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


def correlations(findings: Findings) -> Figure:
    """Which numbers go together?"""
    names = list(findings.correlations.columns)
    side = 2.2 + 0.3 * len(names)
    figure, axes = _plain((side + 0.8, side), "Which numbers go together, and with what a post earns?")
    image = axes.imshow(findings.correlations.to_numpy(float), cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_xticks(range(len(names)), [_named(name) for name in names], rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), [_named(name) for name in names], fontsize=8)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, shrink=0.6, label="correlation of ranks, training rows")
    return figure


def _plain(size: tuple[float, float], title: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _named(name: str) -> str:
    """A feature for a reader, without what matplotlib would read as mathematics."""
    return name.replace("_", " ").replace("$", r"\$")
