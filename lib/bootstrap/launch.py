"""Hands over to spark-submit or pytest: their command line and their environment."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from bootstrap import classes, jars, lasting, local_files
from bootstrap.layout import Layout
from bootstrap.options import Submission, extended, is_cluster, is_local, properties, split
from bootstrap.progress import SetupError
from bootstrap.toolchain import Java

LOOPBACK = "127.0.0.1"
# How a driver that runs elsewhere is told that the settings file lies in its working folder.
DRIVER_ENVIRONMENTS = ("spark.yarn.appMasterEnv", "spark.kubernetes.driverEnv")


def environment(layout: Layout, java: Java, environ: Mapping[str, str]) -> dict[str, str]:
    """What a local Spark needs; where a person may choose, the choice in `environ` holds."""
    python = str(layout.python)
    return {
        **environ,
        "STARLING_HOME": str(layout.home),
        "STARLING_JARS": str(layout.jars),
        "JAVA_HOME": str(java.home),
        "SPARK_HOME": str(_spark_home(layout, environ)),
        "SPARK_CONF_DIR": str(_conf(layout, environ)),
        "SPARK_LOCAL_IP": environ.get("SPARK_LOCAL_IP") or LOOPBACK,
        "PYSPARK_PYTHON": python,
        "PYSPARK_DRIVER_PYTHON": python,
    }


def spark_submit(
    layout: Layout, java: Java, submission: Submission, job: Path | None, package: Path, environ: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The command that runs a job, and its environment."""
    child = environment(layout, java, environ)
    known = properties(submission, _conf(layout, environ))
    additions = {"--jars": jars.for_spark(layout), "--py-files": [str(package)]}
    if not is_local(submission, known):  # other machines must reach the driver, and may keep their Python elsewhere
        _as_given(child, environ, "SPARK_LOCAL_IP")
        if environ.get("PYSPARK_PYTHON"):
            _as_given(child, environ, "PYSPARK_PYTHON")
    extra: list[str] = []
    if is_cluster(submission, known):
        _as_given(child, environ, "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON")
        additions["--files"] = [str(layout.conf / "starling.toml")]
        extra += _settings_in_cluster(known)
    if submission.has("--properties-file"):  # or spark-defaults.conf would be left out, and Delta with it
        extra.append("--load-spark-defaults")
    options = extended(submission, known, additions)
    if child["SPARK_CONF_DIR"] == str(layout.conf):
        options = [*lasting.options(layout, submission), *options]
    if is_local(submission, known):
        if _archived(layout, child, submission, known):
            options = [*classes.options(layout), *options]
            child |= classes.environment(layout, environ)
        options += local_files.options(layout, split(options), known)
    work = [str(job), *submission.arguments] if job else []
    return [f"{child['SPARK_HOME']}/bin/spark-submit", *options, *extra, *work], child


def pytest(
    layout: Layout, java: Java, arguments: Sequence[str], environ: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The command that runs the tests, and its environment, in which the Python workers find the sources."""
    child = sources_first(layout, environment(layout, java, environ))
    spark = ["--jars", ",".join(jars.for_spark(layout)), "--driver-memory", "2g"]
    bare = split(())
    known = properties(bare, _conf(layout, environ))
    if _archived(layout, child, bare, known):
        spark += classes.options(layout)
        child |= classes.environment(layout, environ)
    spark += local_files.options(layout, split(spark), known)
    child["PYSPARK_SUBMIT_ARGS"] = shlex.join([*spark, "pyspark-shell"])
    return [str(layout.python), "-m", "pytest", *arguments], child


def sources_first(layout: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which Python imports from lib, and commands are first looked for in the virtual environment."""
    return {
        **environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(layout.home / "lib"), environ.get("PYTHONPATH")])),
        "PATH": os.pathsep.join(filter(None, [str(layout.python.parent), environ.get("PATH")])),
    }


def become(command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Ends this process by turning it into another. Python ignores SIGPIPE, which others should not inherit."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.stdout.flush()
    os.execvpe(command[0], list(command), dict(environ))  # noqa: S606 -- no shell is wanted


def _settings_in_cluster(known: Mapping[str, str]) -> list[str]:
    names = [f"{prefix}.STARLING_CONFIG" for prefix in DRIVER_ENVIRONMENTS]
    return [word for name in names if name not in known for word in ("--conf", f"{name}=starling.toml")]


def _conf(layout: Layout, environ: Mapping[str, str]) -> Path:
    """Spark's settings: of the folder that a person named, which tests that run from an archive did not."""
    given = Path(environ.get("SPARK_CONF_DIR") or layout.conf)
    return layout.conf if given == layout.no_settings else given


def _archived(layout: Layout, child: Mapping[str, str], submission: Submission, known: Mapping[str, str]) -> bool:
    """Whether the driver can start from the archive of classes: it is there, and nothing is said that it lacks."""
    ours = child["SPARK_HOME"] == str(layout.pyspark) and child["SPARK_CONF_DIR"] == str(layout.conf)
    return ours and classes.archive(layout).is_file() and classes.fit(layout, submission, known)


def _as_given(child: dict[str, str], environ: Mapping[str, str], *names: str) -> None:
    for name in names:
        child.pop(name)
        child |= {name: environ[name]} if name in environ else {}


def _spark_home(layout: Layout, environ: Mapping[str, str]) -> Path:
    """SPARK_HOME, when it is a Spark that our jars fit; without it the one among the packages."""
    if not environ.get("SPARK_HOME"):
        return layout.pyspark
    home = Path(environ["SPARK_HOME"])
    wanted, found = _spark_version(layout.pyspark), _spark_version(home)
    if not os.access(home / "bin" / "spark-submit", os.X_OK) or not found:
        raise SetupError(f"SPARK_HOME={home} holds no Spark; unset it to use the Spark {wanted} that Starling brings")
    if found.rpartition(".")[0] != wanted.rpartition(".")[0]:
        raise SetupError(f"SPARK_HOME={home} is Spark {found}; unset it to use the {wanted} that Starling brings")
    return home


def _spark_version(home: Path) -> str:
    """The versions of Scala and Spark, as in 2.13-4.2.0: the jars must fit both."""
    cores = [re.fullmatch(r"spark-core_(.+)\.jar", path.name) for path in home.glob("jars/spark-core_*.jar")]
    return next((core[1] for core in cores if core), "")
