"""Notebooks are what Databricks reads, hold no logic of their own, and every cell of them runs."""

import ast
import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from starling.settings import Settings

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.py"))
SEPARATOR = "\n\n# COMMAND ----------\n\n"
FIRST_LINE = "# Databricks notebook source\n"

each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def _cells(notebook: Path) -> list[str]:
    return notebook.read_text().removeprefix(FIRST_LINE).rstrip("\n").split(SEPARATOR)


def _is_text(cell: str) -> bool:
    return cell.startswith("# MAGIC")


def _code(notebook: Path) -> list[str]:
    return [cell for cell in _cells(notebook) if not _is_text(cell)]


@each_notebook
def test_it_is_in_databricks_source_format(notebook: Path) -> None:
    assert notebook.read_text().startswith(FIRST_LINE)
    texts = [cell for cell in _cells(notebook) if _is_text(cell)]
    assert _cells(notebook)[0] == texts[0], "it begins with what it is about"
    for text in texts:
        first, *lines = text.split("\n")
        assert first == "# MAGIC %md"
        assert [line for line in lines if line != "# MAGIC" and not line.startswith("# MAGIC ")] == []
    assert texts[0].split("\n")[1].startswith(f"# MAGIC # {notebook.stem[0]} · ")
    for code in _code(notebook):
        assert code == code.strip("\n") != ""
        assert "# MAGIC" not in code
        assert "COMMAND ---" not in code


@each_notebook
def test_its_cells_define_nothing_and_only_call_the_library(notebook: Path) -> None:
    for cell in _code(notebook):
        defined = [node for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert [node.name for node in defined] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@each_notebook
def test_every_cell_runs_and_every_figure_is_there(
    notebook: Path,
    trained_lake: Settings,
    spark: SparkSession,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STARLING_PATHS_WORK", trained_lake.paths.work)
    spark.createDataFrame([(1,)], "one int")  # makes it the active session, which the last stream's own was
    names: dict[str, object] = {"__name__": "__main__"}
    for number, cell in enumerate(_cells(notebook), start=1):
        if not _is_text(cell):
            exec(compile(cell, f"{notebook.name}, cell {number}", "exec"), names)
    assert names["spark"] is spark, "the given session is used"
    said = re.findall(r"^figure: (.+)$", capsys.readouterr().out, re.MULTILINE)
    figures = [Path(place) for place in said]
    assert figures
    assert {path.parent for path in figures} == {Path(trained_lake.paths.work) / "notebooks"}
    assert [path.name for path in figures if not path.read_bytes().startswith(b"\x89PNG")] == []
