"""Finds a Java that Spark runs on."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.progress import SetupError

WANTED = (17, 21)
# Where installers put Javas that are not on the PATH.
FOLDERS = (
    "/usr/lib/jvm/*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk@*",
    "/usr/local/opt/openjdk@*",
    "~/.sdkman/candidates/java/*",
)
HOW_TO_INSTALL = """Install one:
  Debian, Ubuntu:  apt-get install openjdk-17-jre-headless    (or openjdk-21-jre-headless)
  Fedora:          dnf install java-21-openjdk-headless
  macOS:           brew install openjdk@17
or name one that is elsewhere: JAVA_HOME=/path/to/java"""


@dataclass(frozen=True)
class Java:
    """A Java and what it says its version is, for example 17.0.15."""

    home: Path
    version: str

    @property
    def fits(self) -> bool:
        """Whether Spark runs on it."""
        return major(self.version) in WANTED

    def __str__(self) -> str:
        """Version and place, for a person."""
        return f"Java {self.version} ({self.home})"


def major(version: str) -> int:
    """The number that people call a Java by.

    >>> major("17.0.15"), major("21-ea"), major("1.8.0_392"), major("none")
    (17, 21, 8, 0)
    """
    found = re.match(r"(?:1\.)?(\d+)", version)
    return int(found[1]) if found else 0


def find_java(environ: Mapping[str, str], folders: Iterable[str] = FOLDERS) -> Java | None:
    """The Java of JAVA_HOME, else the one on the PATH, else one in the usual folders; None when none of these fits.

    Raises SetupError when JAVA_HOME names none that fits: what was asked for is never replaced in silence.
    """
    if environ.get("JAVA_HOME"):
        return _given(Path(environ["JAVA_HOME"]).expanduser())
    return next((java for java in _installed(environ, folders) if java.fits), None)


def missing(environ: Mapping[str, str], folders: Iterable[str] = FOLDERS) -> SetupError:
    """What to say when `find_java` finds none."""
    others = ", ".join(str(java) for java in _installed(environ, folders)) or "no Java"
    return SetupError(f"Java 17 or 21 is needed, and there is {others}. {HOW_TO_INSTALL}")


def check_runs(java: Java) -> None:
    """Raises SetupError when a Java that looks right does not start."""
    binary = java.home / "bin" / "java"
    if _ask(binary) is None:
        raise SetupError(f"{java} does not run: try `{binary} -version`. {HOW_TO_INSTALL}")


def _given(home: Path) -> Java:
    binary = home / "bin" / "java"
    if not os.access(binary, os.X_OK):
        raise SetupError(f"JAVA_HOME={home}: there is no bin/java in it that can be run; Java 17 or 21 is needed")
    java = _at(binary)
    if java is None:
        raise SetupError(f"JAVA_HOME={home}: its Java does not run: try `{binary} -version`; Java 17 or 21 is needed")
    if not java.fits:
        raise SetupError(f"JAVA_HOME={home} is Java {java.version}; Java 17 or 21 is needed")
    return Java(home, java.version)


def _installed(environ: Mapping[str, str], folders: Iterable[str]) -> Iterable[Java]:
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    homes = sorted({home.resolve() for folder in folders for home in _matching(Path(folder).expanduser())})
    binaries = [Path(on_path).resolve()] if on_path else []
    binaries += [home / "bin" / "java" for home in homes]
    found = (_at(binary) for binary in dict.fromkeys(binaries) if os.access(binary, os.X_OK))
    return (java for java in found if java)


def _matching(pattern: Path) -> Iterable[Path]:
    return Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))


def _at(binary: Path) -> Java | None:
    """Reads the release file, which takes no time; asks Java itself where there is none beside it, as with shims."""
    home = binary.parents[1]
    try:
        found = re.search(r'^JAVA_VERSION="(.+?)"', (home / "release").read_text(), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        found = None
    return Java(home, found[1]) if found else _ask(binary)


def _ask(binary: Path) -> Java | None:
    """The Java that answers when `binary` is run, perhaps another than the one at that place; None if none does."""
    command = [str(binary), "-XshowSettings:properties", "-version"]
    try:
        said = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r'version "(.+?)"', said.stderr)
    home = re.search(r"java\.home = (.+)", said.stderr)
    if said.returncode or not version:
        return None
    return Java(Path(home[1]) if home else binary.parents[1], version[1])
