"""The training of the engagement model, from the tables to what may be registered."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import pandas as pd
from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.classification import RandomForestClassificationModel
from pyspark.ml.regression import RandomForestRegressionModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling.gold.earned import POST
from starling.models.clustering import Grid
from starling.models.engagement import leaks
from starling.models.engagement.at_once import at_once
from starling.models.engagement.baselines import CHANCE, EARNED, with_baselines
from starling.models.engagement.features import INPUTS, TERMS
from starling.models.engagement.forests import (
    CHANCES,
    FEW_TREES,
    PREDICTED,
    TOP_QUARTER,
    TREES,
    Setting,
    chance,
    fit_classifier,
    fit_regressor,
)
from starling.models.engagement.intervals import Bounds
from starling.models.engagement.measures import (
    CLASSIFICATION,
    REGRESSION,
    Bootstrap,
    Floats,
    Measure,
    authors,
    with_bounds,
)
from starling.models.engagement.plots import Findings, figures
from starling.models.engagement.rows import ABOUT, Prepared, known_when_sent, prepared
from starling.models.engagement.search import Choice, search
from starling.models.engagement.split import TEST, TRAIN
from starling.models.engagement.stages import FEATURES, LABEL, Features, fit_features
from starling.models.trained import ENGAGEMENT, Corpus, Interval, Step, Trained
from starling.settings import Settings

# The forest that shuffled labels are given learns rows by heart, if anything can.
_BY_HEART = Setting(9, 1, 0.33)
# Shares of the training rows that the learning curve stands on.
_SHARES = (0.25, 0.5)
# Authors whose last post's counts are changed, about, to see what of it changes.
_CHANGED_AUTHORS = 200
_EXAMPLE_ROWS = 5
_MOST_CORRELATED = 20_000
_MOST_IMPORTANT = 30
OUR_CHANCE = "top_quarter_chance"


@dataclass(frozen=True)
class _Data:
    """The rows with their features, which the training rows alone have made."""

    features: Features
    training: DataFrame
    held_out: DataFrame
    seed: int


@dataclass(frozen=True)
class _Fitted:
    """The two forests, and the pipeline that they end."""

    pipeline: PipelineModel
    regressor: RandomForestRegressionModel
    classifier: RandomForestClassificationModel


@dataclass(frozen=True)
class _Judged:
    """The held-out rows with what was said of them."""

    rows: pd.DataFrame
    bootstrap: Bootstrap

    def column(self, name: str) -> Floats:
        """By row."""
        values: Floats = self.rows[name].to_numpy(float)
        return values

    def earned(self, said: str) -> dict[str, Interval]:
        """Every measure of what was said about the label."""
        return self._measured(REGRESSION, LABEL, said)

    def top_quarter(self, said: str) -> dict[str, Interval]:
        """Every measure of the chance that was said."""
        return self._measured(CLASSIFICATION, TOP_QUARTER, said)

    def interval(self, seed: int) -> Bounds:
        """How far what is said of the label is from it."""
        return Bounds.of(self.column(LABEL), self.column(PREDICTED), authors(self.rows), seed)

    def _measured(self, of: Mapping[str, Measure], true: str, said: str) -> dict[str, Interval]:
        return {n: self.bootstrap.interval(one, self.column(true), self.column(said)) for n, one in of.items()}

    def leads(self) -> dict[str, Interval]:
        """Over each baseline, of squared error: of the label, and of the chance."""
        rivals = [(name, LABEL, PREDICTED) for name in EARNED] + [(name, TOP_QUARTER, OUR_CHANCE) for name in CHANCE]
        return {
            name: self.bootstrap.lead(self.column(true), self.column(ours), self.column(name))
            for name, true, ours in rivals
        }


def train(corpus: Corpus, settings: Settings, grid: Grid, step: Step) -> Trained:
    """A model of what posts will earn. Raises NotEnoughData, and LeakError where a leak has made it."""
    step("what was known of each post")
    with prepared(corpus, settings) as found:
        step("leaks of rows and features")
        leaks.refuse(_leaks(found, corpus, settings))
        choice = search(found.training, settings, grid, step)
        step("features")
        with _featured(found, settings) as data:
            step("forests")
            fitted = _fit(data, choice)
            step("baselines")
            judged = _judged(data, fitted)
            step("shuffled labels")
            shuffled = _shuffled_r2(data)
            skill = judged.earned(PREDICTED)["r2"].estimate
            leaks.refuse([*leaks.of_pipeline(fitted.pipeline, found.rows), *leaks.of_skill(skill, shuffled)])
            step("learning curve")
            findings = _findings(data, fitted, judged, choice)
        example = found.training.select(*INPUTS).limit(_EXAMPLE_ROWS).toPandas()
    metrics = _metrics(judged, found.counts) | {"shuffled_r2": shuffled.estimate}
    return Trained(
        name=ENGAGEMENT,
        pipeline=fitted.pipeline,
        example=example,
        outputs=(PREDICTED, CHANCES),
        params=_params(settings, grid, choice, data.features),
        metrics=metrics,
        leads=judged.leads(),
        card=_card(found, findings) | {"interval": judged.interval(settings.models.seed).as_json},
        trials=choice.trials,
        figures=figures(findings),
    )


def _leaks(found: Prepared, corpus: Corpus, settings: Settings) -> Iterator[str]:
    """All that can be said before anything is fitted."""
    inputs = [name for name in INPUTS if name != TERMS]
    authors_there = max(1, corpus.posts.where("author IS NOT NULL").select("author").distinct().count())
    share = max(1, authors_there // _CHANGED_AUTHORS)
    some = corpus.posts.where(F.pmod(F.xxhash64("author"), F.lit(share)) == 0)
    last = some.groupBy("platform", "author").agg(F.max_by("post_id", "created_at").alias("post_id"))
    build = partial(known_when_sent, some, settle_hours=settings.engagement.settle_hours)
    yield from leaks.of_names(INPUTS)
    yield from leaks.of_rows(found.training, found.held_out)
    yield from leaks.of_reproduction(found.training, inputs, LABEL)
    yield from leaks.of_dependence(build, corpus.engagement, last, inputs)


@contextmanager
def _featured(found: Prepared, settings: Settings) -> Iterator[_Data]:
    """Cached until the end of the block."""
    features = fit_features(found.training, settings.engagement)
    kept = [name for name in dict.fromkeys([*ABOUT, "author_mean_log", FEATURES]) if name not in ("side", "fold")]
    both = [features.of(rows).select(*kept).cache() for rows in (found.training, found.held_out)]
    try:
        yield _Data(features, both[0], both[1], settings.models.seed)
    finally:
        for rows in both:
            rows.unpersist()


def _fit(data: _Data, choice: Choice) -> _Fitted:
    fits: list[Callable[[], Transformer]] = [
        partial(fit_regressor, data.training, choice.regressor, TREES, data.seed),
        partial(fit_classifier, data.training, choice.classifier, TREES, data.seed),
    ]
    regressor, classifier = at_once(data.training.sparkSession, fits)
    assert isinstance(regressor, RandomForestRegressionModel)
    assert isinstance(classifier, RandomForestClassificationModel)
    return _Fitted(PipelineModel([*data.features.stages, regressor, classifier]), regressor, classifier)


def _judged(data: _Data, fitted: _Fitted) -> _Judged:
    beside = with_baselines(data.training, data.held_out, data.features, data.seed)
    said = fitted.classifier.transform(fitted.regressor.transform(beside)).withColumn(OUR_CHANCE, chance(CHANCES))
    columns = (*POST, "author", LABEL, TOP_QUARTER, PREDICTED, OUR_CHANCE, *EARNED, *CHANCE)
    rows = said.select(*columns).toPandas().sort_values(list(POST))
    return _Judged(rows, Bootstrap.of(authors(rows), data.seed))


def _shuffled_r2(data: _Data) -> Interval:
    """R² on the held-out rows of a forest that has learnt labels which mean nothing."""
    both = data.training.withColumn("trains", F.lit(True)).unionByName(data.held_out.withColumn("trains", F.lit(False)))
    drawn = leaks.shuffled(both, LABEL, data.seed)
    forest = fit_regressor(drawn.where("trains"), _BY_HEART, FEW_TREES, data.seed, label=leaks.CHANCE_LABEL)
    said = forest.transform(drawn.where(~F.col("trains"))).select(*POST, "author", leaks.CHANCE_LABEL, PREDICTED)
    rows = said.toPandas().sort_values(list(POST))
    true, predicted = (rows[name].to_numpy(float) for name in (leaks.CHANCE_LABEL, PREDICTED))
    return Bootstrap.of(authors(rows), data.seed).interval(REGRESSION["r2"], true, predicted)


def _findings(data: _Data, fitted: _Fitted, judged: _Judged, choice: Choice) -> Findings:
    importance = dict(zip(data.features.names, fitted.regressor.featureImportances.toArray().tolist(), strict=True))
    return Findings(
        true=judged.column(LABEL),
        predicted=judged.column(PREDICTED),
        top_quarter=judged.column(TOP_QUARTER),
        chance=judged.column(OUR_CHANCE),
        importance=importance,
        curve=_curve(data, choice.regressor, judged),
        correlations=_correlations(data),
    )


def _curve(data: _Data, setting: Setting, judged: _Judged) -> dict[int, Interval]:
    """By number of training rows, R² on the held-out rows of a smaller forest. The authors that it learns of grow."""
    points = at_once(data.training.sparkSession, [partial(_point, data, setting, judged, share) for share in _SHARES])
    return dict(point for point in points if point) | {data.training.count(): judged.earned(PREDICTED)["r2"]}


def _point(data: _Data, setting: Setting, judged: _Judged, share: float) -> tuple[int, Interval] | None:
    of_some = F.pmod(F.xxhash64(F.coalesce("author", "post_id")), F.lit(1_000)) < int(share * 1_000)
    some = data.training.where(of_some)
    if some.isEmpty():
        return None
    said = fit_regressor(some, setting, FEW_TREES, data.seed).transform(data.held_out)
    rows = said.select(*POST, PREDICTED).toPandas().sort_values(list(POST))
    r2 = judged.bootstrap.interval(REGRESSION["r2"], judged.column(LABEL), rows[PREDICTED].to_numpy(float))
    return some.count(), r2


def _correlations(data: _Data) -> pd.DataFrame:
    """Rank correlations of the numbers among the features, and of the label."""
    names = data.features.numbers
    rows = data.training.select(LABEL, FEATURES).limit(_MOST_CORRELATED).toPandas()
    numbers = pd.DataFrame([vector.toArray()[: len(names)] for vector in rows[FEATURES]], columns=list(names))
    found: pd.DataFrame = numbers.assign(**{LABEL: rows[LABEL]}).corr(method="spearman")
    varying = found.index[found.notna().any()]  # what is the same in all rows goes with nothing
    kept: pd.DataFrame = found.loc[varying, varying]
    return kept


def _metrics(judged: _Judged, counts: Mapping[str, int]) -> dict[str, float]:
    """Those of the model with their intervals, and the estimates of the baselines."""
    ours = dict(with_bounds(judged.earned(PREDICTED) | judged.top_quarter(OUR_CHANCE)))
    beside = {f"{name}_{metric}": one.estimate for name in EARNED for metric, one in judged.earned(name).items()}
    beside |= {f"{name}_{metric}": one.estimate for name in CHANCE for metric, one in judged.top_quarter(name).items()}
    sizes = {"training_posts": counts[TRAIN], "held_out_posts": counts[TEST]}
    return ours | beside | {name: float(size) for name, size in sizes.items()}


def _params(settings: Settings, grid: Grid, choice: Choice, features: Features) -> dict[str, object]:
    forests = {"regressor": choice.regressor, "classifier": choice.classifier}
    chosen = {f"{name}_{key}": value for name, one in forests.items() for key, value in one.params.items()}
    return settings.engagement.model_dump() | {"grid": grid, "trees": TREES, "features": len(features.names)} | chosen


def _card(found: Prepared, findings: Findings) -> dict[str, object]:
    """What comparing and explaining the model takes."""
    heaviest = sorted(findings.importance.items(), key=lambda one: -one[1])[:_MOST_IMPORTANT]
    return {
        "boundary": {
            "held_out_authors": found.boundary.held_out_authors,
            "held_out_from": found.boundary.held_out_from.isoformat(),
        },
        "posts_by_side": found.counts,
        "importance": dict(heaviest),
        "learning_curve": [
            {"posts": posts, "r2": one.estimate, "low": one.low, "high": one.high}
            for posts, one in findings.curve.items()
        ],
    }
