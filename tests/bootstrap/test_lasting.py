"""A job that runs for long has another compiler than a short one, unless somebody says otherwise."""

from pathlib import Path

import pytest

from bootstrap import lasting, launch
from bootstrap.layout import CHECKOUT, Layout
from bootstrap.options import read, split
from bootstrap.toolchain import Java

TOLD = ["--driver-java-options", "-XX:Later=1 -XX:+Big"]


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    place = Layout(tmp_path / "checkout", tmp_path / "venv")
    place.conf.mkdir(parents=True)
    (place.conf / "spark-lasting.conf").write_text("# why\nspark.driver.extraJavaOptions  -XX:Later=1 -XX:+Big\n")
    return place


def told(place: Layout, *words: str) -> list[str]:
    return lasting.options(place, split(words))


def test_a_stream_that_runs_for_long_is_told(place: Layout) -> None:
    assert told(place, "jobs/stream.py") == told(place, "--name", "n", "/x/jobs/stream.py", "--work", "w") == TOLD
    assert told(place, "jobs/stream.py", "--backfill") == TOLD


@pytest.mark.parametrize("words", [["jobs/train.py"], ["jobs/train.py", "topics", "--promote"], ["jobs/demo.py"]])
def test_what_trains_models_is_told(place: Layout, words: list[str]) -> None:
    assert told(place, *words) == TOLD


@pytest.mark.parametrize("words", [["jobs/stream.py", "--once"], ["jobs/maintain.py", "check"], ["--version"]])
def test_what_soon_ends_by_itself_is_not(place: Layout, words: list[str]) -> None:
    assert told(place, *words) == []


def test_what_a_person_says_holds(place: Layout, tmp_path: Path) -> None:
    mine = tmp_path / "mine.conf"
    mine.write_text("spark.driver.extraJavaOptions -Dmine=1\n")
    option = "spark.driver.extraJavaOptions=-Dmine=1"
    for words in (["--driver-java-options", "-Dmine=1"], ["--conf", option], ["--properties-file", str(mine)]):
        assert told(place, *words, "jobs/stream.py") == []
    (place.conf / "spark-lasting.conf").unlink()
    assert told(place, "jobs/stream.py") == []


def test_spark_submit_is_told_but_not_where_a_person_has_settings_of_their_own(place: Layout, tmp_path: Path) -> None:
    java, job = Java(Path("/java"), "17.0.1"), Path("jobs/stream.py")
    (place.jars / "spark").mkdir(parents=True)
    (place.venv / "lib" / "python3.11" / "site-packages" / "pyspark").mkdir(parents=True)
    command, _ = launch.spark_submit(place, java, split(["jobs/stream.py"]), job, Path("/s.zip"), {})
    at = command.index("--driver-java-options")
    assert command[at : at + 2] == TOLD
    own = {"SPARK_CONF_DIR": str(tmp_path)}
    command, _ = launch.spark_submit(place, java, split(["jobs/stream.py"]), job, Path("/s.zip"), own)
    assert "--driver-java-options" not in command


def test_both_files_that_are_shipped_give_the_compilers_room_and_one_alone_has_the_second() -> None:
    short, long = (
        read(CHECKOUT / "conf" / f"spark-{name}.conf")["spark.driver.extraJavaOptions"].split()
        for name in ("defaults", "lasting")
    )
    assert {"-XX:ReservedCodeCacheSize=256m", "-XX:+UseParallelGC"} <= {*short} & {*long}
    assert ("-XX:TieredStopAtLevel=1" in short, "-XX:TieredStopAtLevel=1" in long) == (True, False)
