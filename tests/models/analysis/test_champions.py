"""The champions that an analyst holds: taken up, kept, refused, missed; with a real registry."""

import json
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from models.registered import Original
from starling.models import facts
from starling.models.analysis import Analyst, Desk, Draft
from starling.models.analysis.champions import RETRY_SECONDS
from starling.models.registry import Registry
from starling.models.trained import ENGAGEMENT, TOPICS
from starling.settings import Paths, Settings

DRAFT = Draft("A city council, #esa2019", followers=9)


def _original(settings: Settings, name: str) -> Original:
    """Version 1 of the model, from copies of its files."""
    registry = Registry(settings, None)
    files = Path(settings.paths.work) / "models" / name / "1"
    artifacts = Path(settings.paths.work) / "artifacts" / name / "1"
    shutil.copytree(files, artifacts)
    return Original(name, 1, facts.read(files).run_id, artifacts, registry)


def _promote(
    settings: Settings, name: str, tamper: Callable[[Path], None] = lambda folder: None, **other: object
) -> int:
    original = _original(settings, name)
    version = original.again(name, tamper, **other)
    original.registry.make_champion(name, version)
    return version


def test_where_nothing_was_trained_the_reason_is_the_command_that_does(tmp_path: Path) -> None:
    analyst = Analyst.load(Settings(paths=Paths(work=str(tmp_path / "work"))))
    found = analyst.analyse(DRAFT)
    assert found.topic.reason == "no champion: ./spark-submit.sh jobs/train.py topics --promote"
    assert found.engagement.reason == "no champion: ./spark-submit.sh jobs/train.py engagement --promote"
    assert (found.engagement.predicted, found.engagement.changes, found.engagement.features) == (None, (), {})
    assert [(one.version, one.note) for one in found.models] == [
        (None, found.topic.reason),
        (None, found.engagement.reason),
    ]
    assert found.sentiment.compound == 0.0
    assert analyst.refreshed() is analyst
    assert not (tmp_path / "work").exists(), "who asks makes no registry"


def test_a_model_that_is_not_promoted_is_none(copied: Settings) -> None:
    shutil.rmtree(Path(copied.paths.work) / "models")
    with closing(sqlite3.connect(Path(copied.paths.work) / "mlflow" / "mlflow.db")) as database, database:
        database.execute("DELETE FROM registered_model_aliases WHERE name = ?", (ENGAGEMENT,))
    found = Analyst.load(copied).analyse(DRAFT)
    assert found.engagement.reason == "no champion: ./spark-submit.sh jobs/train.py engagement --promote"
    assert [one.version for one in found.models] == [1, None]


def test_while_the_champions_are_the_same_nothing_changes(copied: Settings) -> None:
    analyst = Analyst.load(copied)
    assert analyst.refreshed() is analyst


def test_a_new_champion_is_taken_up_and_an_answer_in_between_keeps_its_own(copied: Settings) -> None:
    before = Analyst.load(copied)
    version = _promote(copied, ENGAGEMENT, card={})
    after = before.refreshed()
    assert [one.version for one in after.analyse(DRAFT).models] == [1, version] == [1, 2]
    assert after.topics is before.topics
    assert "was trained before intervals were kept" in (after.analyse(DRAFT).engagement.interval_reason or "")
    assert before.analyse(DRAFT).models[1].version == 1
    assert before.analyse(DRAFT).engagement.interval


def test_the_same_number_in_another_registry_is_another_champion(copied: Settings) -> None:
    analyst = Analyst.load(copied)
    original = _original(copied, ENGAGEMENT)
    version = original.again(ENGAGEMENT, card={})
    with closing(sqlite3.connect(Path(copied.paths.work) / "mlflow" / "mlflow.db")) as database, database:
        database.execute("UPDATE model_versions SET version = -1 WHERE name = ? AND version = 1", (ENGAGEMENT,))
        database.execute("UPDATE model_version_tags SET version = -1 WHERE name = ? AND version = 1", (ENGAGEMENT,))
        for table in ("model_versions", "model_version_tags"):
            statement = f"UPDATE {table} SET version = 1 WHERE name = ? AND version = ?"
            database.execute(statement, (ENGAGEMENT, version))
    after = analyst.refreshed()
    assert after.engagement.version == 1
    assert after.engagement.model != analyst.engagement.model
    assert after.analyse(DRAFT).engagement.interval is None


def test_a_champion_whose_files_are_damaged_is_refused_and_the_one_before_stays(copied: Settings) -> None:
    analyst = Analyst.load(copied)
    original = _original(copied, TOPICS)
    version = original.again(TOPICS, seed=99)
    original.registry.make_champion(TOPICS, version)
    (file,) = original.artifacts(TOPICS, version).glob("sparkml/stages/1_*/data/part-*")
    file.write_bytes(file.read_bytes()[:-1])
    found = analyst.refreshed().analyse(DRAFT)
    assert found.models[0].version == 1
    assert found.models[0].note is not None
    assert found.models[0].note.startswith(f"version {version} is refused: {TOPICS} version {version} is refused:")
    assert file.name in found.models[0].note
    assert found.topic.reason is None


@pytest.mark.parametrize("name", [TOPICS, ENGAGEMENT])
def test_a_champion_that_cannot_be_applied_is_a_reason(copied: Settings, name: str) -> None:
    def without_stages(folder: Path) -> None:
        (file,) = (folder / "sparkml" / "metadata").glob("part-*")
        about = json.loads(file.read_text())
        about["paramMap"]["stageUids"] = about["paramMap"]["stageUids"][1:]
        file.write_text(json.dumps(about))

    work = Path(copied.paths.work)
    _promote(copied, name, without_stages)
    shutil.rmtree(work / "models" / name)
    found = Analyst.load(copied).analyse(DRAFT)
    (used,) = [one for one in found.models if one.name == name]
    assert used.version is None
    assert used.note is not None
    assert used.note.startswith("version 2 is refused: ")
    reason = found.topic.reason if name == TOPICS else found.engagement.reason
    assert reason == used.note


def test_a_forest_behind_another_first_stage_is_refused_with_the_command_that_helps(copied: Settings) -> None:
    def other_statement(folder: Path) -> None:
        (file,) = (folder / "sparkml" / "stages").glob("*_SQLTransformer_*/metadata/part-*")
        file.write_text(file.read_text().replace("LOG1P(COALESCE(digits, 0))", "COALESCE(digits, 0)"))

    _promote(copied, ENGAGEMENT, other_statement)
    note = Analyst.load(copied).engagement.note
    assert note is not None
    assert "its first stage is not this version's of Starling; train again: ./spark-submit.sh jobs/train.py" in note


def test_a_champion_whose_parts_do_not_fit_is_refused_before_it_answers(copied: Settings) -> None:
    def fewer_features(folder: Path) -> None:
        *_, file = sorted((folder / "sparkml" / "stages").glob("*_VectorAssembler_*/metadata/part-*"))
        about = json.loads(file.read_text())
        about["paramMap"]["inputCols"] = about["paramMap"]["inputCols"][:1]
        file.write_text(json.dumps(about))

    analyst = Analyst.load(copied)
    _promote(copied, ENGAGEMENT, fewer_features)
    after = analyst.refreshed()
    assert (after.engagement.version, after.engagement.model) == (1, analyst.engagement.model)
    assert (after.engagement.note or "").startswith("version 2 is refused: IndexError")


def test_the_same_files_under_another_number_are_the_same_model(copied: Settings) -> None:
    analyst = Analyst.load(copied)
    version = _promote(copied, ENGAGEMENT)
    after = analyst.refreshed()
    assert (after.engagement.version, version) == (2, 2)
    assert after.engagement.model is analyst.engagement.model


def test_what_was_refused_is_tried_again_after_a_while(copied: Settings) -> None:
    now = 0.0
    analyst = Analyst.load(copied)
    original = _original(copied, TOPICS)
    version = original.again(TOPICS, seed=99)
    original.registry.make_champion(TOPICS, version)
    artifacts = original.artifacts(TOPICS, version)
    away = artifacts.with_name("away")
    artifacts.rename(away)
    refused = analyst.refreshed(lambda: now)
    assert (refused.topics.version, refused.topics.retry_at) == (1, RETRY_SECONDS)
    away.rename(artifacts)
    assert refused.refreshed(lambda: RETRY_SECONDS - 0.1) is refused
    again = refused.refreshed(lambda: RETRY_SECONDS)
    assert (again.topics.version, again.topics.note) == (version, None)


def test_where_the_registry_is_gone_the_champions_stay_and_a_new_process_has_the_last_good_ones(
    copied: Settings,
) -> None:
    analyst = Analyst.load(copied)
    (Path(copied.paths.work) / "mlflow" / "mlflow.db").unlink()
    for left in (analyst.refreshed(), Analyst.load(copied)):
        found = left.analyse(DRAFT)
        assert [one.version for one in found.models] == [1, 1]
        assert all("the database is gone" in (one.note or "") for one in found.models)
        assert found.engagement.predicted == analyst.analyse(DRAFT).engagement.predicted
        assert left.refreshed() is left


def test_the_champion_that_was_applied_is_the_one_that_is_remembered(copied: Settings) -> None:
    version = _promote(copied, TOPICS, seed=99)
    Analyst.load(copied)
    (Path(copied.paths.work) / "mlflow" / "mlflow.db").unlink()
    assert Analyst.load(copied).topics.version == version == 2


def test_a_last_good_one_that_is_damaged_is_a_reason(copied: Settings) -> None:
    work = Path(copied.paths.work)
    (work / "mlflow" / "mlflow.db").write_bytes(b"no database at all, but long enough to look at")
    (work / "models" / TOPICS / "1" / "card.json").write_text("{}")
    found = Analyst.load(copied).analyse(DRAFT)
    assert "nor can the last good one be used: " in (found.topic.reason or "")
    assert "card.json is not what was registered" in (found.topic.reason or "")
    assert found.engagement.predicted is not None


def test_without_stop_words_no_model_is_asked(analyst: Analyst) -> None:
    found = replace(analyst, stop_words=None, wordless="no jar").analyse(DRAFT)
    assert (found.topic.reason, found.engagement.reason) == ("no jar", "no jar")


def test_a_desk_takes_up_a_new_champion_when_it_is_time(copied: Settings) -> None:
    now = 0.0
    desk = Desk(Analyst.load(copied), lambda: now)
    _promote(copied, TOPICS, seed=99)
    before = desk.analyst()
    assert before.topics.version == 1
    now = copied.models.refresh_seconds - 0.1
    assert desk.analyst() is before
    assert not [thread for thread in threading.enumerate() if thread.name == "champions"]
    now = copied.models.refresh_seconds
    assert desk.analyst() is before, "who asks does not wait"
    for thread in threading.enumerate():
        if thread.name == "champions":
            thread.join(30)
    assert desk.analyst().topics.version == 2
