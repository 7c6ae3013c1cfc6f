"""How Spark reaches this machine's files: by the classes of lib/jvm, which also say what Hadoop's own lack.

They are compiled by the Scala compiler that comes with Spark. Only drivers that run Spark on this machine get them:
others' executors would have to have them too.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from bootstrap.layout import Layout
from bootstrap.options import Submission
from bootstrap.progress import Setup
from bootstrap.toolchain import Java

_CLASSES = {
    "spark.hadoop.fs.file.impl": "io.starling.files.LocalFiles",
    "spark.hadoop.fs.AbstractFileSystem.file.impl": "io.starling.files.LocalContext",
}
_COMPILER = ("scala-compiler", "scala-library", "scala-reflect")
_NEEDED = ("hadoop-client-api", "hadoop-client-runtime", "scala-library")
_FLAGS = ("-deprecation", "-Xlint", "-Werror")


def jar(layout: Layout) -> Path:
    """The compiled classes, in a file named by the digest of what they are made from."""
    made_from = [Path(__file__).read_bytes(), *(source.read_bytes() for source in _sources(layout))]
    names = [jar.name.encode() for jar in _of_spark(layout, *_COMPILER, *_NEEDED)]
    return layout.own / f"local-files-{hashlib.sha256(b'|'.join([*made_from, *names])).hexdigest()[:16]}.jar"


def ready(layout: Layout) -> bool:
    """Whether the classes are compiled."""
    return jar(layout).is_file()


def build(layout: Layout, java: Java, setup: Setup, environ: Mapping[str, str]) -> None:
    """Makes `ready` true; a job that runs keeps the jar that it has opened."""
    target = jar(layout)
    part = target.with_suffix(".part.jar")
    with setup.step("classes for this machine's files"):
        setup.run(_scalac(layout, java, part), environ)
    for former in set(layout.own.glob("local-files-*.jar")) - {part}:
        former.unlink()
    part.rename(target)


def options(layout: Layout, submission: Submission, properties: Mapping[str, str]) -> list[str]:
    """What spark-submit is told besides `submission`, which holds; nothing, where somebody has chosen other classes."""
    if any(name in properties for name in _CLASSES):
        return []
    given = submission.values("--driver-class-path") or [properties.get("spark.driver.extraClassPath", "")]
    class_path = ":".join(filter(None, [given[-1], str(jar(layout))]))
    chosen = [word for name, value in _CLASSES.items() for word in ("--conf", f"{name}={value}")]
    return ["--driver-class-path", class_path, *chosen]


def _scalac(layout: Layout, java: Java, target: Path) -> list[str | Path]:
    compiler, needed = (":".join(map(str, _of_spark(layout, *names))) for names in (_COMPILER, _NEEDED))
    scalac: list[str | Path] = [java.home / "bin" / "java", "-cp", compiler, "scala.tools.nsc.Main", *_FLAGS]
    return [*scalac, "-cp", needed, "-d", target, *_sources(layout)]


def _sources(layout: Layout) -> list[Path]:
    return sorted((layout.home / "lib" / "jvm").glob("*.scala"))


def _of_spark(layout: Layout, *names: str) -> list[Path]:
    """Spark's own jars of these names, whatever their versions."""
    return [jar for name in names for jar in sorted((layout.pyspark / "jars").glob(f"{name}[-_]*.jar"))]
