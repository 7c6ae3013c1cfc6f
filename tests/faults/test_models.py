"""MLflow's troubles, and models that are not what was registered: the last good champion stays, and no post is lost."""

import json
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from faults.checked import is_whole, tell
from faults.figures import Tally
from models.trainings import AHEAD
from starling import delta, failpoints
from starling.failpoints import FailPointReached
from starling.models.promotions import LAST_TAG, Promotions
from starling.models.tracking import Tracking
from starling.models.trained import TOPICS
from starling.ops import promotions
from starling.ops.promotions import PROMOTED, REFUSED, ROLLED_BACK, Entry
from starling.settings import Models, Settings
from streams.lakes import Lake, running, wait_until
from streams.scored import posts, scored, told
from streams.shelf import Copy, Shelf

ROOT = Path(__file__).parents[2]
MLFLOW = "MLflow: a run killed, its database locked or gone, no alias, a version deleted, an artifact cut, a crash"
TAMPERED = "a model whose metadata were tampered with; a pickled model as champion"
POSTS = 10


# --- 20: whatever becomes of the registry


def cut(folder: Path) -> None:
    """Truncates the largest of a model's files."""
    largest = max(folder.rglob("*.parquet"), key=lambda file: file.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1])


def promote_a_cut_one(registry: Copy) -> None:
    own = registry.own(TOPICS)
    version = own.again(TOPICS)
    cut(own.artifacts(TOPICS, version))
    registry.promote(version=version)


def delete_the_version_and_its_alias(registry: Copy) -> None:
    client = registry.registry.store.client
    client.delete_registered_model_alias(TOPICS, "champion")
    client.delete_model_version(TOPICS, "1")


def database(registry: Copy) -> Path:
    assert registry.registry.store.sqlite
    return registry.registry.store.sqlite


@contextmanager
def locked(registry: Copy) -> Iterator[None]:
    """Another process writes to the database for long."""
    other = sqlite3.connect(database(registry), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.close()


@contextmanager
def after(registry: Copy, trouble: Callable[[Copy], None]) -> Iterator[None]:
    trouble(registry)
    yield


@pytest.mark.fault(20, MLFLOW)
@pytest.mark.timeout(400)
def test_whatever_becomes_of_the_registry_the_last_good_champion_scores_every_post(
    lake: Lake, registry: Copy, tally: Tally, capfd: pytest.CaptureFixture[str]
) -> None:
    sent, said = count(100), ""

    def told_meanwhile(words: str) -> bool:
        nonlocal said
        lake.send(posts(next(sent), 1))  # which is a batch of its own, that asks for the champion
        said += "\n".join(champions_of_topics(capfd))
        return words in said

    asking = lake.settings.model_copy(update={"models": Models(refresh_seconds=0)})
    registry.promote()
    with running(Lake(lake.spark, asking, lake.servers)) as failures:
        wait_until(lambda: told_meanwhile(f"champion: {TOPICS} version 1"))
        for trouble, words in (
            (locked(registry), "version 1 stays: MLflow at sqlite:"),
            (after(registry, promote_a_cut_one), "version 1 stays: version 2 is refused: "),
            (after(registry, delete_the_version_and_its_alias), "version 1 stays: the registry names no champion"),
        ):
            with trouble:
                wait_until(lambda words=words: told_meanwhile(words))
    assert not failures
    database(registry).unlink()
    lake.send(posts(next(sent), 1))
    lake.drain()  # as after a restart
    (line,) = champions_of_topics(capfd)
    assert line.startswith(f"champion: {TOPICS} version 1 stays: MLflow at sqlite:")
    assert "the database is gone" in line
    number = next(sent) - 100
    assert scored(lake) == told(100, number, version=1)
    is_whole(lake)
    tell(tally, lake, number)


def champions_of_topics(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What the stream has said of them."""
    return [line for line in capfd.readouterr().err.splitlines() if line.startswith(f"champion: {TOPICS}")]


def reasons(lake: Lake) -> set[tuple[int | None, str | None]]:
    """Topic, and why there is none, of all posts, each of which has a row."""
    rows = lake.rows("gold.post_scores", "topic", "topic_reason")
    assert len(rows) == lake.count("silver.posts")
    return {(row["topic"], row["topic_reason"]) for row in rows}


def begin(settings: Settings) -> tuple[subprocess.Popen[str], str]:
    """A training in a process of its own, and the id of its run."""
    started = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed_training.py")), settings.paths.work, TOPICS],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout
    return started, started.stdout.readline().strip()


@pytest.mark.fault(20, MLFLOW)
def test_the_run_of_a_killed_training_is_closed_at_the_next_start_and_that_of_a_running_one_is_not(
    settings: Settings, registry: Copy, models: Shelf, tally: Tally
) -> None:
    client = registry.registry.store.client
    tracking = Tracking(settings, registry.registry, models.spark)
    running, its_run = begin(settings)
    killed, stale_run = begin(settings)
    try:
        stale = client.get_run(stale_run)
        assert stale.info.status == "RUNNING"
        lease = {"starling.lease": stale.data.tags["starling.lease"]}
        nested = client.create_run(stale.info.experiment_id, tags=lease).info.run_id
        assert tracking.close_stale() == []
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        with tracking.training(TOPICS) as next_one:
            assert client.get_run(next_one.run_id).info.status == "RUNNING"
            assert client.get_run(its_run).info.status == "RUNNING"
            for run_id in (stale_run, nested):
                closed = client.get_run(run_id)
                assert closed.info.status == "FAILED"
                assert closed.data.tags["starling.reason"] == "its process was killed"
    finally:
        for process in (running, killed):
            process.kill()
            process.communicate()
    assert tracking.close_stale() == [its_run]
    assert tracking.close_stale() == []
    tally.kills(2)


@pytest.fixture
def deciding(settings: Settings, registry: Copy, models: Shelf) -> Promotions:
    return Promotions(registry.registry, models.spark, settings.lake)


def decisions(settings: Settings, models: Shelf) -> list[tuple[str, int, int | None]]:
    """Action, version and the champion before it, of all entries of the log."""
    return [(entry.action, entry.version, entry.previous_version) for entry in log(settings, models)]


def log(settings: Settings, models: Shelf) -> list[Entry]:
    return promotions.of_model(delta.read(models.spark, promotions.TABLE, settings.lake), TOPICS)


@pytest.mark.fault(20, MLFLOW)
def test_a_crash_between_a_decisions_row_and_the_champion_is_made_good_at_the_next_start_and_once(
    deciding: Promotions, settings: Settings, registry: Copy, models: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashes(decide: Callable[[], object]) -> None:
        failpoints.disarm()
        monkeypatch.setenv(failpoints.VARIABLE, "in_promotion:1:raise")
        with pytest.raises(FailPointReached):
            decide()
        monkeypatch.delenv(failpoints.VARIABLE)

    own = registry.own(TOPICS)
    first = own.again(TOPICS, leads={"random": AHEAD})
    crashes(lambda: deciding.consider(TOPICS, first))
    assert registry.registry.champion_version(TOPICS) is None
    assert decisions(settings, models) == [(PROMOTED, first, None)]
    deciding.settle(TOPICS)
    assert registry.registry.champion_version(TOPICS) == first

    second = own.again(TOPICS, leads={"random": AHEAD}, against=(first, AHEAD))
    assert deciding.consider(TOPICS, second).promote
    crashes(lambda: deciding.rollback(TOPICS))
    assert registry.registry.champion_version(TOPICS) == second
    for _ in range(2):
        deciding.settle(TOPICS)
        assert registry.registry.champion_version(TOPICS) == first
    assert decisions(settings, models) == [
        (PROMOTED, first, None),
        (PROMOTED, second, first),
        (ROLLED_BACK, first, second),
    ]
    assert registry.registry.noted(TOPICS, LAST_TAG) == log(settings, models)[-1].promotion_id


# --- 22: models that would run somebody's code


class Trap:
    """What leaves a file where it was run: a module, by being imported; a pickle, by being read."""

    def __init__(self, folder: Path) -> None:
        self.sprung = folder / "sprung"
        (folder / "starling_trap.py").write_text(f"open({str(self.sprung)!r}, 'w').close()\nclass Model: ...\n")

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.sprung), "w")

    def in_metadata(self, folder: Path) -> None:
        """Has a stage name the module's class, which PySpark imports where the pipeline says that it is Python's."""
        pipeline = next((folder / "sparkml" / "metadata").glob("part-*"))
        stage = next((folder / "sparkml" / "stages").glob("0_*/metadata/part-*"))
        change(pipeline, lambda told: told["paramMap"].update(language="Python"))
        change(stage, lambda told: told.update({"class": "starling_trap.Model"}))

    def in_a_pickle(self, folder: Path) -> None:
        """Makes it a model of another flavour, whose loader reads a pickle."""
        (folder / "model.pkl").write_bytes(pickle.dumps(self))
        sklearn = {"pickled_model": "model.pkl", "serialization_format": "pickle", "sklearn_version": "1.7.0"}
        generic = {"loader_module": "mlflow.sklearn", "model_path": "model.pkl"}
        (folder / "MLmodel").write_text(json.dumps({"flavors": {"python_function": generic, "sklearn": sklearn}}))


def change(file: Path, how: Callable[[dict[str, Any]], None]) -> None:
    said = json.loads(file.read_text())
    how(said)
    file.write_text(json.dumps(said))


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trap:
    """A trap that works: what it stands for is run where it is loaded."""
    (tmp_path / "trap").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "trap")
    made = Trap(tmp_path / "trap")
    pickle.loads(pickle.dumps(made)).close()
    made.sprung.unlink()
    return made


@pytest.mark.fault(22, TAMPERED)
@pytest.mark.timeout(400)
def test_a_champion_that_would_run_code_is_refused_before_it_is_loaded_by_the_stream_and_by_the_gate(
    lake: Lake, registry: Copy, models: Shelf, deciding: Promotions, trap: Trap, tally: Tally,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    own = registry.own(TOPICS)
    since_registered = own.again(TOPICS)
    trap.in_metadata(own.artifacts(TOPICS, since_registered))
    bad = {
        since_registered: "is not what was registered: its SHA-256 differs",
        own.again(TOPICS, trap.in_metadata): "only stages of org.apache.spark.ml are loaded",
        own.again(TOPICS, trap.in_a_pickle): "names the flavours python_function, sklearn: only Spark's own is loaded",
    }
    for number, (version, why) in enumerate(bad.items(), start=10):
        assert not deciding.consider(TOPICS, version).promote
        registry.promote(version=version)  # by hand, past the gate
        lake.send(posts(number * POSTS, POSTS))
        lake.drain()
        (said,) = champions_of_topics(capfd)
        assert said.startswith(
            f"champion: {TOPICS} has none, and posts go without its scores: version {version} is refused"
        )
        assert why in said
    assert [(entry.action, entry.version) for entry in log(lake.settings, models)] == [(REFUSED, one) for one in bad]
    assert all(why in entry.reason for entry, why in zip(log(lake.settings, models), bad.values(), strict=True))
    assert reasons(lake) == {(None, f"version {version} is refused") for version in bad}
    assert not trap.sprung.exists()
    is_whole(lake)
    tell(tally, lake, POSTS * len(bad))
    tally.bad_inputs(len(bad))
