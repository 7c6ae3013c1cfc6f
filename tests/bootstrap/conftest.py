"""What the set-up's tests share: a checkout of its own for each, where the real scripts run, and nothing is fetched."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bootstrap.layout import CHECKOUT
from bootstrap.locking import exclusive
from bootstrap.progress import Setup

SCRIPTS = ("spark-submit.sh", "tests/run.sh", "lib/bootstrap.sh", "lib/bootstrap", "lib/starling/errors.py")
CHOSEN_BY_THE_PERSON = ("STARLING_", "SPARK_", "PYSPARK_", "JAVA_HOME", "PIP_")

# A source archive that its own code turns into a wheel, after waiting for as long as a file named `pause` is there.
BACKEND = """
import os, time, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    pause = os.environ["TEST_PAUSE"]
    open(pause + ".reached", "w").close()
    while os.path.exists(pause):
        time.sleep(0.05)
    name, info = "pyspark-4.2.0-py3-none-any.whl", "pyspark-4.2.0.dist-info"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("pyspark/__init__.py", "")
        wheel.writestr("pyspark/jars/ivy-1.0.jar", "")
        submit = zipfile.ZipInfo("pyspark/bin/spark-submit")
        submit.external_attr = 0o100755 << 16
        wheel.writestr(submit, os.environ["TEST_SPARK_SUBMIT"])
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: pyspark\\nVersion: 4.2.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
# Says what it runs and from which archive of classes; makes the archive where the JVM would.
SPARK_SUBMIT = """#!/bin/sh
for job; do case $job in */jobs/*) break;; esac; done
eval "set -- $SPARK_SUBMIT_OPTS"
for option; do
    case $option in
        -XX:SharedArchiveFile=*) archive=${option#*=};;
        -XX:ArchiveClassesAtExit=*) [ -e "$HOME/no-classes" ] && { echo no room; exit 1; }; echo > "${option#*=}";;
    esac
done
echo "${job##*/} from ${archive##*/}"
"""
METADATA = "Metadata-Version: 2.1\nName: pyspark\nVersion: 4.2.0\n"

# Says it is Java 17; makes the jar that the Scala compiler would make; asked for jars, it writes two where Ivy would
# have put them.
JAVA = """#!/bin/sh
[ "$1" = -XshowSettings:properties ] && { echo 'openjdk version "17.0.1"' >&2; exit; }
for last; do [ "$before" = -d ] && { echo compiled > "$last"; exit; }; before=$last; done
folder=${last%%/\\[conf\\]*}
mkdir -p "$folder/spark" "$folder/broker"
echo for Spark > "$folder/spark/a-1.jar"
echo for Kafka > "$folder/broker/b-1.jar"
"""
JARS = {"broker/b-1.jar": b"for Kafka\n", "spark/a-1.jar": b"for Spark\n"}


class Checkout:
    """A copy of the scripts with jobs, locks and jars of the test's choosing."""

    def __init__(self, home: Path, outside: Path) -> None:
        self.home = home
        self.outside = outside
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith(CHOSEN_BY_THE_PERSON)}
        self.environ |= {"HOME": str(outside), "STARLING_PYTHON": sys.executable}
        for name in SCRIPTS:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
            copy(CHECKOUT / name, home / name)
        (home / "lib/starling/__init__.py").write_text('"""A package."""\n')
        (home / "jobs").mkdir()
        (home / "conf" / "lock").mkdir(parents=True)

    def write(self, name: str, text: str) -> Path:
        path = self.home / name
        path.write_text(text)
        return path

    def command(self, script: str, *arguments: str) -> list[str]:
        return ["/bin/bash", str(self.home / script), *arguments]

    def run(self, script: str, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Runs a script as a person would; a test that hangs is stopped by its time limit."""
        command = self.command(script, *arguments)
        environ = self.environ | environ
        return subprocess.run(command, env=environ, cwd=self.outside, capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    outside = tmp_path / "a home"
    outside.mkdir()
    return Checkout(tmp_path / "a checkout", outside)


@pytest.fixture
def fake_java(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder for JAVA_HOME: with a release file, a bin/java, or both."""

    def make(name: str, release: str = "", script: str = "") -> Path:
        home = tmp_path / name
        (home / "bin").mkdir(parents=True)
        if release:
            (home / "release").write_text(f'IMPLEMENTOR="Somebody"\nJAVA_VERSION="{release}"\n')
        (home / "bin" / "java").write_text(script or "#!/bin/sh\nexit 1\n")
        (home / "bin" / "java").chmod(0o755)
        return home

    return make


@pytest.fixture
def offline(checkout: Checkout, fake_java: Callable[..., Path], tmp_path: Path) -> Iterator[Checkout]:
    """A checkout whose locks and jars are small and made here: real virtual environments, the real pip, no network."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    pause = tmp_path / "pause"
    lock = "".join(f"{line}\n" for line in (_sdist(wheels), _wheel(wheels, "needed")))
    checkout.write("conf/lock/build.txt", f"{_wheel(wheels, 'tools')}\n")
    checkout.write("conf/lock/run.txt", lock)
    checkout.write("conf/lock/dev.txt", f"{lock}{_wheel(wheels, 'linter')}\n")
    checkout.write("conf/ivy.xml", "<ivy-module/>\n")
    checkout.write("conf/spark-defaults.conf", "")
    checkout.write("conf/jars.sha256", "".join(f"{_sha256(jar)}  {name}\n" for name, jar in JARS.items()))
    checkout.environ |= {
        "JAVA_HOME": str(fake_java("java-17", release="17.0.1", script=JAVA)),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "TEST_PAUSE": str(pause),
        "TEST_SPARK_SUBMIT": SPARK_SUBMIT,
        # What must not hold: it would put the packages elsewhere.
        "PIP_TARGET": str(tmp_path / "elsewhere"),
        "PIP_USER": "1",
        "PYTHONPATH": str(tmp_path / "elsewhere"),
    }
    yield checkout
    pause.unlink(missing_ok=True)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sdist(folder: Path) -> str:
    path = folder / "pyspark-4.2.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (("backend.py", BACKEND), ("pyproject.toml", PYPROJECT), ("PKG-INFO", METADATA)):
            member = tarfile.TarInfo(f"pyspark-4.2.0/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return f"pyspark==4.2.0 \\\n    --hash=sha256:{_sha256(path.read_bytes())}"


def _wheel(folder: Path, name: str) -> str:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return f"{name}==1.0 \\\n    --hash=sha256:{_sha256(path.read_bytes())}"


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    """A set-up in the middle of its work."""
    with exclusive(tmp_path / "lock", "") as lock:
        yield Setup(tmp_path / "setup.log", lock)
