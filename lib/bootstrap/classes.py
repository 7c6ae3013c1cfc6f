"""The classes that jobs start with, in an archive that the JVM maps: else it reads and checks 20,000 from the jars.

This is the JVM's own class data sharing (JEP 350), for jobs whose driver runs Spark on this machine. An archive fits
one Java, one class path and these very jars; one that does not fit, the JVM leaves aside. It refuses class paths with
a folder that is not empty, as Spark's folder of settings is: jobs are told what lies there in other ways.
"""

import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path

from bootstrap import jars, local_files
from bootstrap.layout import Layout
from bootstrap.options import Submission
from bootstrap.toolchain import Java

# An archive that no longer fits is not worth a warning in every job.
_SILENT = "-Xlog:cds*=off"
# What a person may put beside our settings, to be found on the class path or by Spark's scripts.
_FOUND_THERE = ("*-site.xml", "fairscheduler.xml", "metrics.properties", "spark-env.sh")


def archive(layout: Layout) -> Path:
    """The archive; some 230 MB."""
    return layout.classes / "spark.jsa"


def settled(layout: Layout, java: Java) -> bool:
    """Whether an archive was made for this Java and these jars, or was found impossible."""
    try:
        return _stamp(layout).read_text(encoding="utf-8") == _made_from(layout, java)
    except OSError:
        return False


def settle(layout: Layout, java: Java) -> None:
    """Makes `settled` true, until Java or the jars change."""
    _stamp(layout).write_text(_made_from(layout, java), encoding="utf-8")


def fit(layout: Layout, submission: Submission, properties: Mapping[str, str]) -> bool:
    """Whether a local job would have the class path that archives are made with, and miss nothing."""
    theirs = submission.has("--driver-class-path", "--properties-file") or "spark.driver.extraClassPath" in properties
    there = (layout.conf / "spark-defaults.conf").is_file()
    return there and not theirs and not any(path for name in _FOUND_THERE for path in layout.conf.glob(name))


def options(layout: Layout) -> list[str]:
    """What spark-submit is told in place of the folder of settings; with Delta and Kafka on the class path."""
    defaults = layout.conf / "spark-defaults.conf"
    return ["--properties-file", str(defaults), "--driver-class-path", ":".join(jars.for_spark(layout))]


def environment(layout: Layout, environ: Mapping[str, str], making: Path | None = None) -> dict[str, str]:
    """What Spark's scripts are told, to start from the archive; or to leave a new one in the file `making`."""
    layout.no_settings.mkdir(parents=True, exist_ok=True)
    use = f"-XX:ArchiveClassesAtExit={making}" if making else f"-XX:SharedArchiveFile={archive(layout)}"
    said = shlex.join([f"-Dlog4j2.configurationFile={layout.conf / 'log4j2.properties'}", _SILENT, use])
    given = environ.get("SPARK_SUBMIT_OPTS", "")
    return {
        "SPARK_CONF_DIR": str(layout.no_settings),
        "SPARK_SUBMIT_OPTS": given if said in given else f"{said} {given}".strip(),
    }


def _stamp(layout: Layout) -> Path:
    return layout.classes / "stamp"


def _made_from(layout: Layout, java: Java) -> str:
    """The JVM compares the jars' times as well."""
    theirs = [path for folder in (layout.pyspark / "jars", layout.jars / "spark") for path in folder.glob("*.jar")]
    times = [f"{path} {path.stat().st_mtime_ns}" for path in [*sorted(theirs), local_files.jar(layout)]]
    own = [Path(__file__).read_text(encoding="utf-8"), str(java), *times]
    return hashlib.sha256("\n".join(own).encode()).hexdigest()
