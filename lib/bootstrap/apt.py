"""Installs what pip cannot where that needs no asking: as root on Debian or Ubuntu."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap.progress import Setup, SetupError

JAVA = ("openjdk-17-jre-headless", "openjdk-21-jre-headless")


def may_install(os_release: Path = Path("/etc/os-release"), user: int | None = None) -> bool:
    """Whether this is root on Debian, Ubuntu, or a system that calls itself like one of them."""
    try:
        names = re.findall(r"^ID(?:_LIKE)?=(.*)$", os_release.read_text(), re.MULTILINE)
    except OSError:
        return False
    return (os.geteuid() if user is None else user) == 0 and not {"debian", "ubuntu"}.isdisjoint(_words(names))


def install(setup: Setup, what: str, packages: Sequence[str], environ: Mapping[str, str], remedy: str) -> None:
    """Installs the first of the packages that apt offers. Raises SetupError, with the remedy, when it offers none."""
    environ = {**environ, "DEBIAN_FRONTEND": "noninteractive"}
    with setup.step(f"{what} is missing, so apt-get (as root) installs it"):
        setup.run(["apt-get", "update"], environ, remedy)
        package = next((name for name in packages if _offered(name, environ)), None)
        if package is None:
            raise SetupError(f"apt offers none of {', '.join(packages)}. {remedy}")
        setup.run(["apt-get", "install", "--yes", "--no-install-recommends", package], environ, remedy)


def _words(values: list[str]) -> set[str]:
    return {word for value in values for word in value.strip("\"'").split()}


def _offered(package: str, environ: Mapping[str, str]) -> bool:
    """Whether apt has a version to install."""
    command = ["apt-cache", "policy", package]
    said = subprocess.run(command, env={**environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False).stdout
    return re.search(r"Candidate: (?!\(none\))", said) is not None
