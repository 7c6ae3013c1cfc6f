"""A whole training on a small corpus, its numbers worked out again, and what the model says of posts."""

from dataclasses import replace
from math import expm1

import numpy as np
import pytest
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, average_precision_score, r2_score, root_mean_squared_error

from models import scorers
from models.engagement.corpora import SEEN, made_up, posts_of
from starling.gold.author_records import author_records
from starling.models import engagement, probe
from starling.models.engagement import training
from starling.models.engagement.baselines import CHANCE, EARNED
from starling.models.engagement.features import with_inputs, with_record_now
from starling.models.engagement.forests import CHANCES, GRIDS, PREDICTED, Setting, chance, fit_regressor
from starling.models.engagement.leaks import LeakError
from starling.models.engagement.rows import prepared
from starling.models.trained import ENGAGEMENT, Corpus, Interval, Loaded, Trained
from starling.models.words import with_terms
from starling.settings import Settings

# What posts lack, one after the other.
_ODD = (
    {},
    {"followers": None, "lang": "qq"},
    {"text": None, "hashtags": None, "mentions": None, "urls": None, "lang": None},
    {"text": "", "hashtags": [], "author": None},
    {"compound": None, "pos": None, "neg": None, "platform": "elsewhere"},
    {"text": "@you KITE! KITE? lark 1234\n#birds \U0001f426", "followers": 0},
)

pytestmark = pytest.mark.slow  # all of it needs a model, whose many short jobs take a while


@pytest.fixture(scope="module")
def loaded(small_model: Trained, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return scorers.loaded(small_model, tmp_path_factory.mktemp("small model") / "sparkml")


def test_a_training_hands_over_all_that_is_kept_of_it(small_model: Trained, steps: list[str]) -> None:
    assert small_model.name == ENGAGEMENT
    assert [trial.name for trial in small_model.trials] == [setting.name for setting in GRIDS["small"]]
    assert set(small_model.leads) == {*EARNED, *CHANCE}
    assert small_model.params["grid"] == "small"
    assert len(small_model.figures) == 5
    assert {"search: 2 settings on 3 folds", "baselines", "shuffled labels"} <= set(steps)
    assert all(np.isfinite(value) for value in small_model.metrics.values())


def test_it_finds_what_the_posts_were_made_to_earn_by(small_model: Trained) -> None:
    assert small_model.metrics["r2"] > 0.6
    assert small_model.leads["mean"].low > 0
    assert small_model.leads["author_mean"].low > 0
    assert set(list(small_model.card["importance"])[:2]) == {"line", "log_followers"}
    assert small_model.metrics["shuffled_r2"] < 0.1


def test_the_measures_are_those_of_the_held_out_rows(
    small_model: Trained, small_corpus: Corpus, small_settings: Settings
) -> None:
    with prepared(small_corpus, small_settings) as found:
        said = small_model.pipeline.transform(found.held_out)
        rows = said.select("log_engagement", "top_quarter", PREDICTED, chance(CHANCES).alias("chance")).toPandas()
        means = found.training.agg(F.avg("log_engagement").alias("mean"), F.avg("top_quarter").alias("rate")).first()
    metrics = small_model.metrics
    true, predicted = rows["log_engagement"], rows[PREDICTED]
    assert metrics["held_out_posts"] == len(rows)
    assert metrics["rmse"] == pytest.approx(root_mean_squared_error(true, predicted), rel=1e-9)
    assert metrics["r2"] == pytest.approx(r2_score(true, predicted), rel=1e-9)
    assert metrics["spearman"] == pytest.approx(spearmanr(true, predicted).statistic, rel=1e-9)
    assert metrics["accuracy"] == pytest.approx(accuracy_score(rows["top_quarter"], rows["chance"] > 0.5))
    assert metrics["pr_auc"] == pytest.approx(average_precision_score(rows["top_quarter"], rows["chance"]), rel=1e-9)
    assert metrics["mean_rmse"] == pytest.approx(np.sqrt(np.mean((true - means["mean"]) ** 2)), rel=1e-9)
    gain = np.mean((true - means["mean"]) ** 2 - (true - predicted) ** 2)
    assert small_model.leads["mean"].estimate == pytest.approx(gain, rel=1e-9)
    gain = np.mean((rows["top_quarter"] - means["rate"]) ** 2 - (rows["top_quarter"] - rows["chance"]) ** 2)
    assert small_model.leads["base_rate"].estimate == pytest.approx(gain, rel=1e-9)
    assert all(metrics[f"{name}_low"] <= metrics[name] <= metrics[f"{name}_high"] for name in ("r2", "mae", "f1"))


def test_the_same_seed_and_rows_give_the_same_model(
    small_model: Trained, small_corpus: Corpus, small_settings: Settings
) -> None:
    again = engagement.train(
        replace(small_corpus, posts=small_corpus.posts.repartition(3)), small_settings, "small", lambda name: None
    )
    assert again.metrics == small_model.metrics
    assert again.leads == small_model.leads
    assert again.card == small_model.card
    assert [trial.metrics for trial in again.trials] == [trial.metrics for trial in small_model.trials]
    trees = [[model.toDebugString.partition("\n")[2] for model in m.pipeline.stages[-2:]] for m in (again, small_model)]
    assert trees[0] == trees[1]


def test_its_example_is_enough_to_ask_the_pipeline(spark: SparkSession, small_model: Trained) -> None:
    asked = probe.make(small_model.pipeline, small_model.example, small_model.outputs, spark)
    assert len(asked.answers) == len(small_model.example) == 5
    assert asked.differences(small_model.pipeline, spark) == []


def test_posts_are_scored_with_what_is_known_of_their_author(
    spark: SparkSession, loaded: Loaded, small_corpus: Corpus
) -> None:
    posts = made_up(3)
    posts[1] |= {"post_id": "new", "author": "never seen", "followers": None, "text": "", "hashtags": [], "lang": "qq"}
    posts[2] |= {"post_id": "nobody", "author": None, "compound": None, "pos": None, "neg": None}
    records = author_records(small_corpus.posts, small_corpus.engagement, SEEN, 24)
    new = posts_of(spark, posts).transform(with_terms)
    rows = engagement.score(new, records, loaded).collect()
    assert rows[0].asDict().keys() == {
        *new.columns, "predicted_engagement", "top_quarter_probability", "engagement_reason",
    }  # fmt: skip
    assert len(rows) == 3
    for row in rows:
        assert row.predicted_engagement >= 0
        assert 0 <= row.top_quarter_probability <= 1
        assert row.engagement_reason is None


def test_spark_says_of_every_post_what_the_models_own_stages_do(spark: SparkSession, loaded: Loaded) -> None:
    made = made_up(600)
    for number, post in enumerate(made):
        post.update(_ODD[number % len(_ODD)])
    posts = posts_of(spark, made).transform(with_terms).repartition(2)
    records = [("x", f"author {n}", n, n // 2, n / 7 if n % 3 else None) for n in range(0, 160, 2)]
    names = "platform string, author string, posts long, settled_posts long, mean_log_engagement double"
    known = spark.createDataFrame(records, names)
    scored = {row.post_id: row for row in engagement.score(posts, known, loaded).collect()}
    inputs = posts.transform(with_record_now, known).transform(with_inputs)
    said = {row.post_id: row for row in loaded.pipeline.transform(inputs).collect()}
    assert scored.keys() == said.keys()
    for post_id, row in said.items():
        assert scored[post_id].predicted_engagement == pytest.approx(expm1(max(row[PREDICTED], 0)), rel=1e-9)
        assert scored[post_id].top_quarter_probability == pytest.approx(row[CHANCES][1], rel=1e-9)
    assert len({round(row.predicted_engagement, 6) for row in scored.values()}) > 100
    assert len({round(row.top_quarter_probability, 6) for row in scored.values()}) > 20


def test_no_posts_have_no_scores(spark: SparkSession, loaded: Loaded) -> None:
    posts = posts_of(spark, made_up(1)).transform(with_terms).where("false")
    records = spark.createDataFrame([], "platform string, author string, posts long, settled_posts long, "
                                        "mean_log_engagement double")  # fmt: skip
    assert engagement.score(posts, records, loaded).collect() == []


def test_a_model_is_as_good_as_itself(loaded: Loaded, small_corpus: Corpus, small_settings: Settings) -> None:
    assert engagement.compare(loaded, loaded, small_corpus, small_settings) == Interval(0.0, 0.0, 0.0)


def test_a_better_model_leads_on_the_rows_that_neither_has_seen(
    spark: SparkSession, loaded: Loaded, small_corpus: Corpus, small_settings: Settings, small_model: Trained
) -> None:
    forest = small_model.pipeline.stages[-2]
    worse = replace(loaded, pipeline=_with_one_tree(loaded, spark, small_corpus, small_settings))
    lead = engagement.compare(loaded, worse, small_corpus, small_settings)
    assert lead.low > 0
    behind = engagement.compare(worse, loaded, small_corpus, small_settings)
    assert (behind.estimate, behind.low, behind.high) == pytest.approx((-lead.estimate, -lead.high, -lead.low))
    assert forest.getNumTrees > 1


def _with_one_tree(loaded: Loaded, spark: SparkSession, corpus_: Corpus, settings: Settings):
    *features, _, classifier = loaded.pipeline.stages
    with prepared(corpus_, settings) as found:
        rows = PipelineModel(features).transform(found.training)
        return PipelineModel([*features, fit_regressor(rows, Setting(1, 1, 0.33), 1, 1), classifier])


def test_without_rows_that_neither_has_seen_there_is_no_lead(
    loaded: Loaded, small_corpus: Corpus, small_settings: Settings
) -> None:
    later = {**loaded.card, "boundary": {"held_out_authors": 0.0, "held_out_from": "2030-01-01T00:00:00+00:00"}}
    champion = replace(loaded, card=later)  # has trained on everything
    assert engagement.compare(loaded, champion, small_corpus, small_settings) == Interval(0.0, 0.0, 0.0)


def test_a_leak_is_refused_before_anything_is_handed_over(
    small_corpus: Corpus, small_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row builder that lets a post's own counts into its author's record."""
    honest = training.known_when_sent

    def leaky(posts, engagement, settle_hours):
        return honest(posts, engagement, settle_hours).withColumn("author_mean_log", F.col("log_engagement") / 2)

    monkeypatch.setattr(training, "known_when_sent", leaky)
    with pytest.raises(LeakError, match="author_mean_log of a post changes with what the post itself has earned"):
        engagement.train(small_corpus, small_settings, "small", lambda name: None)
