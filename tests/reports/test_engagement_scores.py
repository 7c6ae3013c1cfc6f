"""The scoreboard of an engagement model, as a reader sees it."""

from itertools import chain
from types import SimpleNamespace

from starling.models.engagement.baselines import CHANCE, EARNED
from starling.models.engagement.measures import CLASSIFICATION, REGRESSION
from starling.models.trained import Interval
from starling.reports.engagement_scores import beside_baselines


def test_every_measure_stands_beside_its_interval_and_every_baseline_beside_the_lead() -> None:
    pairs = [(EARNED, REGRESSION), (CHANCE, CLASSIFICATION)]
    metrics = {f"{name}_{one}": 0.111 for names, measures in pairs for name in names for one in measures}
    for one in chain(REGRESSION, CLASSIFICATION):
        metrics |= {one: 0.5, f"{one}_low": 0.25, f"{one}_high": 0.75}
    leads = {name: Interval(1.5, 1.0, 2.0) for name in (*EARNED, *CHANCE)}
    lines = list(beside_baselines(SimpleNamespace(metrics=metrics, leads=leads)))
    said = [" ".join(line.split()) for line in lines]
    assert said[:4] == [
        "",
        "What a post earns rmse mae r2 spearman lead over it (squared error)",
        "the model 0.500 0.500 0.500 0.500",
        "95 % interval 0.25 to 0.75 0.25 to 0.75 0.25 to 0.75 0.25 to 0.75",
    ]
    assert "author mean 0.111 0.111 0.111 0.111 +1.500 (+1.000 to +2.000)" in said
    assert "base rate 0.111 0.111 0.111 +1.500 (+1.000 to +2.000)" in said
    assert len(said) == 2 * 4 + len(EARNED) + len(CHANCE)
