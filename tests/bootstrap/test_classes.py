"""The archive of classes that jobs start from: made once, for whom it fits, and never in the way."""

import os
import shlex
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from bootstrap import classes, launch, local_files
from bootstrap.layout import Layout, layout
from bootstrap.options import split
from bootstrap.toolchain import Java

JAVA = Java(Path("/java"), "17.0.1")


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    """A checkout with an archive."""
    place = Layout(tmp_path / "check out", tmp_path / "venv")
    spark = place.venv / "lib" / "python3.11" / "site-packages" / "pyspark" / "jars" / "spark-core_2.13-4.2.0.jar"
    jars = (place.jars / "spark" / "a-1.jar", place.jars / "spark" / "b-1.jar")
    for file in (spark, *jars, classes.archive(place)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    local_files.jar(place).touch()
    (place.pyspark / "bin").mkdir()
    (place.pyspark / "bin" / "spark-submit").touch(mode=0o755)
    place.conf.mkdir(parents=True)
    (place.conf / "spark-defaults.conf").touch()
    classes.settle(place, JAVA)
    return place


def _submit(place: Layout, *arguments: str, **environ: str) -> tuple[list[str], dict[str, str]]:
    return launch.spark_submit(place, JAVA, split([*arguments, "job.py"]), Path("job.py"), Path("/s.zip"), environ)


def _jvm_options(environ: dict[str, str]) -> list[str]:
    return shlex.split(environ.get("SPARK_SUBMIT_OPTS", ""))


def test_a_local_job_starts_from_the_archive_with_the_settings_that_its_class_path_must_do_without(place):
    command, environ = _submit(place, "--master", "local[2,3]", "--conf", "spark.a=b", SPARK_SUBMIT_OPTS="-Da=b")
    spark = place.jars / "spark"
    assert command[1:] == [
        *("--properties-file", str(place.conf / "spark-defaults.conf")),
        *("--driver-class-path", f"{spark / 'a-1.jar'}:{spark / 'b-1.jar'}"),
        *("--master", "local[2,3]", "--conf", "spark.a=b"),
        *("--jars", f"{spark / 'a-1.jar'},{spark / 'b-1.jar'}", "--py-files", "/s.zip"),
        *local_files.options(place, split(classes.options(place)), {}),
        "job.py",
    ]
    assert list(Path(environ["SPARK_CONF_DIR"]).iterdir()) == []
    assert f"-XX:SharedArchiveFile={classes.archive(place)}" in _jvm_options(environ)
    assert f"-Dlog4j2.configurationFile={place.conf / 'log4j2.properties'}" in _jvm_options(environ)
    assert _jvm_options(environ)[-1] == "-Da=b"


def test_the_tests_start_from_it_too_and_the_jobs_that_they_start(place):
    _, environ = launch.pytest(place, JAVA, [], {})
    said = shlex.split(environ["PYSPARK_SUBMIT_ARGS"])
    assert set(classes.options(place)) <= set(said)
    assert said[-1] == "pyspark-shell"
    _, again = _submit(place, **environ)
    assert again["SPARK_SUBMIT_OPTS"] == environ["SPARK_SUBMIT_OPTS"]
    assert again["SPARK_CONF_DIR"] == environ["SPARK_CONF_DIR"]
    _, elsewhere = _submit(place, "--master", "yarn", **environ)
    assert elsewhere["SPARK_CONF_DIR"] == str(place.conf)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--master", "yarn"],
        ["--driver-class-path", "mine.jar"],
        ["--properties-file", os.devnull],
        ["--conf", "spark.driver.extraClassPath=mine.jar"],
    ],
)
def test_a_job_with_another_class_path_or_spark_elsewhere_starts_without(place, arguments):
    _, environ = _submit(place, *arguments)
    assert "SPARK_SUBMIT_OPTS" not in environ
    assert environ["SPARK_CONF_DIR"] == str(place.conf)


@pytest.mark.parametrize("name", ["core-site.xml", "hive-site.xml", "fairscheduler.xml", "spark-env.sh"])
def test_what_spark_and_hadoop_look_for_in_the_folder_of_settings_is_still_found_there(place, name):
    (place.conf / name).touch()
    assert _submit(place)[1]["SPARK_CONF_DIR"] == str(place.conf)


@pytest.mark.parametrize("chosen", ["SPARK_CONF_DIR", "SPARK_HOME"])
def test_another_spark_or_its_settings_are_not_mixed_with_ours(place, tmp_path, chosen):
    for made in ("jars/spark-core_2.13-4.2.0.jar", "bin/spark-submit"):
        (tmp_path / "mine" / made).parent.mkdir(parents=True)
        (tmp_path / "mine" / made).touch(mode=0o755)
    command, environ = _submit(place, **{chosen: str(tmp_path / "mine")})
    assert not set(classes.options(place)) & set(command) - {"--driver-class-path"}
    assert "SPARK_SUBMIT_OPTS" not in environ


def test_without_the_defaults_a_job_starts_as_it_always_did(place):
    (place.conf / "spark-defaults.conf").unlink()
    assert "--properties-file" not in _submit(place)[0]


def test_without_an_archive_nothing_is_said_of_one(place):
    classes.archive(place).unlink()
    command, environ = _submit(place)
    assert "--properties-file" not in command
    assert "SPARK_SUBMIT_OPTS" not in environ


def test_it_is_made_anew_for_another_java_and_for_other_jars(place):
    assert classes.settled(place, JAVA)
    assert not classes.settled(place, Java(Path("/java"), "17.0.2"))
    for jar in (place.jars / "spark" / "a-1.jar", local_files.jar(place)):
        os.utime(jar, (0, jar.stat().st_mtime - 1))
        assert not classes.settled(place, JAVA)
        classes.settle(place, JAVA)


@pytest.mark.slow
def test_a_set_up_makes_it_for_the_jobs_after_it(offline):
    offline.write("jobs/demo.py", "")
    first, second = offline.run("spark-submit.sh", "demo"), offline.run("spark-submit.sh", "demo")
    assert "classes for jobs to start with" in first.stderr
    assert first.stdout == second.stdout == "demo.py from spark.jsa\n"
    assert second.stderr == ""
    assert sorted(path.name for path in (offline.home / ".venv/starling/classes").iterdir()) == [
        "no-settings",
        "spark.jsa",
        "stamp",
    ]


@pytest.mark.slow
def test_where_it_cannot_be_made_jobs_start_without_and_that_is_said_once(offline):
    offline.write("jobs/demo.py", "")
    (offline.outside / "no-classes").touch()
    first, second = offline.run("spark-submit.sh", "demo"), offline.run("spark-submit.sh", "demo")
    assert "starling: classes for jobs to start with: spark-submit left with exit code 1" in first.stderr
    assert "no room\nJobs do without it, and start some seconds later." in first.stderr
    assert first.stdout == second.stdout == "demo.py from \n"
    assert second.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel what a process has mapped")
def test_the_jvm_takes_it(spark: SparkSession):
    driver = spark._jvm.java.lang.ProcessHandle.current().pid()
    assert str(classes.archive(layout(os.environ))) in Path(f"/proc/{driver}/maps").read_text()
