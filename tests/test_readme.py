"""What the README says of the tables and the jobs is so."""

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from faults.figures import FAULTS
from faults.guards import GUARDS
from starling import delta
from starling.pipeline.catalogue import TABLES
from starling.silver import posts

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
HELD_BY = re.findall(r"^\| (\d+) \|.*\| `(tests/faults/\w+\.py)` \|$", README, re.MULTILINE)
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_it_names_every_table_and_every_job() -> None:
    named = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", README, re.MULTILINE)
    assert named == [table.name for table in TABLES]
    jobs = re.findall(r"^\| `(jobs/[a-z]+\.py)", README, re.MULTILINE)
    assert sorted(jobs) == sorted(f"jobs/{path.name}" for path in (ROOT / "jobs").glob("*.py"))


def test_the_files_it_links_to_and_names_are_there() -> None:
    linked = re.findall(r"\]\(([^)]+)\)", README) + re.findall(r"`((?:tests|conf|lib)/[\w/.-]+)`", README)
    assert linked
    assert [path for path in linked if "NAME" not in path and not (ROOT / path).exists()] == []


def test_of_every_fault_that_it_says_is_survived_the_named_file_has_a_test() -> None:
    assert [int(number) for number, _ in HELD_BY] == list(range(1, FAULTS + 1))
    for number, name in HELD_BY:
        assert re.search(rf"mark\.fault\(\s*{number}, ", (ROOT / name).read_text()), f"fault {number} in {name}"


def test_the_named_file_has_the_test_that_fails_without_the_guard() -> None:
    assert {(str(guard.fault), f"tests/faults/{guard.test}") for guard in GUARDS} == set(HELD_BY)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_its_ways_to_open_a_table_work(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    delta.create(spark, posts.TABLE, str(tmp_path / "work" / "lake"))
    assert len(SNIPPETS) == 3
    with_spark, with_pandas, with_duckdb = SNIPPETS
    absolute = with_spark.replace('"work/', f'"{tmp_path}/work/')  # the JVM's folder is not the test's
    assert eval(absolute, {"spark": spark}).columns == posts.TABLE.columns
    names: dict[str, object] = {}
    exec(with_pandas, names)
    assert list(names["posts"].columns) == ["platform", "lang", "compound"]  # type: ignore[attr-defined]
    exec(with_duckdb, {})
    assert "count_star()" in capsys.readouterr().out
