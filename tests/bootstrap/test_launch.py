"""The command and the environment that the set-up hands over to."""

import shlex
from pathlib import Path

import pytest

from bootstrap import launch, local_files
from bootstrap.layout import Layout
from bootstrap.options import split
from bootstrap.progress import SetupError
from bootstrap.toolchain import Java

JAVA = Java(Path("/java"), "17.0.1")


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    place = Layout(tmp_path / "check out", tmp_path / "venv")
    for jar in ("spark/a-1.jar", "spark/b-1.jar", "broker/k-1.jar"):
        (place.jars / jar).parent.mkdir(parents=True, exist_ok=True)
        (place.jars / jar).touch()
    _spark(place.venv / "lib" / "python3.11" / "site-packages" / "pyspark", "2.13-4.2.0")
    place.conf.mkdir(parents=True)
    return place


def _spark(home: Path, version: str) -> Path:
    (home / "jars").mkdir(parents=True)
    (home / "jars" / f"spark-core_{version}.jar").touch()
    (home / "bin").mkdir()
    (home / "bin" / "spark-submit").touch(mode=0o755)
    return home


def _submit(place: Layout, *arguments: str, **environ: str) -> tuple[list[str], dict[str, str]]:
    submission = split([*arguments, "job.py", "--flag", "two words"])
    return launch.spark_submit(place, JAVA, submission, Path("jobs/job.py"), Path("/s.zip"), environ)


def test_a_job_gets_our_jars_and_sources_and_its_own_arguments_last(place):
    command, _ = _submit(place, "--name", "n")
    spark = place.jars / "spark"
    assert command == [
        str(place.pyspark / "bin" / "spark-submit"),
        *("--name", "n", "--jars", f"{spark / 'a-1.jar'},{spark / 'b-1.jar'}", "--py-files", "/s.zip"),
        *local_files.options(place, split([]), {}),
        *("jobs/job.py", "--flag", "two words"),
    ]


def test_a_job_whose_executors_are_elsewhere_reaches_files_as_they_do(place):
    command, _ = _submit(place, "--master", "yarn")
    assert not any("starling.files" in word or "local-files" in word for word in command)


def test_a_persons_class_path_is_kept_before_ours(place):
    command, _ = _submit(place, "--driver-class-path", "mine.jar")
    last = len(command) - 1 - command[::-1].index("--driver-class-path")
    assert command[last + 1] == f"mine.jar:{local_files.jar(place)}"


def test_a_local_job_finds_everything_in_its_environment_and_keeps_the_rest(place):
    _, environ = _submit(place, LANG="C", PYSPARK_PYTHON="/other/python", PYSPARK_DRIVER_PYTHON="jupyter")
    assert environ == {
        "LANG": "C",
        "STARLING_HOME": str(place.home),
        "STARLING_JARS": str(place.jars),
        "JAVA_HOME": "/java",
        "SPARK_HOME": str(place.pyspark),
        "SPARK_CONF_DIR": str(place.conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": str(place.python),
        "PYSPARK_DRIVER_PYTHON": str(place.python),
    }


def test_what_a_person_chose_holds(place, tmp_path):
    spark = _spark(tmp_path / "spark", "2.13-4.2.1")
    chosen = {"SPARK_HOME": str(spark), "SPARK_CONF_DIR": str(tmp_path), "SPARK_LOCAL_IP": "127.0.0.2"}
    command, environ = _submit(place, **chosen)
    assert chosen.items() <= environ.items()
    assert command[0] == str(spark / "bin" / "spark-submit")


@pytest.mark.parametrize("where", ["the command line", "spark-defaults.conf"])
def test_with_a_master_elsewhere_the_driver_can_be_reached_and_the_workers_python_be_another(place, where):
    if where == "spark-defaults.conf":
        (place.conf / where).write_text("spark.master yarn\n")
    arguments = ["--master", "yarn"] if where == "the command line" else []
    _, environ = _submit(place, *arguments, PYSPARK_PYTHON="/workers/python")
    assert "SPARK_LOCAL_IP" not in environ
    assert environ["PYSPARK_PYTHON"] == "/workers/python"
    assert environ["PYSPARK_DRIVER_PYTHON"] == str(place.python)
    _, environ = _submit(place, *arguments, SPARK_LOCAL_IP="10.0.0.1")
    assert environ["SPARK_LOCAL_IP"] == "10.0.0.1"
    assert environ["PYSPARK_PYTHON"] == str(place.python)


def test_a_driver_in_the_cluster_gets_the_settings_file_and_no_path_of_this_machine(place):
    command, environ = _submit(place, "--master", "yarn", "--deploy-mode", "cluster", "--files", "mine.txt")
    assert command[command.index("--files") + 1] == f"{place.conf / 'starling.toml'},mine.txt"
    assert "spark.yarn.appMasterEnv.STARLING_CONFIG=starling.toml" in command
    assert environ.keys().isdisjoint({"PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "SPARK_LOCAL_IP"})


def test_a_driver_here_is_not_sent_the_settings_file(place):
    command, _ = _submit(place, "--master", "yarn")
    assert "--files" not in command


def test_a_persons_properties_come_on_top_of_ours_not_in_their_place(place, tmp_path):
    (tmp_path / "mine").write_text("spark.jars mine.jar\n")
    command, _ = _submit(place, "--properties-file", str(tmp_path / "mine"))
    assert "--load-spark-defaults" in command[: command.index("jobs/job.py")]
    assert command[command.index("--jars") + 1].endswith(",mine.jar")


@pytest.mark.parametrize("version", ["2.13-3.5.1", "2.12-4.2.0", "2.13-4.1.0"])
def test_a_spark_that_our_jars_do_not_fit_is_refused(place, tmp_path, version):
    spark = _spark(tmp_path / "spark", version)
    with pytest.raises(SetupError, match=f"SPARK_HOME={spark} is Spark {version}; .* the 2.13-4.2.0"):
        _submit(place, SPARK_HOME=str(spark))


def test_a_spark_home_without_a_spark_is_refused(place, tmp_path):
    with pytest.raises(SetupError, match="holds no Spark"):
        _submit(place, SPARK_HOME=str(tmp_path))


def test_the_tests_get_the_same_spark_through_the_environment(place):
    command, environ = launch.pytest(place, JAVA, ["-k", "one or two"], {"PYTHONPATH": "/mine", "PATH": "/bin"})
    assert command == [str(place.python), "-m", "pytest", "-k", "one or two"]
    jars = f"{place.jars / 'spark' / 'a-1.jar'},{place.jars / 'spark' / 'b-1.jar'}"
    said = shlex.split(environ["PYSPARK_SUBMIT_ARGS"])
    files = local_files.options(place, split([]), {})
    assert said == ["--jars", jars, "--driver-memory", "2g", *files, "pyspark-shell"]
    assert environ["PYTHONPATH"] == f"{place.home / 'lib'}:/mine"
    assert environ["PATH"] == f"{place.venv / 'bin'}:/bin"
    assert environ["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert environ["STARLING_JARS"] == str(place.jars)
