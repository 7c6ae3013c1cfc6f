"""Charts as Plotly draws them, each with a sentence that says what it shows and the table behind it.

Colours are names of the style sheet's (`--positive`), so that a chart follows the reader's light or dark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Chart:
    """A chart: `traces` and `layout` are Plotly's, `columns` and `rows` the table behind it.

    A trace's `customdata` are the addresses that a click on its points leads to.
    """

    id: str
    title: str
    says: str
    traces: Sequence[Mapping[str, Any]]
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    layout: Mapping[str, Any] = field(default_factory=dict)
    height: int = 260

    @property
    def spec(self) -> dict[str, Any]:
        """What the page's script hands to Plotly."""
        return {"traces": list(self.traces), "layout": dict(self.layout), "height": self.height}


def stacked(name: str, x: Sequence[Any], y: Sequence[float], colour: str, links: Sequence[str] = ()) -> dict[str, Any]:
    """Bars that stand on those of the traces before; the chart's layout is STACKED."""
    return {
        "type": "bar",
        "name": name,
        "x": list(x),
        "y": list(y),
        "marker": {"color": colour},
        "customdata": list(links),
    }


STACKED: Mapping[str, Any] = {"barmode": "stack", "bargap": 0.08, "showlegend": True}


def ranked(
    labels: Sequence[str], values: Sequence[float], links: Sequence[str], colour: str = "--accent"
) -> dict[str, Any]:
    """Bars that lie, the first on top."""
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(values)[::-1],
        "y": list(labels)[::-1],
        "marker": {"color": colour},
        "customdata": list(links)[::-1],
        "hovertemplate": "%{y}: %{x:,}<extra></extra>",
    }


RANKED: Mapping[str, Any] = {"yaxis": {"type": "category", "automargin": True}, "margin": {"l": 8}, "bargap": 0.25}


def line(name: str, x: Sequence[Any], y: Sequence[float | None], colour: str, **more: Any) -> dict[str, Any]:
    """A line with gaps where a value is None."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "line": {"color": colour, "width": 2},
        **more,
    }


def band(
    x: Sequence[Any], low: Sequence[float | None], high: Sequence[float | None], colour: str
) -> list[dict[str, Any]]:
    """An interval around a line, without a place in the legend."""
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [{**edge, "y": list(low)}, {**edge, "y": list(high), "fill": "tonexty", "fillcolor": colour}]
