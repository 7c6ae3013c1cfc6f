"""The topics' history as a picture: a row a topic, a column a version."""

from collections.abc import Mapping, Sequence
from typing import Any

from starling.serving.charts import Chart, line
from starling.serving.lineage import EVENTS, Event, Labels, Step
from starling.serving.web.formats import percent
from starling.serving.web.topic_charts import cut, page_of

# Of a longer history, the newest versions are drawn.
_MOST_VERSIONS = 8
_COLOURS = {"kept": "--accent", "born": "--positive", "split": "--warn", "merged": "--neutral", "died": "--bad"}


def lineage_chart(steps: Sequence[Step], labels: Labels) -> Chart:
    """A row a topic and a column a version: where topics come from, and where they went. `steps` are newest first."""
    drawn = list(reversed(steps[:_MOST_VERSIONS]))
    numbers = sorted({n for step in drawn for one in step.events for n in (one.topic, one.previous_topic) if n})
    rows = {number: place for place, number in enumerate(numbers)}
    newest = {number: label for (_, number), label in sorted(labels.items())}
    events = [one for step in drawn for one in step.events]
    linked = [one for step in drawn[1:] for one in step.events]
    traces = [trace for name in EVENTS for trace in _flow(name, events, linked, rows, labels)]
    return Chart(
        id="lineage",
        title="From version to version",
        says=f"a column is a version of the model ({', '.join(str(step.version) for step in drawn)}), a row a topic; "
        "a line leads from what a topic was to what it became; click a topic to see more of it",
        traces=traces,
        columns=("version", "event", "topic", "before", "shared hashtags", "in words"),
        rows=[_told(one, labels) for step in steps for one in step.events],
        layout={
            "showlegend": True,
            "xaxis": {"type": "category", "tickprefix": "version ", "showgrid": False},
            "yaxis": {
                "tickvals": list(range(len(numbers))),
                "ticktext": [cut(f"{number}: {newest.get(number, '')}") for number in numbers],
                "range": [len(numbers) - 0.4, -0.6],
                "automargin": True,
            },
            "margin": {"l": 8, "t": 64},
            "legend": {"orientation": "h", "xref": "container", "x": 0, "yref": "container", "y": 1, "yanchor": "top"},
        },
        height=130 + 26 * len(numbers),
    )


def _flow(
    name: str, events: Sequence[Event], linked: Sequence[Event], rows: Mapping[int, int], labels: Labels
) -> list[dict[str, Any]]:
    """The lines and the marks of one kind of event."""
    of_kind = [one for one in events if one.event == name]
    x: list[Any] = []
    y: list[Any] = []
    for one in (one for one in linked if one.event == name and one.previous_topic):
        x += [str(one.previous_version), str(one.version), None]
        y += [rows[one.previous_topic or 0], rows[one.topic or one.previous_topic or 0], None]
    dash = "dot" if name in ("died", "merged") else "solid"
    lines = line(name, x, y, _COLOURS[name], hoverinfo="skip", showlegend=False)
    lines["line"] = {"color": _COLOURS[name], "width": 3, "dash": dash}
    marked = [one for one in of_kind if name != "merged"]  # what it merged into has a mark of its own
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [str(one.version) for one in marked],
        "y": [rows[one.topic or one.previous_topic or 0] for one in marked],
        "marker": {"color": _COLOURS[name], "size": 13, "symbol": "x" if name == "died" else "circle"},
        "text": [one.sentence(labels) for one in marked],
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [page_of(one.topic or one.previous_topic or 0) for one in marked],
    }
    if name == "merged" and of_kind:
        return [{**lines, "showlegend": True}]
    return [lines, marks] if marked else []


def _told(one: Event, labels: Labels) -> tuple[Any, ...]:
    shared = percent(one.overlap) if one.topic and one.previous_topic else "—"
    return str(one.version), one.event, one.topic or "—", one.previous_topic or "—", shared, one.sentence(labels)
