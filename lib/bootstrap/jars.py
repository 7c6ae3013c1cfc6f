"""The jars of conf/ivy.xml, fetched by the Ivy that comes with Spark and checked against conf/jars.sha256."""

import hashlib
import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from bootstrap.layout import Layout
from bootstrap.locking import exclusive
from bootstrap.progress import Setup, SetupError
from bootstrap.toolchain import Java

CONFIGURATIONS = ("spark", "broker")
STAMP = "stamp"
# Ivy itself would wait for ever on a connection that has gone silent.
TIMEOUTS = ("-Dsun.net.client.defaultConnectTimeout=30000", "-Dsun.net.client.defaultReadTimeout=60000")


def ready(layout: Layout) -> bool:
    """Whether the jars are those that conf/ivy.xml and conf/jars.sha256 ask for."""
    try:
        stamped = (layout.jars / STAMP).read_text() == _digest(layout)
    except OSError:
        return False
    return stamped and _present(layout.jars) == set(_expected(layout))


def for_spark(layout: Layout) -> list[str]:
    """The paths of the jars that every job gets."""
    return [str(jar) for jar in sorted((layout.jars / "spark").glob("*.jar"))]


def resolve(layout: Layout, java: Java, setup: Setup, environ: Mapping[str, str]) -> None:
    """Fetches what Ivy's cache lacks. Raises SetupError when a jar is not the one whose digest is known."""
    fetched = layout.own / "jars.part"
    cache = Path.home() / ".ivy2"
    shutil.rmtree(fetched, ignore_errors=True)
    waiting = f"Waiting for another set-up that writes to {cache}."
    with setup.step("jars for Spark and Kafka"), exclusive(cache / "starling.lock", waiting):
        setup.run(_ivy(layout, java, cache, fetched), environ)
    _check(layout, fetched, cache)
    (fetched / STAMP).write_text(_digest(layout))
    shutil.rmtree(layout.jars, ignore_errors=True)
    fetched.rename(layout.jars)


def _ivy(layout: Layout, java: Java, cache: Path, target: Path) -> list[str | Path]:
    """Ivy would take its cache's place from the password database, where HOME may say otherwise."""
    pattern = f"{target}/[conf]/[artifact]-[revision].[ext]"
    return [
        *(java.home / "bin" / "java", *TIMEOUTS, f"-Divy.default.ivy.user.dir={cache}"),
        *("-jar", next((layout.pyspark / "jars").glob("ivy-*.jar")), "-ivy", layout.conf / "ivy.xml"),
        *("-confs", *CONFIGURATIONS, "-types", "jar", "bundle", "-retrieve", pattern),
    ]


def _check(layout: Layout, fetched: Path, cache: Path) -> None:
    """Leaves what was found beside the jars, for whoever changed conf/ivy.xml on purpose."""
    expected, found = _expected(layout), {name: _sha256(fetched / name) for name in sorted(_present(fetched))}
    listing = layout.own / "jars.sha256"
    listing.write_text("".join(f"{digest}  {name}\n" for name, digest in found.items()))
    wrong = [name for name in sorted(expected.keys() | found.keys()) if expected.get(name) != found.get(name)]
    if wrong:
        wanted, got = expected.get(wrong[0], "nothing"), found.get(wrong[0], "nothing")
        renew = shlex.join(["cp", str(listing), str(layout.conf / "jars.sha256")])
        raise SetupError(
            f"{wrong[0]}: conf/jars.sha256 wants SHA-256 {wanted}, what came has {got}; remove the file of that name "
            f"from {cache / 'cache'} and run again. After a change of conf/ivy.xml on purpose: {renew}"
        )


def _expected(layout: Layout) -> dict[str, str]:
    lines = (layout.conf / "jars.sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line)}


def _present(folder: Path) -> set[str]:
    return {os.fspath(jar.relative_to(folder)) for jar in folder.glob("*/*")}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(layout: Layout) -> str:
    return "".join(_sha256(path) for path in (Path(__file__), layout.conf / "ivy.xml", layout.conf / "jars.sha256"))
