"""The zip that executors import from."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bootstrap.layout import Layout
from bootstrap.package import pack


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    return _checkout(tmp_path / "one")


def _checkout(home: Path) -> Layout:
    place = Layout(home, home / ".venv")
    place.own.mkdir(parents=True)
    package = home / "lib" / "starling"
    (package / "silver" / "__pycache__").mkdir(parents=True)
    (package / "__init__.py").write_text('NAME = "starling"\n')
    (package / "silver" / "__init__.py").touch()
    (package / "silver" / "words.json").write_text("[]")
    (package / "silver" / "__pycache__" / "x.pyc").touch()
    (home / "lib" / "bootstrap").mkdir()
    (home / "lib" / "bootstrap" / "main.py").touch()
    return place


def test_it_holds_the_package_with_its_data_and_nothing_else(place):
    with zipfile.ZipFile(pack(place, alone=True)) as archive:
        assert archive.namelist() == [
            "starling/__init__.py",
            "starling/silver/__init__.py",
            "starling/silver/words.json",
        ]


def test_python_imports_from_it(place):
    command = [sys.executable, "-c", "import starling.silver; print(starling.NAME, starling.__file__)"]
    zipped = pack(place, alone=True)
    said = subprocess.run(command, env={"PYTHONPATH": str(zipped)}, capture_output=True, text=True, check=True)
    assert said.stdout == f"starling {zipped}/starling/__init__.py\n"


def test_equal_sources_make_equal_zips_wherever_and_whenever(place, tmp_path):
    other = _checkout(tmp_path / "two")
    first, second = pack(place, alone=True), pack(other, alone=True)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_after_a_change_there_is_a_zip_of_another_name_and_the_former_is_gone(place):
    former = pack(place, alone=True)
    (place.home / "lib" / "starling" / "silver" / "words.json").write_text("[1]")
    latter = pack(place, alone=True)
    assert former != latter
    assert list(place.own.iterdir()) == [latter]


def test_while_another_job_runs_the_zip_it_may_import_from_stays(place):
    former = pack(place, alone=True)
    (place.home / "lib" / "starling" / "silver" / "posts.py").touch()
    latter = pack(place, alone=False)
    assert former.exists()
    assert latter.exists()
