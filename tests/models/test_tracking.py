"""Runs as MLflow's client, and so its UI, finds them."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from mlflow.entities import Run
from pyspark.sql import SparkSession

from models.registered import Original
from models.trainings import AHEAD, TABLES, named
from starling.errors import ModelError, NotEnoughData
from starling.models import facts
from starling.models.registry import Registry
from starling.models.store import Store
from starling.models.tracking import Tracking
from starling.models.trained import Trained
from starling.settings import Models, Paths, Settings


@pytest.fixture
def tracking(mlflow_settings: Settings, registry: Registry, spark: SparkSession) -> Tracking:
    return Tracking(mlflow_settings, registry, spark)


def runs(registry: Registry, name: str) -> list[Run]:
    """The runs of a model, nested ones too, the oldest first."""
    client = registry.store.client
    experiment = client.get_experiment_by_name(name)
    return list(client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"]))


@pytest.fixture(scope="module")
def recorded(original: Original) -> tuple[Run, list[Run]]:
    """A training's run, and its nested ones."""
    parent, *nested = runs(original.registry, original.name)
    return parent, nested


def test_a_training_is_one_finished_run_with_its_params_and_metrics(recorded: tuple[Run, list[Run]]) -> None:
    run, _ = recorded
    assert run.info.status == "FINISHED"
    assert run.data.params == {
        "seed": "11",
        "code": "0.1.0",
        "silver.posts version": "4",
        "silver.engagement version": "7",
        "k": "2",
        "max_iterations": "5",
    }
    assert run.data.metrics == {
        "silhouette": 0.75,
        "cost": 12.5,
        "lead/random clusters": 0.3,
        "lead/random clusters low": 0.1,
        "lead/random clusters high": 0.5,
    }


def test_a_run_says_what_code_made_it_and_which_version_it_became(
    recorded: tuple[Run, list[Run]], original: Original
) -> None:
    tags = recorded[0].data.tags
    assert tags["starling.version"] == str(original.version)
    commit = tags["mlflow.source.git.commit"]
    assert commit == facts.read(original.folder).git_commit
    assert commit == "unknown" or len(commit.removesuffix("-dirty")) == 40


def test_what_a_search_tried_is_nested_in_its_run(recorded: tuple[Run, list[Run]]) -> None:
    run, nested = recorded
    assert [
        (one.info.run_name, one.info.status, one.data.params, one.data.metrics, one.data.tags["mlflow.parentRunId"])
        for one in nested
    ] == [
        ("k=2", "FINISHED", {"k": "2"}, {"silhouette": 0.2}, run.info.run_id),
        ("k=3", "FINISHED", {"k": "3"}, {"silhouette": 0.3}, run.info.run_id),
    ]


def test_the_tables_that_were_read_are_the_runs_datasets_with_their_versions(
    recorded: tuple[Run, list[Run]], mlflow_settings: Settings
) -> None:
    read = {one.dataset.name: one for one in recorded[0].inputs.dataset_inputs}
    assert {name: one.dataset.digest for name, one in read.items()} == {
        "silver.posts": "version-4",
        "silver.engagement": "version-7",
    }
    source = json.loads(read["silver.posts"].dataset.source)
    assert source["path"] == f"{mlflow_settings.lake}/silver/posts"
    assert source["delta_table_version"] == 4
    assert read["silver.posts"].tags[0].value == "training"


def test_pictures_are_png_files_of_the_run(original: Original) -> None:
    figure = original.folder.parent / "figures" / "silhouette.png"
    assert figure.read_bytes().startswith(b"\x89PNG\r\n")


def test_a_model_has_its_signature_its_example_and_its_card(original: Original) -> None:
    import mlflow

    model = mlflow.models.Model.load(str(original.folder))
    assert model.signature.inputs.input_names() == ["followers", "length", "platform"]
    assert model.signature.outputs.input_names() == ["cluster", "features"]
    assert len(json.loads((original.folder / "input_example.json").read_text())["data"]) == 4
    assert sorted((original.folder / "requirements.txt").read_text().split()) == ["mlflow==3.17.2", "pyspark==4.2.0"]
    about = facts.read(original.folder)
    assert about.leads == {"random clusters": AHEAD}
    assert about.card == {"labels": ["small", "große"], "centres": [0.1, 1 / 3]}
    assert (about.tables, about.seed, about.run_id, about.against) == (TABLES, 11, original.run_id, None)


def test_trainings_of_a_model_can_be_compared_they_share_an_experiment_metrics_and_params(
    tracking: Tracking, registry: Registry, fitted: Trained, name: str
) -> None:
    for against in (None, (1, AHEAD)):
        with tracking.training(name) as training:
            recorded = training.record(replace(named(fitted, name), trials=()), TABLES, against)
    first, second = runs(registry, name)
    assert first.data.params.keys() == second.data.params.keys()
    assert second.data.metrics.keys() - first.data.metrics.keys() == {
        "lead/champion",
        "lead/champion low",
        "lead/champion high",
    }
    assert first.data.metrics.keys() - second.data.metrics.keys() == set()
    assert first.info.run_name != second.info.run_name
    assert registry.facts(name, recorded.version).against == (1, AHEAD)
    experiment = registry.store.client.get_experiment_by_name(name)
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (NotEnoughData("not enough data: 3 posts"), "FAILED", "not enough data: 3 posts"),
        (ValueError("no such\ncolumn"), "FAILED", "ValueError: no such"),
        (KeyboardInterrupt(), "KILLED", "KeyboardInterrupt"),
    ],
)
def test_a_training_that_fails_leaves_a_closed_run_with_the_reason(
    tracking: Tracking, registry: Registry, name: str, error: BaseException, status: str, reason: str
) -> None:
    def fail() -> None:
        with tracking.training(name):
            raise error

    with pytest.raises(type(error)):
        fail()
    (run,) = runs(registry, name)
    assert (run.info.status, run.data.tags["starling.reason"]) == (status, reason)
    assert tracking.close_stale() == []


def _broken() -> Figure:
    raise ValueError("no points")


def test_a_picture_that_cannot_be_drawn_is_told_and_costs_no_model(
    tracking: Tracking, registry: Registry, fitted: Trained, name: str
) -> None:
    figures = {"broken": _broken, **fitted.figures}
    with tracking.training(name) as training:
        recorded = training.record(replace(named(fitted, name), figures=figures, trials=()), TABLES)
    assert recorded.problems == ["figure broken: ValueError: no points"]
    assert registry.versions(name) == [recorded.version] == [1]


def test_names_and_values_that_mlflow_would_refuse_are_kept_in_its_words(
    tracking: Tracking, registry: Registry, fitted: Trained, name: str
) -> None:
    metrics = {"PR-AUC (test)": 0.5, "R²": float("nan")}
    params = {f"param {n}": "x" * 7_000 for n in range(150)}
    with tracking.training(name) as training:
        training.record(replace(named(fitted, name), metrics=metrics, params=params, figures={}), TABLES)
    run = runs(registry, name)[0]
    assert run.data.metrics["PR-AUC test"] == 0.5
    assert str(run.data.metrics["R²"]) == "nan"
    assert len(run.data.params["param 149"]) == 6_000


def test_the_password_of_a_lake_or_of_mlflow_is_in_no_run_and_no_artifact(
    registry: Registry, fitted: Trained, mlflow_settings: Settings, spark: SparkSession, name: str
) -> None:
    paths = Paths(work=mlflow_settings.paths.work, lake="s3a://user:s3cret@bucket/lake")
    secretive = mlflow_settings.model_copy(update={"paths": paths})
    with Tracking(secretive, registry, spark).training(name) as training:
        recorded = training.record(replace(named(fitted, name), trials=(), figures={}), TABLES)
    client = registry.store.client
    kept = str(client.get_run(recorded.run_id).to_dictionary())
    assert "s3a://********@bucket/lake/silver/posts" in kept
    assert "s3cret" not in kept
    folder = Path(client.get_run(recorded.run_id).info.artifact_uri.removeprefix("file://"))
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not any(b"s3cret" in data for data in files)


@pytest.mark.parametrize("uri", ["postgresql://me:s3cret@127.0.0.1:1/mlflow", "http://me:s3cret@127.0.0.1:1"])
def test_a_server_that_does_not_answer_is_named_without_its_password(
    uri: str, tmp_path: Path, spark: SparkSession, name: str
) -> None:
    settings = Settings(paths=Paths(work=str(tmp_path / "work")), models=Models(tracking_uri=uri))
    registry = Registry(settings, spark)
    with pytest.raises(ModelError) as failed:
        registry.champion_version(name)
    assert str(failed.value).startswith(f"MLflow at {uri.replace('me:s3cret', '********')}")
    assert "see that it is there and answers" in str(failed.value)
    assert "s3cret" not in str(failed.value)
    assert failed.value.__cause__ is None or "s3cret" not in str(failed.value.__cause__)


def test_a_training_does_not_begin_on_a_locked_database(
    mlflow_settings: Settings, spark: SparkSession, original: Original, name: str
) -> None:
    store = Store(mlflow_settings, write_seconds=0.2)
    assert store.sqlite
    tracking = Tracking(mlflow_settings, Registry(mlflow_settings, spark, store), spark)
    other = sqlite3.connect(store.sqlite, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(ModelError, match=f"{store.sqlite}: .*database is locked"), tracking.training(name):
            raise AssertionError("it has begun")
    finally:
        other.close()
    assert not list((store.folder / "running").iterdir())
    with tracking.training(name):
        pass
