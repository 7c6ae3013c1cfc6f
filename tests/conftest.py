"""What all tests share: one Kafka, one Spark, and settings of a folder and a topic of a test's own."""

import os
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from pyspark.sql import SparkSession
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from bootstrap import lasting
from bootstrap.layout import CHECKOUT, Layout
from bootstrap.options import split
from browser.fixtures import chromium, looking  # noqa: F401 — fixtures
from faults.figures import (  # noqa: F401 — hooks
    pytest_addoption,
    pytest_configure,
    pytest_ignore_collect,
    pytest_itemcollected,
    pytest_terminal_summary,
)
from starling import session
from starling.broker import connect
from starling.settings import Kafka, Metrics, Paths, Privacy, Settings
from streams.fixtures import lake, models, real_records, registry  # noqa: F401 — fixtures

# pytest's workers have no file, which a part of PySpark takes for its own doctests, and ends the process.
sys.modules["__main__"].__dict__.setdefault("__file__", __file__)
# How long an example takes is no property of the code, on a machine that does other work beside.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")
# Micro-batches and trainings are many short jobs, which keep less than a core busy: two workers share two.
WORKERS = 2
# The fixtures that train models.
TRAINED = {"trained_lake", "topics_model", "words_model"}
# What one of them has all of, and begins with: what shares the lakes and models that are made once for all tests, and
# what runs jobs with a Spark of their own. Any worker has the rest, file by file.
TOGETHER = {
    "jobs": ("tests/jobs/", "tests/faults/test_kills.py", "tests/bootstrap/test_submit.py"),
    "lakes": ("tests/training/", "tests/models/", "tests/reports/", "tests/browser/", "tests/test_notebooks.py"),
    "streams": (
        "tests/streams/",
        "tests/faults/test_crashes.py",
        "tests/faults/test_models.py",
        "tests/faults/test_too_little.py",
    ),
}


def scope(nodeid: str) -> str:
    """What is kept together with the test."""
    return next((name for name, places in TOGETHER.items() if nodeid.startswith(places)), nodeid.partition("::")[0])


class Together(LoadScopeScheduling):
    """Hands out the tests by their scope."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite and whole folders of it run in two processes; a file or a test in this one, as in a debugger."""
    return WORKERS if all(Path(argument).is_dir() for argument in config.args) else 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What waits for trained models or tries a fault is slow; with several workers, what takes long comes first."""
    for item in items:
        if TRAINED & {*getattr(item, "fixturenames", ())} or item.get_closest_marker("fault"):
            item.add_marker(pytest.mark.slow)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (scope(item.nodeid) not in TOGETHER, not item.get_closest_marker("fault")))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap servers of a real Kafka, one for all tests."""
    with connect(Settings(paths=Paths(work=str(tmp_path_factory.mktemp("work"))))) as servers:
        yield servers


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[SparkSession]:
    """A real Spark with Delta, configured by conf/spark-defaults.conf as a job's is, one for all tests."""
    work = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(pytestconfig, "workerinput"):
            # As a stream that is to run for hours, which a worker's Spark nearly does.
            told = shlex.join(lasting.options(Layout(CHECKOUT, CHECKOUT / ".venv"), split(["stream.py"])))
            patch.setenv("PYSPARK_SUBMIT_ARGS", f"{told} {os.environ['PYSPARK_SUBMIT_ARGS']}")
        started = session.get("starling tests", Settings(paths=Paths(work=str(work))))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def trained_lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a work folder with some bundled posts, and with small models that are champions and scored them.

    One for all tests: to be read, and trained on again, but not to be written to otherwise. The gate has refused the
    champions, for so few posts teach too little; they are champions all the same.
    """
    from silver_lakes import fill, small_models
    from starling.models.trained import ENGAGEMENT, TOPICS, WORDS
    from starling.training.requests import ALL, Request, carry_out
    from starling.training.trainer import Trainer

    settings = small_models(tmp_path_factory.mktemp("trained") / "work")
    fill(spark, settings, {"x_v2_stream": 900, "x_archive_esa2019": 400, "x_archive_elgl19": 300})
    carry_out(Request(ALL, promote=True, grid="small"), spark, settings, stopped=lambda: False)
    trainer = Trainer(spark, settings)
    for name in (TOPICS, WORDS, ENGAGEMENT):
        trainer.registry.make_champion(name, 1)
    trainer.rescore({})
    return settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a work folder and a topic that no other test has, and no port of their own."""
    return Settings(
        paths=Paths(work=str(tmp_path / "work")),
        kafka=Kafka(topic=f"test-{uuid.uuid4().hex}"),
        metrics=Metrics(port=0),
        privacy=Privacy(pseudonym_key="a key for tests alone"),
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB that is a test's own: a tmpfs, which root alone may mount, and not in every container."""
    disk = tmp_path / "small-disk"
    disk.mkdir()
    mount = shutil.which("mount") or pytest.skip("there is no mount, to make a disk that can be full")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a disk that can be full may not be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)
