"""The champions of the trained lake, applied without Spark."""

import shutil
from pathlib import Path

import pytest

from starling.models.analysis import Analyst
from starling.settings import Paths, Settings


@pytest.fixture(scope="session")
def analyst(trained_lake: Settings) -> Analyst:
    return Analyst.load(trained_lake)


@pytest.fixture
def copied(trained_lake: Settings, tmp_path: Path) -> Settings:
    """Settings of a work folder with copies of the registry's database and of the verified files, a test's own."""
    theirs, ours = Path(trained_lake.paths.work), tmp_path / "work"
    (ours / "mlflow").mkdir(parents=True)
    shutil.copy(theirs / "mlflow" / "mlflow.db", ours / "mlflow")
    shutil.copytree(theirs / "models", ours / "models")
    return trained_lake.model_copy(update={"paths": Paths(work=str(ours))})
