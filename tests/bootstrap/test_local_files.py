"""The classes for this machine's files: compiled once, told to Spark, and not where somebody chose others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap import local_files
from bootstrap.layout import Layout
from bootstrap.options import split
from bootstrap.progress import Setup, SetupError
from bootstrap.toolchain import Java

# Writes what it was told to compile where it was told to; without sources it fails, as the compiler does.
SCALAC = """#!/bin/sh
for last; do [ "$before" = -d ] && target=$last; before=$last; done
case $last in *.scala) cat "$last" > "$target";; *) echo nothing to compile; exit 1;; esac
"""
CHOSEN = [
    *("--conf", "spark.hadoop.fs.file.impl=io.starling.files.LocalFiles"),
    *("--conf", "spark.hadoop.fs.AbstractFileSystem.file.impl=io.starling.files.LocalContext"),
]


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    place = Layout(tmp_path / "checkout", tmp_path / "venv")
    place.own.mkdir(parents=True)
    (place.home / "lib" / "jvm").mkdir(parents=True)
    (place.home / "lib" / "jvm" / "LocalFiles.scala").write_text("class A")
    (place.venv / "lib" / "python3.11" / "site-packages" / "pyspark" / "jars").mkdir(parents=True)
    return place


@pytest.fixture
def java(fake_java: Callable[..., Path]) -> Java:
    return Java(fake_java("java", "17.0.1", SCALAC), "17.0.1")


def test_they_are_compiled_once_and_anew_when_their_source_or_spark_changes(
    place: Layout, java: Java, setup: Setup
) -> None:
    assert not local_files.ready(place)
    local_files.build(place, java, setup, {})
    assert local_files.ready(place)
    assert local_files.jar(place).read_text() == "class A"

    (place.home / "lib" / "jvm" / "LocalFiles.scala").write_text("class B")
    assert not local_files.ready(place)
    local_files.build(place, java, setup, {})
    assert local_files.jar(place).read_text() == "class B"

    (place.pyspark / "jars" / "hadoop-client-api-9.jar").touch()
    assert not local_files.ready(place)
    local_files.build(place, java, setup, {})
    assert list(place.own.glob("*.jar")) == [local_files.jar(place)]


def test_what_does_not_compile_ends_the_set_up_with_what_the_compiler_said(
    place: Layout, java: Java, setup: Setup
) -> None:
    (place.home / "lib" / "jvm" / "LocalFiles.scala").unlink()
    with pytest.raises(
        SetupError, match=r"this machine's files: java left with exit code 1(.|\n)* nothing to compile\n"
    ):
        local_files.build(place, java, setup, {})
    assert not local_files.ready(place)


@pytest.mark.parametrize(
    ("given", "before"),
    [
        ([], []),
        (["--driver-class-path", "a.jar", "--driver-class-path", "b.jar:c.jar"], ["b.jar", "c.jar"]),
        (["--conf", "spark.driver.extraClassPath=d.jar"], ["d.jar"]),
        (["--conf", "spark.driver.extraClassPath=d.jar", "--driver-class-path", "e.jar"], ["e.jar"]),
    ],
)
def test_they_come_after_what_is_on_the_class_path_already(place: Layout, given: list[str], before: list[str]) -> None:
    submission = split(given)
    properties = dict(value.split("=") for value in submission.values("--conf"))
    class_path = ":".join([*before, str(local_files.jar(place))])
    assert local_files.options(place, submission, properties) == ["--driver-class-path", class_path, *CHOSEN]


def test_somebodys_own_classes_for_files_are_left_to_them(place: Layout) -> None:
    assert local_files.options(place, split([]), {"spark.hadoop.fs.file.impl": "mine.Files"}) == []
