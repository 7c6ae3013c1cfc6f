"""What a person is told to type to see MLflow's pages."""

import shlex
from pathlib import Path

import pytest

from starling.models.ui import how_to_compare
from starling.settings import Models, Paths, Settings


def lines(uri: str = "", work: str = "work") -> list[str]:
    return list(how_to_compare(Settings(paths=Paths(work=work), models=Models(tracking_uri=uri))))


def test_the_command_opens_the_work_folders_database_on_loopback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    where, command = lines(work="a work")
    assert where == "Compare the runs in the MLflow UI, at http://127.0.0.1:5000 once this runs:"
    program, *arguments = shlex.split(command)
    assert Path(program).name == "mlflow"
    assert Path(program).is_file()
    assert arguments == ["ui", "--backend-store-uri", f"sqlite:///{tmp_path}/a work/mlflow/mlflow.db", "--workers", "1"]


def test_a_password_is_not_printed(tmp_path: Path) -> None:
    _, command = lines("postgresql://me:hunter2@db:5432/mlflow")
    assert "hunter2" not in command
    assert '--backend-store-uri "$STARLING_MODELS_TRACKING_URI"' in command


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("https://me:hunter2@mlflow.example", "Compare the runs in the MLflow UI at https://********@mlflow.example"),
        ("databricks", "Compare the runs in the workspace, under Experiments"),
    ],
)
def test_a_server_that_has_a_ui_needs_no_command(uri: str, said: str) -> None:
    assert lines(uri) == [said]
