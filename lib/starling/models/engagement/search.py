"""Which setting of the forests is best, by folds of the training rows' authors.

The features of a fold are fitted on the other folds' rows, once, and not once a setting as MLlib's CrossValidator over
a whole pipeline would: that costs as much as the forests themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling.errors import NotEnoughData
from starling.models.clustering import Grid
from starling.models.engagement import measures
from starling.models.engagement.at_once import at_once
from starling.models.engagement.forests import (
    CHANCES,
    FEW_TREES,
    GRIDS,
    PREDICTED,
    TOP_QUARTER,
    Setting,
    chance,
    fit_classifier,
    fit_regressor,
)
from starling.models.engagement.split import FOLDS
from starling.models.engagement.stages import FEATURES, LABEL, fit_features
from starling.models.trained import Step, Trial
from starling.settings import Settings

_Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Choice:
    """The best settings, and all that were tried."""

    regressor: Setting
    classifier: Setting
    trials: Sequence[Trial]


@dataclass(frozen=True)
class _Fold:
    """The rows to fit on and those to judge by, with features that the former made; cached."""

    fit_on: DataFrame
    judged_on: DataFrame


def search(training: DataFrame, settings: Settings, grid: Grid, step: Step) -> Choice:
    """Tries every setting of the grid on every fold: the least squared error of each label is best.

    Reads: INPUTS, fold, log_engagement, top_quarter. Raises NotEnoughData.
    """
    step(f"features of {FOLDS} folds")
    with _folds(training, settings) as folds:
        step(f"search: {len(GRIDS[grid])} settings on {FOLDS} folds")
        tasks = [(setting, fold) for setting in GRIDS[grid] for fold in folds]
        seed = settings.models.seed
        measured = at_once(training.sparkSession, [partial(_tried, *task, seed) for task in tasks])
    found = {
        setting: [metrics for (of, _), metrics in zip(tasks, measured, strict=True) if of == setting]
        for setting in GRIDS[grid]
    }
    return _chosen(found)


@contextmanager
def _folds(training: DataFrame, settings: Settings) -> Iterator[list[_Fold]]:
    works = [partial(_fold, training, fold, settings) for fold in range(FOLDS)]
    folds = at_once(training.sparkSession, works)
    try:
        yield folds
    finally:
        for fold in folds:
            fold.fit_on.unpersist()
            fold.judged_on.unpersist()


def _fold(training: DataFrame, fold: int, settings: Settings) -> _Fold:
    is_judged = F.col("fold") == fold
    fit_on = training.where(~is_judged)
    found = fit_on.agg(F.countDistinct(TOP_QUARTER).alias("classes")).first()
    if found is None or found.classes < 2:
        raise NotEnoughData("not enough data: the posts to learn from are of too few authors to search a setting")
    features = fit_features(fit_on, settings.engagement)
    kept = (LABEL, TOP_QUARTER, FEATURES)
    return _Fold(*(features.of(rows).select(*kept).cache() for rows in (fit_on, training.where(is_judged))))


def _tried(setting: Setting, fold: _Fold, seed: int) -> _Metrics:
    regressor = fit_regressor(fold.fit_on, setting, FEW_TREES, seed)
    classifier = fit_classifier(fold.fit_on, setting, FEW_TREES, seed)
    said = classifier.transform(regressor.transform(fold.judged_on))
    rows = said.select(LABEL, TOP_QUARTER, PREDICTED, chance(CHANCES).alias("chance")).toPandas()
    true, is_top, predicted, chances = (rows[name].to_numpy(float) for name in rows)
    ones = np.ones(len(rows))
    return {
        "rows": float(len(rows)),
        "squared_error": float(np.mean((true - predicted) ** 2)),
        "r2": measures.r2(true, predicted, ones),
        "spearman": measures.spearman(true, predicted, ones),
        "brier": float(np.mean((is_top - chances) ** 2)),
        "pr_auc": measures.pr_auc(is_top, chances, ones),
    }


def _chosen(found: Mapping[Setting, Sequence[_Metrics]]) -> Choice:
    """By rows' mean error over the folds; of equals the one that is first in the grid."""
    means = {setting: _mean(folds) for setting, folds in found.items()}
    return Choice(
        regressor=min(means, key=lambda setting: means[setting]["squared_error"]),
        classifier=min(means, key=lambda setting: means[setting]["brier"]),
        trials=[Trial(setting.name, setting.params, metrics) for setting, metrics in means.items()],
    )


def _mean(folds: Sequence[_Metrics]) -> dict[str, float]:
    weights = [fold["rows"] for fold in folds]
    return {
        name: float(np.average([fold[name] for fold in folds], weights=weights)) for name in folds[0] if name != "rows"
    }
