"""What the registry and MLflow have of a model: its versions beside each other, as numbers and as figures."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import image
from matplotlib.figure import Figure

from starling.models.facts import Facts
from starling.models.recording import FIGURES_PATH
from starling.models.registry import CHALLENGER, CHAMPION, Registry
from starling.models.trained import Interval
from starling.models.verified import UnusableModelError
from starling.ops.promotions import Entry

_AHEAD, _BEHIND = "#2f7d4f", "#b3412f"


@dataclass(frozen=True)
class Version:
    """A registered version; `role` is champion, challenger or nothing."""

    number: int
    role: str
    facts: Facts


def versions(registry: Registry, name: str) -> list[Version]:
    """The versions of a model whose files are what was registered, the oldest first."""
    roles = {registry.aliased(name, alias): alias for alias in (CHALLENGER, CHAMPION)}
    found = []
    for number in registry.versions(name):
        try:
            found.append(Version(number, roles.get(number, ""), registry.facts(name, number)))
        except UnusableModelError:  # the promotion log says of it what is wrong
            continue
    return found


def metrics(found: Sequence[Version]) -> pd.DataFrame:
    """One row a metric, one column a version; a metric that a version lacks is NaN."""
    table: pd.DataFrame = pd.DataFrame({_title(version): version.facts.metrics for version in found})
    return table


def tables(found: Sequence[Version]) -> pd.DataFrame:
    """Which versions of the Delta tables each version of the model was trained on, with its seed and code."""
    columns = {
        _title(version): {
            **version.facts.tables,
            "seed": version.facts.seed,
            "git commit": version.facts.git_commit[:12],
            "run": version.facts.run_id,
        }
        for version in found
    }
    table: pd.DataFrame = pd.DataFrame(columns)
    return table


def leads(found: Sequence[Version]) -> Figure:
    """Does each version beat its baselines by more than the noise?"""
    rows = [
        (f"{_title(version)} over {name}", lead) for version in found for name, lead in _over(version.facts).items()
    ]
    figure = Figure(figsize=(9.0, 1.4 + 0.32 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for place, (_, lead) in enumerate(rows):
        colour = _AHEAD if lead.low > 0 else _BEHIND
        axes.plot([lead.low, lead.high], [place, place], color=colour, linewidth=2)
        axes.plot(lead.estimate, place, "o", color=colour)
    axes.axvline(0, color="grey", linewidth=1)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.invert_yaxis()
    axes.set_xlabel("lead on held-out posts, with its 95 % interval; right of zero is better")
    axes.set_title("Does each version beat its baselines by more than the noise?", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def promotions(log: Sequence[Entry]) -> pd.DataFrame:
    """The decisions, the oldest first."""
    table: pd.DataFrame = pd.DataFrame(
        [
            {
                "at": f"{entry.at:%Y-%m-%d %H:%M:%S}",
                "version": entry.version,
                "action": entry.action,
                "champion until then": entry.previous_version,
                "why": entry.reason,
            }
            for entry in log
        ],
        columns=["at", "version", "action", "champion until then", "why"],
    )
    return table


def picture(registry: Registry, run_id: str, name: str) -> Figure:
    """A picture that a run keeps in MLflow; raises ModelError where it cannot be had."""
    store = registry.store
    with store.asking(f"the picture {name} of the run {run_id} cannot be fetched"), tempfile.TemporaryDirectory() as to:
        file = store.client.download_artifacts(run_id, f"{FIGURES_PATH}/{name}.png", to)
        pixels: np.ndarray = image.imread(Path(file))
    height, width, *_ = pixels.shape
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.imshow(pixels)
    axes.set_axis_off()
    return figure


def _over(facts: Facts) -> Mapping[str, Interval]:
    against = {f"version {facts.against[0]}": facts.against[1]} if facts.against else {}
    return {**facts.leads, **against}


def _title(version: Version) -> str:
    return f"version {version.number}" + (f" ({version.role})" if version.role else "")
