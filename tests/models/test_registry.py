"""A registry on real SQLite: what is found, what is loaded, and what is refused or missed."""

import pickle
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from sklearn.dummy import DummyClassifier

from models.registered import Original
from models.trainings import POINTS
from starling.errors import ModelError
from starling.models.registry import CHALLENGER, CHAMPION, NoSuchVersionError, Registry
from starling.models.store import Store
from starling.models.trained import Trained
from starling.models.verified import UnusableModelError
from starling.settings import Paths, Settings

DATA = "sparkml/stages/1_*/data/part-00000-*"
STAGE = "sparkml/stages/1_*/metadata/part-00000-*"


def _cut(folder: Path, pattern: str) -> Path:
    (file,) = folder.glob(pattern)
    file.write_bytes(file.read_bytes()[:-1])
    return file


def test_a_loaded_version_answers_as_the_trained_one_and_has_its_card(
    registry: Registry, original: Original, fitted: Trained, spark: SparkSession
) -> None:
    loaded = registry.load(original.name, original.version)
    points = spark.createDataFrame(POINTS)
    clusters = [row.cluster for row in loaded.pipeline.transform(points).collect()]
    assert clusters == [row.cluster for row in fitted.pipeline.transform(points).collect()]
    assert len(set(clusters)) == 2
    assert loaded.card == {"labels": ["small", "große"], "centres": [0.1, 1 / 3]}
    assert (loaded.name, loaded.version) == (original.name, original.version)
    assert registry.reload_problems(original.name, original.version) == []


def test_the_newest_version_is_the_challenger_and_nothing_is_champion(
    registry: Registry, original: Original, name: str
) -> None:
    assert [original.again(name), original.again(name)] == [1, 2]
    assert registry.versions(name) == [1, 2]
    assert registry.aliased(name, CHALLENGER) == 2
    assert registry.champion_version(name) is None
    with pytest.raises(ModelError, match=f"{name} has no champion: train one"):
        registry.load(name, CHAMPION)


def test_a_champion_is_found_by_its_alias_and_is_no_challenger_any_more(
    registry: Registry, original: Original, name: str
) -> None:
    version = original.again(name)
    registry.make_champion(name, version)
    assert registry.champion_version(name) == version
    assert registry.aliased(name, CHALLENGER) is None
    assert registry.load(name, CHAMPION).version == version


def test_to_make_another_version_champion_leaves_the_challenger(
    registry: Registry, original: Original, name: str
) -> None:
    first, second = original.again(name), original.again(name)
    registry.make_champion(name, first)
    assert (registry.champion_version(name), registry.aliased(name, CHALLENGER)) == (first, second)


def test_what_is_read_from_the_database_is_what_mlflows_client_says(
    registry: Registry, original: Original, name: str
) -> None:
    first, second = original.again(name), original.again(name)
    registry.make_champion(name, second)
    client = registry.store.client
    for version in (first, second):
        said = client.get_model_version(name, str(version))
        assert registry.digest(name, version) == said.tags["starling.manifest_sha256"]
    assert registry.champion_version(name) == int(client.get_model_version_by_alias(name, CHAMPION).version)
    client.delete_model_version(name, str(second))
    assert (
        registry.versions(name) == [int(v.version) for v in client.search_model_versions(f"name='{name}'")] == [first]
    )
    assert registry.champion_version(name) is None, "MLflow takes its alias from a deleted version"
    with pytest.raises(
        NoSuchVersionError, match=f"has no version {second} of {name}: it was never there, or was delet"
    ):
        registry.load(name, second)


def test_a_model_that_was_never_registered_has_no_versions(registry: Registry, original: Original, name: str) -> None:
    assert (registry.champion_version(name), registry.versions(name)) == (None, [])
    with pytest.raises(NoSuchVersionError, match=f"has no version 1 of {name}"):
        registry.load(name, 1)


def test_a_truncated_artifact_is_refused_with_its_model_version_and_file(
    registry: Registry, original: Original, name: str
) -> None:
    version = original.again(name)
    cut = _cut(original.artifacts(name, version), DATA)
    with pytest.raises(UnusableModelError, match=f"{name} version {version} is refused: .*{cut.name} is not what"):
        registry.load(name, version)
    assert "is refused" in registry.reload_problems(name, version)[0]


def test_artifacts_that_are_gone_are_missed_by_name(registry: Registry, original: Original, name: str) -> None:
    version = original.again(name)
    shutil.rmtree(original.artifacts(name, version))
    with pytest.raises(
        UnusableModelError, match=f"files of {name} version {version} cannot be fetched: .*No such artifact"
    ):
        registry.load(name, version)


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that whoever loads a model might be made to import."""
    (tmp_path / "planted_stage.py").write_text("class Model: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "planted_stage"
    sys.modules.pop("planted_stage", None)


def _plant(folder: Path) -> None:
    (file,) = folder.glob(STAGE)
    file.write_text(file.read_text().replace("org.apache.spark.ml.clustering.KMeansModel", "planted_stage.Model"))


@pytest.mark.parametrize("checksum", ["right", "wrong"])
def test_a_tampered_class_name_is_refused_before_it_is_imported(
    registry: Registry, original: Original, name: str, planted: str, checksum: str
) -> None:
    version = original.again(name, tamper=_plant if checksum == "right" else lambda folder: None)
    if checksum == "wrong":
        _plant(original.artifacts(name, version))
    said = "names the class planted_stage.Model" if checksum == "right" else "its SHA-256 differs"
    with pytest.raises(UnusableModelError, match=said):
        registry.load(name, version)
    assert planted not in sys.modules


def test_a_pickled_model_is_refused_before_it_is_loaded(registry: Registry, original: Original, name: str) -> None:
    import mlflow.sklearn

    folder = original.folder.with_name(f"pickled-{name}")
    mlflow.sklearn.save_model(
        DummyClassifier(), str(folder), serialization_format="pickle", pip_requirements=["mlflow"]
    )
    assert pickle.loads((folder / "model.pkl").read_bytes())
    made = registry.store.client.create_model_version(_model(registry, name), str(folder), original.run_id)
    registry.make_champion(name, int(made.version))
    with pytest.raises(UnusableModelError, match="it has no manifest, so Starling never made it"):
        registry.load(name, CHAMPION)

    def pickled(copy: Path) -> None:
        shutil.copy(folder / "MLmodel", copy)

    version = original.again(name, tamper=pickled)
    with pytest.raises(
        UnusableModelError, match="names the flavours python_function, sklearn: only Spark's own is loaded"
    ):
        registry.load(name, version)


def _model(registry: Registry, name: str) -> str:
    registry.store.client.create_registered_model(name)
    return name


def test_a_damaged_copy_in_the_work_folder_is_fetched_again(registry: Registry, original: Original, name: str) -> None:
    version = original.again(name)
    registry.load(name, version)
    _cut(registry.store.work / "models" / name / str(version), DATA)
    assert registry.reload_problems(name, version) == []


def test_a_copy_of_a_registry_that_was_there_before_is_not_taken_for_this_ones(
    registry: Registry, original: Original, name: str
) -> None:
    version = original.again(name, card={"labels": ["new"]})
    shutil.copytree(original.folder, registry.store.work / "models" / name / str(version))
    assert registry.load(name, version).card == {"labels": ["new"]}


@pytest.fixture
def elsewhere(original: Original, name: str, tmp_path: Path, spark: SparkSession) -> Registry:
    """A work folder of its own, with a copy of the database, in which the model has a champion that was loaded."""
    registry = _copied(original, tmp_path / "work", spark)
    own = Original(original.name, original.version, original.run_id, original.folder, registry)
    registry.make_champion(name, own.again(name))
    registry.load(name, CHAMPION)
    return registry


def _copied(original: Original, work: Path, spark: SparkSession) -> Registry:
    settings = Settings(paths=Paths(work=str(work)))
    store = Store(settings, read_seconds=0.2, write_seconds=0.2)
    assert store.sqlite
    assert original.registry.store.sqlite
    store.sqlite.parent.mkdir(parents=True)
    shutil.copy(original.registry.store.sqlite, store.sqlite)
    return Registry(settings, spark, store)


def test_without_a_registry_that_ever_was_there_is_no_champion(spark: SparkSession, tmp_path: Path, name: str) -> None:
    registry = Registry(Settings(paths=Paths(work=str(tmp_path / "work"))), spark)
    assert (registry.champion_version(name), registry.versions(name), registry.last_good(name)) == (None, [], None)
    assert not (tmp_path / "work").exists()


def test_while_the_registry_is_gone_the_champion_that_loaded_last_is_kept(elsewhere: Registry, name: str) -> None:
    assert elsewhere.store.sqlite
    elsewhere.store.sqlite.rename(elsewhere.store.sqlite.with_suffix(".away"))
    with pytest.raises(ModelError, match=f"the database is gone, and {name} had a champion: restore it"):
        elsewhere.champion_version(name)
    kept = elsewhere.last_good(name)
    assert kept is not None
    assert (kept.version, kept.card["labels"]) == (1, ["small", "große"])


def test_a_last_good_champion_that_is_damaged_since_is_refused(elsewhere: Registry, name: str) -> None:
    _cut(elsewhere.store.work / "models" / name / "1", DATA)
    with pytest.raises(UnusableModelError, match=f"{name} version 1 is refused: sparkml/.*its SHA-256 differs"):
        elsewhere.last_good(name)


def test_a_last_good_record_that_cannot_be_read_is_named(elsewhere: Registry, name: str) -> None:
    record = elsewhere.store.work / "models" / name / "last_good.json"
    record.write_text("{")
    with pytest.raises(ModelError, match=f"{record} cannot be read: JSONDecodeError"):
        elsewhere.last_good(name)


def test_only_a_champion_is_remembered_as_good(elsewhere: Registry, original: Original, name: str) -> None:
    own = Original(original.name, original.version, original.run_id, original.folder, elsewhere)
    assert elsewhere.load(name, own.again(name)).version == 2
    kept = elsewhere.last_good(name)
    assert kept is not None
    assert kept.version == 1


def test_a_locked_database_is_an_error_that_names_it_and_no_missing_champion(elsewhere: Registry, name: str) -> None:
    assert elsewhere.store.sqlite
    other = sqlite3.connect(elsewhere.store.sqlite, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(
            ModelError, match=f"{elsewhere.store.sqlite}: .*database is locked; another process is writ"
        ):
            elsewhere.champion_version(name)
    finally:
        other.close()
    assert elsewhere.champion_version(name) == 1


def test_a_database_that_is_none_is_an_error_and_no_missing_champion(elsewhere: Registry, name: str) -> None:
    assert elsewhere.store.sqlite
    elsewhere.store.sqlite.write_bytes(b"no database at all" * 100)
    with pytest.raises(ModelError, match="file is not a database; restore it from a copy"):
        elsewhere.champion_version(name)


def test_what_a_killed_writer_left_half_done_stops_no_reader(elsewhere: Registry, name: str, tmp_path: Path) -> None:
    assert elsewhere.store.sqlite
    database = elsewhere.store.sqlite
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("PRAGMA cache_size = 1")
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE registered_model_aliases SET version = 99")
    other.execute(
        "CREATE TABLE spilled AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9999) "
        "SELECT i, hex(randomblob(50)) AS filler FROM n"
    )
    for part in (database, database.with_name(f"{database.name}-journal")):
        shutil.copy(part, tmp_path / part.name)  # as the disk was when the writer was killed
    other.close()
    for part in tmp_path.glob(f"{database.name}*"):
        shutil.copy(part, database.parent)
    assert elsewhere.champion_version(name) == 1
