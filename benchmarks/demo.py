"""What the first command costs: seconds, processor time and memory of the set-up and of the demo.

`.venv/bin/python benchmarks/demo.py [--cold] [--json]`; see benchmarks/README.md for what each number means.
"""

import argparse
import ctypes
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from measuring import CHECKOUT, SUBMIT, machine, say

SETUP_RUNS = 5
DEMO_RUNS = 3
SAMPLE_SECONDS = 0.1
_DRIVER = "org.apache.spark.deploy.SparkSubmit"
_PR_SET_CHILD_SUBREAPER = 36
_TABLES_SHOWN = "Ledger: balanced"
_BATCH = re.compile(r"^batch \d+: ([\d,]+) records in ([\d.]+) s ", re.MULTILINE)
# A cold set-up keeps the person's network (an index, a proxy), and none of their caches and settings.
_FORGOTTEN = ("XDG_CACHE_HOME", "PIP_CACHE_DIR", "STARLING_VENV", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass
class Driver:
    """What was seen of the JVM in which Spark's driver ran."""

    java: str = ""
    max_heap: str = "its default"
    peak_mib: float = 0.0


@dataclass(frozen=True)
class Run:
    """One demo: seconds by the clock and of the processors, its driver, and what it says that it did."""

    wall_seconds: float
    tables_seconds: float  # of these, until the tables and the ledger are shown: the rest are the trainings
    cpu_seconds: float
    driver: Driver
    records: int
    batch_seconds: float
    load_before: float


@dataclass
class Report:
    """All numbers; a list has one for each run."""

    machine: dict[str, str]
    cold_setup_seconds: float | None = None
    listing_seconds: list[float] = field(default_factory=list)
    setup_check_seconds: list[float] = field(default_factory=list)
    demos: list[Run] = field(default_factory=list)
    second_run: Run | None = None


def main() -> None:
    """Measures, then prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cold", action="store_true", help="set up a fresh clone too, which downloads about 600 MB")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    adopt_orphans()
    report = Report(machine("pyspark"))
    with tempfile.TemporaryDirectory(prefix="starling-benchmark-") as name:
        measure(report, Path(name), cold=asked.cold)
    lines = (f"{name:<50} {value}" for name, value in rows(report))
    print(json.dumps(asdict(report), indent=2) if asked.json else "\n".join(lines))


def measure(report: Report, folder: Path, *, cold: bool) -> None:
    """Fills in the report; everything that the runs leave behind is in `folder`."""
    submit, environ = SUBMIT, {**os.environ, "SPARK_HOME": str(stand_in_spark(folder))}
    if cold:
        say("cold set-up")
        report.cold_setup_seconds = cold_setup(folder, environ)
    say("set-up, when nothing changed")
    report.listing_seconds = [seconds([submit], environ) for _ in range(SETUP_RUNS)]
    report.setup_check_seconds = [seconds([submit, "--version"], environ) for _ in range(SETUP_RUNS)]
    for number in range(DEMO_RUNS):
        say(f"demo {number + 1} of {DEMO_RUNS}")
        report.demos.append(demo(folder / f"work-{number}"))
    say("demo once more in the same folder")
    report.second_run = demo(folder / f"work-{DEMO_RUNS - 1}")
    said = subprocess.run([report.second_run.driver.java, "-version"], capture_output=True, text=True, check=True)
    report.machine["java"] = said.stderr.partition("\n")[0]


# --- the set-up


def stand_in_spark(folder: Path) -> Path:
    """A SPARK_HOME that passes for ours and whose spark-submit does nothing, so that what is left is the set-up."""
    home = folder / "stand-in-spark"
    ours = next(Path(sys.prefix).glob("lib/python3*/site-packages/pyspark/jars/spark-core_*.jar"))
    (home / "jars").mkdir(parents=True)
    (home / "jars" / ours.name).touch()
    (home / "bin").mkdir()
    (home / "bin" / "spark-submit").symlink_to(shutil.which("true") or "/bin/true")
    return home


def cold_setup(folder: Path, environ: Mapping[str, str]) -> float:
    """Seconds of the set-up in a fresh clone, for somebody whose home folder is empty."""
    clone, home = folder / "clone", folder / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(clone)], check=True)
    kept = {name: value for name, value in environ.items() if name not in _FORGOTTEN}
    python = f"{sys.base_prefix}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    cold = {**kept, "HOME": str(home), "STARLING_PYTHON": python}
    return seconds([str(clone / "spark-submit.sh"), "--version"], cold)


def seconds(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """How long a command of the set-up takes."""
    started = time.monotonic()
    ended = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False)
    took = time.monotonic() - started
    if ended.returncode:
        sys.exit(f"{' '.join(command)} left with {ended.returncode}:\n{ended.stderr[-2000:]}")
    return took


# --- the demo


def demo(work: Path) -> Run:
    """One demo in a work folder."""
    load = os.getloadavg()[0]
    cpu_before, started = children_cpu_seconds(), time.monotonic()
    command = [SUBMIT, "jobs/demo.py", "--work", str(work)]
    # spark-submit hands on both outputs of a job as one.
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        watch = Watch(process.pid)
        said, tables = "", 0.0
        for line in process.stdout or ():
            said += line
            if line.startswith(_TABLES_SHOWN):
                tables = time.monotonic() - started
        code = process.wait()
        wall = time.monotonic() - started
    driver = watch.end()
    reap_orphans()
    if code:
        sys.exit(f"the demo left with {code}:\n{said[-2000:]}")
    batches = [(int(records.replace(",", "")), float(took)) for records, took in _BATCH.findall(said)]
    return Run(
        wall_seconds=wall,
        tables_seconds=tables,
        cpu_seconds=children_cpu_seconds() - cpu_before,
        driver=driver,
        records=sum(records for records, _ in batches),
        batch_seconds=sum(took for _, took in batches),
        load_before=load,
    )


class Watch(threading.Thread):
    """Looks at the driver among a process and its descendants until it is told to end."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._over = threading.Event()
        self._driver = Driver()
        self.start()

    def run(self) -> None:
        """Looks, again and again."""
        while not self._over.wait(SAMPLE_SECONDS):
            for pid in descendants(self._root):
                try:
                    self._look_at(Path(f"/proc/{pid}"))
                except OSError:  # it has ended meanwhile
                    continue

    def end(self) -> Driver:
        """What was seen."""
        self._over.set()
        self.join()
        return self._driver

    def _look_at(self, process: Path) -> None:
        arguments = process.joinpath("cmdline").read_text().split("\0")
        if _DRIVER not in arguments:
            return
        peak = re.search(r"^VmHWM:\s*(\d+) kB$", process.joinpath("status").read_text(), re.MULTILINE)
        self._driver.peak_mib = int(peak[1]) / 1024 if peak else self._driver.peak_mib
        self._driver.java = str(process.joinpath("exe").readlink())
        heap = [argument.removeprefix("-Xmx") for argument in arguments if argument.startswith("-Xmx")]
        self._driver.max_heap = heap[-1] if heap else self._driver.max_heap


def descendants(root: int) -> Iterator[int]:
    """A process and what descends from it, as far as they are there."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    waiting = [root]
    while waiting:
        yield (pid := waiting.pop())
        waiting += parents.get(pid, [])


# --- processor time


def adopt_orphans() -> None:
    """The embedded broker detaches itself; as a subreaper this process is who its time is told to (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans() -> None:
    """Waits for what detached itself from a run that has ended."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def children_cpu_seconds() -> float:
    """User and system time of all processes under this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- what is printed


def rows(report: Report) -> Iterator[tuple[str, str]]:
    """Name and value of each line."""
    cold = report.cold_setup_seconds
    yield "set-up, cold", "not measured (--cold)" if cold is None else f"{cold:.1f} s"
    yield "set-up, nothing changed: the list of jobs", spread(report.listing_seconds, "s", 2)
    yield "set-up, nothing changed: the check before a job", spread(report.setup_check_seconds, "s", 2)
    demos = report.demos
    yield "demo, by the clock", spread([run.wall_seconds for run in demos], "s")
    yield "demo, until the tables and the ledger are shown", spread([run.tables_seconds for run in demos], "s")
    yield "demo, processor time of all its processes", spread([run.cpu_seconds for run in demos], "s")
    yield "demo, records a second from start to end", spread([run.records / run.wall_seconds for run in demos], "/s", 0)
    yield (
        "demo, records a second in its micro-batches",
        spread([run.records / run.batch_seconds for run in demos], "/s", 0),
    )
    yield "demo, peak resident memory of the driver", spread([run.driver.peak_mib for run in demos], "MiB", 0)
    yield "demo, largest heap the driver may have", demos[0].driver.max_heap
    again = report.second_run
    if again:
        yield "demo, once more in the same folder", f"{again.wall_seconds:.1f} s, processors {again.cpu_seconds:.1f} s"
    yield "records", f"{demos[0].records:,}"
    yield "load before each demo", ", ".join(f"{run.load_before:.2f}" for run in demos)
    yield from report.machine.items()


def spread(values: Sequence[float], unit: str, digits: int = 1) -> str:
    """The median, and between which values it lies: "2.0 s (1.0 to 3.0)"."""
    middle, least, most = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return f"{middle} {unit} ({least} to {most})"


if __name__ == "__main__":
    main()
