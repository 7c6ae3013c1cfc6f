"""An engagement model beside its baselines, for a reader."""

from collections.abc import Iterator, Mapping

from starling.models.engagement.baselines import CHANCE, EARNED
from starling.models.engagement.measures import CLASSIFICATION, REGRESSION, Measure
from starling.models.trained import Trained
from starling.plaintext import table


def beside_baselines(trained: Trained) -> Iterator[str]:
    """Every measure of the model with its interval, and of each baseline with the lead over it."""
    yield from _measured(trained, "What a post earns", REGRESSION, EARNED)
    yield from _measured(trained, "Top quarter", CLASSIFICATION, CHANCE)


def _measured(trained: Trained, title: str, of: Mapping[str, Measure], baselines: tuple[str, ...]) -> Iterator[str]:
    metrics = trained.metrics
    rows = [["the model", *(f"{metrics[name]:.3f}" for name in of), ""]]
    rows.append(["  95 % interval", *(f"{metrics[f'{n}_low']:.2f} to {metrics[f'{n}_high']:.2f}" for n in of), ""])
    for baseline in baselines:
        lead = trained.leads[baseline]
        said = f"{lead.estimate:+.3f} ({lead.low:+.3f} to {lead.high:+.3f})"
        rows.append([baseline.replace("_", " "), *(f"{metrics[f'{baseline}_{name}']:.3f}" for name in of), said])
    yield from table([title, *of, "lead over it (squared error)"], rows)
