"""The Spark session: the given one where there is one, else one from conf/spark-defaults.conf."""

import signal
import threading
from pathlib import Path
from typing import Any

from py4j.java_gateway import java_import
from py4j.protocol import Py4JJavaError
from pyspark import SparkConf
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from starling.errors import ConfigError
from starling.failures import in_one_line
from starling.settings import Settings

# What every function and column goes through, and where the path to every class begins.
_SHORT_NAMES = (
    "org.apache.spark.sql.functions",
    "org.apache.spark.api.python.PythonUtils",
    "org.apache.spark.sql.api.python.PythonSQLUtils",
    "org.apache.spark.api.python.SimplePythonFunction",
    "io",
    "java",
    "org",
    "py4j",
    "scala",
)
_DELTA = "io.delta.sql.DeltaSparkSessionExtension"


def get(name: str, settings: Settings, *, lasts: bool = False) -> SparkSession:
    """A session that reads Delta and counts hours in UTC.

    A notebook's own session is used as it is; a new one writes its log to `logs/spark.log` in the work folder, of which
    one that `lasts`, until it is stopped, keeps only the newest 80 MB.
    Raises ConfigError where Delta is missing, and where no Spark comes about.
    """
    given = SparkSession.getActiveSession()
    spark = given or _made(name)
    if _DELTA not in (spark.conf.get("spark.sql.extensions", None) or ""):
        raise ConfigError(
            "this Spark session has no Delta: start the job with ./spark-submit.sh, or give spark-submit "
            f"--conf spark.sql.extensions={_DELTA} and the jars of conf/ivy.xml"
        )
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    if given is None:
        jvm = spark.sparkContext._jvm  # the only door to what Spark runs in
        _name_classes(jvm)
        _hush_delta(jvm)
        log_to(spark, Path(settings.paths.work).resolve() / "logs", rolling=lasts)
    return spark


def _made(name: str) -> SparkSession:
    """A new session. It takes Ctrl-C for itself, to cancel all that runs; a job that has its own handler keeps it."""
    ours = signal.getsignal(signal.SIGINT)
    try:
        spark = SparkSession.builder.appName(name).getOrCreate()
    except (Py4JJavaError, PySparkException) as error:
        master = SparkConf().get("spark.master", "a local master")
        raise ConfigError(
            f"Spark did not start on {master}: {in_one_line(error)}; see that a master is there, and that it and this "
            "job have the same spark.authenticate.secret, or none (docs/cluster.md)"
        ) from error
    if ours is not signal.default_int_handler and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, ours)
    return spark


def _name_classes(jvm: Any) -> None:
    """Says where PySpark's own short names lead, and that the first words of long ones lead to packages.

    Else Java looks for each of them, every time, through all jars in a dozen packages: hundreds of times a stream. To
    find that `org` is no class took 3.7 ms and takes 0.5, and an exception, which is compared with two dozen classes to
    be raised in Python, 62 ms and 14.
    """
    for name in _SHORT_NAMES:
        java_import(jvm, name)


def _hush_delta(jvm: Any) -> None:
    """Delta prints what a vacuum has deleted, into whatever a job prints; who calls it says so."""
    nowhere = jvm.java.io.PrintStream(jvm.java.io.OutputStream.nullOutputStream())
    getattr(getattr(jvm.scala, "Console$"), "MODULE$").setOutDirect(nowhere)


def log_to(spark: SparkSession, folder: Path, *, rolling: bool) -> None:
    """Has Spark's log written to spark.log in the folder, the newest 80 MB of it alone if `rolling`.

    conf/log4j2.properties keeps quiet until it is told the folder, which only the settings know.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jvm: Any = spark.sparkContext._jvm
    jvm.java.lang.System.setProperty("starling.logs", str(folder))
    jvm.java.lang.System.setProperty("starling.log", "rolling" if rolling else "plain")
    jvm.org.apache.logging.log4j.core.config.Configurator.reconfigure()
