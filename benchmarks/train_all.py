"""What `jobs/train.py all` costs: seconds, processor time and memory, on the bundled posts and on a grown lake.

`.venv/bin/python benchmarks/train_all.py [--posts N ...] [--work FOLDER] [--json]`; see benchmarks/README.md for what
each number means.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import CHECKOUT, SUBMIT, last_line_of, load, machine, say

DRIVER_MEMORY = "3g"


def main() -> None:
    """Measures, then prints; a child of its own grows the lake."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posts", type=int, nargs="*", default=[100_000], help="sizes of grown lakes [100000]")
    parser.add_argument("--work", help="a work folder that jobs/demo.py has filled; else it fills one")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--grow", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.grow:
        grow(asked.grow[0], asked.grow[1], int(asked.grow[2]))
        return
    with tempfile.TemporaryDirectory(prefix="starling-benchmark-") as name:
        report = measure(Path(name), asked.work, asked.posts)
    print(json.dumps(report, indent=2) if asked.json else table(report))


def measure(folder: Path, work: str | None, sizes: Sequence[int]) -> dict[str, Any]:
    """All numbers, by what was trained on."""
    report: dict[str, Any] = {"machine": machine("pyspark") | {"driver memory": DRIVER_MEMORY}, "trainings": {}}
    if work is None:
        say("the bundled posts")
        work = str(folder / "demo")
        last_line_of([SUBMIT, "jobs/demo.py", "--work", work])
    lake = str(Path(work) / "lake")
    for posts in (0, *sizes):
        name = f"{posts:,} posts" if posts else "the bundled posts"
        say(f"training on {name}")
        place = folder / f"of-{posts}"
        grown = json.loads(last_line_of([SUBMIT, __file__, "--grow", lake, str(place / "lake"), str(posts)]))
        report["trainings"][name] = grown | trained(place)
    report["machine"]["load_after"] = load()
    return report


def trained(work: Path) -> dict[str, Any]:
    """Trains everything with the full grid."""
    load_before, started = load(), time.monotonic()
    command = [SUBMIT, "--driver-memory", DRIVER_MEMORY, "jobs/train.py", "all", "--work", str(work)]
    output = work / "said.txt"
    with output.open("w") as file:
        process = subprocess.Popen(command, cwd=CHECKOUT, stdout=file, stderr=subprocess.STDOUT)
        # Of the process and all below it that it has waited for: the driver's JVM, Python, and Spark's workers.
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, said = time.monotonic() - started, output.read_text()
    if process.returncode:
        sys.exit(f"{' '.join(command)} left with {process.returncode}:\n{said[-2000:]}")
    return {
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / 1024),  # of the largest of these processes, which is the JVM
        "load_before": load_before,
        "versions": len(re.findall(r"^[A-Z][a-z ]+: version \d+ of starling-", said, re.MULTILINE)),
    }


def grow(lake: str, new: str, size: int) -> None:
    """Copies what a training reads until there are about `size` posts, or just copies it.

    A copy has its own ids, authors and text_hash, so that nothing takes it for the same post; its words and counts are
    the post's. So the models say nothing that was not in the bundled posts: only the cost is of interest.
    """
    from pyspark.sql import functions as F

    from starling import delta, session
    from starling.settings import Settings
    from starling.silver import engagement, posts

    spark = session.get("starling benchmark", Settings())
    there = delta.read(spark, posts.TABLE, lake).count()
    copies = spark.range(max(1, round(size / there))).withColumnRenamed("id", "copy")
    for table in (posts.TABLE, engagement.TABLE):
        rows = delta.read(spark, table, lake).crossJoin(F.broadcast(copies))
        names: list[str] = [name for name in ("post_id", "author", "text_hash") if name in table.columns]
        own = {name: F.when(F.col(name).isNotNull(), F.concat_ws("~", name, "copy")) for name in names}
        delta.create(spark, table, new)
        delta.append(rows.withColumns(own), table, new, rows.count())
    print(json.dumps({"posts": delta.read(spark, posts.TABLE, new).count()}))


def table(report: dict[str, Any]) -> str:
    """What was measured, a line each."""
    lines = [f"{'':<20}{'posts':>10}{'clock s':>10}{'CPU s':>10}{'peak MiB':>10}{'load':>8}{'versions':>10}"]
    for name, of in report["trainings"].items():
        seconds = f"{of['wall_seconds']:>10.1f}{of['cpu_seconds']:>10.1f}"
        memory = f"{of['peak_mib']:>10,}{of['load_before']:>8}{of['versions']:>10}"
        lines.append(f"{name:<20}{of['posts']:>10,}{seconds}{memory}")
    return "\n".join([*lines, *(f"{name:<20}{value}" for name, value in report["machine"].items())])


if __name__ == "__main__":
    main()
