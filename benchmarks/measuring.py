"""What the benchmarks share: where the checkout is, what it runs on, and how a command of it is asked."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SUBMIT = str(CHECKOUT / "spark-submit.sh")


def machine(*packages: str) -> dict[str, str]:
    """The machine, what runs on it, with the versions of the packages, and how busy it is before the measuring."""
    return {
        "cpu": f"{len(os.sched_getaffinity(0))} x {cpu_model()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": " ".join((os.uname().sysname, os.uname().release, os.uname().machine)),
        "python": sys.version.split()[0],
        **{package: version(package) for package in packages},
        "load_before": load(),
    }


def cpu_model() -> str:
    """As Linux names it."""
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else os.uname().machine


def load() -> str:
    """How many processes wanted a core in the last minute."""
    return f"{os.getloadavg()[0]:.2f}"


def last_line_of(command: Sequence[str]) -> str:
    """What a command of the checkout says last; where it fails, this program ends with what it said."""
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT / "lib")}
    ended = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(command)} left with {ended.returncode}:\n{(ended.stderr or ended.stdout)[-2000:]}")
    return ended.stdout.strip().rpartition("\n")[2]


def say(what: str) -> None:
    """A line for the person who waits."""
    print(what, file=sys.stderr, flush=True)
