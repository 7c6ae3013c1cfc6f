"""What the dashboard costs with millions of posts: time of its pages, memory, and how soon it knows of a commit.

`.venv/bin/python benchmarks/serving.py [--posts N] [--models WORK] [--quick] [--json]`; see benchmarks/README.md for
what each number means.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode, urlsplit

from measuring import CHECKOUT, load, machine, say

POSTS, QUICK_POSTS = 10_000_000, 200_000
RUNS, QUICK_RUNS = 40, 5
COMMITS, QUICK_COMMITS = 20, 3
COMMIT_POSTS = 500
PAUSE_SECONDS = 3.0
# Seconds, of the slowest request in twenty; GiB.
TARGETS = {"page": 0.3, "explore": 1.0, "analyse": 0.3, "live": 2.0}
MEMORY_GIB = 1.5
PAGES = {
    "now": "/",
    "topics": "/topics",
    "a topic": "/topics/3",
    "bursts": "/bursts",
    "bursts by the hour": "/bursts?window=hour&order=newest",
    "trust": "/trust",
    "rejected": "/trust/rejected",
}
FILTERS: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "language": {"lang": "es"},
    "platform": {"platform": "x"},
    "topic": {"topic": "3"},
    "sentiment": {"sentiment": "negative"},
    "a day": {"since": "2026-06-29", "until": "2026-06-30"},
    "frequent hashtag": {"hashtag": "pride"},
    "rare hashtag": {"hashtag": "hrc47"},
    "frequent text": {"text": "good"},
    "text that is nowhere": {"text": "zzzzqq"},
    "topic, language, sentiment": {"topic": "3", "lang": "en", "sentiment": "positive"},
    "text and language": {"text": "china", "lang": "en"},
}
TEXTS = (
    "What a great day at #esa2019! Not bad at all :)",
    "Thank you. Today we are ALL Hongkongers!",
    "China must abide by their human rights obligations. https://t.co/3PJC1776gH #HongKong",
    "good morning everyone, have a nice day",
)


def main() -> None:
    """Measures, then prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posts", type=int, help=f"posts in silver.posts [{POSTS:,}]")
    parser.add_argument("--models", metavar="WORK", help="a work folder with champions, for the form; without: none")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_POSTS:,} posts and few requests")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    sys.path.insert(0, str(CHECKOUT / "lib"))
    with tempfile.TemporaryDirectory() as folder:
        report = measured(Path(folder), asked.posts or (QUICK_POSTS if asked.quick else POSTS), asked)
    print(json.dumps(report) if asked.json else table(report))


def measured(work: Path, posts: int, asked: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    import serving_lake

    report: dict[str, Any] = {"machine": machine("duckdb", "deltalake", "flask", "waitress"), "posts": posts}
    say(f"a lake of {posts:,} posts")
    serving_lake.make(f"{work}/lake", posts)
    if asked.models:
        (work / "mlflow").symlink_to(Path(asked.models).resolve() / "mlflow")
    runs = QUICK_RUNS if asked.quick else RUNS
    say("the index, made anew")
    with serving(work) as server:
        report["first_index_seconds"] = server.ready_seconds
        report["index_gib"] = sum(file.stat().st_size for file in (work / "dashboard").glob("*")) / 2**30
        report["first_index_peak_gib"] = server.memory("VmHWM")
    with serving(work) as server:
        report["next_start_seconds"] = server.ready_seconds
        report["bursts"] = bursts(server)
        pages = {**PAGES, "a burst": report["bursts"]["strongest"]}
        report["pages"] = {name: server.timed(runs, "GET", path) for name, path in pages.items()}
        report["explore"] = {name: server.timed(runs, "GET", f"/explore?{urlencode(f)}") for name, f in FILTERS.items()}
        every = [seconds for figures in report["explore"].values() for seconds in figures.pop("all")]
        report["explore_all"] = spread(every)
        report["analyse"] = spread([s for text in TEXTS for s in server.analysed(runs, text)])
        say("commits")
        report["live"] = spread(list(live(work, server, posts, QUICK_COMMITS if asked.quick else COMMITS)))
        report["memory_gib"], report["peak_gib"] = server.memory("VmRSS"), server.memory("VmHWM")
    report["machine"]["load_after"] = load()
    return report


class Served:
    """A dashboard in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.place = urlsplit(url)
        begun = time.monotonic()
        while self.request("GET", "/ready")[0] != 200:
            time.sleep(0.2)
        self.ready_seconds = time.monotonic() - begun

    def request(self, method: str, path: str, body: str | None = None) -> tuple[int, float]:
        """Status, and seconds until the whole answer was there."""
        connection = HTTPConnection(self.place.hostname or "", self.place.port, timeout=120)
        begun = time.perf_counter()
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        answer.read()
        taken = time.perf_counter() - begun
        connection.close()
        return answer.status, taken

    def timed(self, runs: int, method: str, path: str, body: str | None = None) -> dict[str, Any]:
        """Seconds of so many requests, one after the other, after a first one that is not counted."""
        status, first = self.request(method, path, body)
        if status != 200:
            sys.exit(f"{method} {path} was answered with {status}")
        every = [self.request(method, path, body)[1] for _ in range(runs)]
        say(f"{path}: {1000 * median(every):.0f} ms")
        return {**spread(every), "first": first, "all": every}

    def told(self, path: str) -> Any:
        """The JSON there, once it is."""
        while self.request("GET", path)[0] != 200:
            time.sleep(0.1)
        with urllib.request.urlopen(f"{self.place.geturl().rstrip('/')}{path}") as answer:
            return json.load(answer)

    def analysed(self, runs: int, text: str) -> list[float]:
        """Seconds of analysing a text, at the rate that an address is allowed."""
        found: list[float] = self.timed(runs, "POST", "/api/analyse", json.dumps({"text": text, "followers": 250}))[
            "all"
        ]
        return found

    def memory(self, kind: str) -> float:
        """GiB of the process, VmRSS or VmHWM as Linux has them."""
        found = re.search(rf"^{kind}:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text(), re.MULTILINE)
        assert found is not None
        return int(found[1]) / 2**20


@contextmanager
def serving(work: Path) -> Iterator[Served]:
    """jobs/serve.py on the work folder, until the end of the block."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT / "lib"),
        "STARLING_SERVE_PORT": "0",
        "STARLING_SERVE_ANALYSES_A_MINUTE": "1000000",
    }
    command = [sys.executable, "jobs/serve.py", "--work", str(work)]
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        found = re.search(r"http://\S+", said) or sys.exit(f"the dashboard did not start: {said}")
        yield Served(process, found[0])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def bursts(server: Served) -> dict[str, Any]:
    """How many there are and how long they took to be worked out, and the page of the strongest."""
    begun = time.monotonic()
    found = {window: server.told(f"/api/bursts?window={window}")["bursts"] for window in ("day", "hour")}
    seconds = time.monotonic() - begun
    if not all(found.values()):
        sys.exit("no hashtag rises in this lake: its pages of bursts would be empty")
    strongest = {name: found["day"][0][name] for name in ("hashtag", "since", "until")}
    counts = {window: len(those) for window, those in found.items()}
    return {**counts, "seconds": seconds, "strongest": f"/bursts?{urlencode(strongest)}"}


def live(work: Path, server: Served, posts: int, commits: int) -> Iterator[float]:
    """Seconds from a commit of posts until a page that listens was told of it."""
    import numpy as np

    import serving_lake
    from starling.silver import posts as silver

    listening = urllib.request.urlopen(f"{server.place.geturl()}events", timeout=60)
    told = _changes(listening)
    next(told)
    for number in range(commits):
        first = posts + number * COMMIT_POSTS
        numbers = np.arange(first, first + COMMIT_POSTS)
        rows = serving_lake.posts_of(serving_lake.bundled(), numbers, posts, timedelta(days=90) / posts)
        serving_lake.write(silver.TABLE, f"{work}/lake", rows)
        committed = time.time()
        next(told)
        yield time.time() - committed
        time.sleep(PAUSE_SECONDS)
    listening.close()


def _changes(lines: Any) -> Iterator[None]:
    for line in lines:
        if line.startswith(b"event: change"):
            yield


def spread(every: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the greatest."""
    cuts = quantiles(every, n=20, method="inclusive") if len(every) > 1 else [every[0]] * 19
    return {"p50": median(every), "p95": cuts[18], "most": max(every)}


def table(report: Mapping[str, Any]) -> str:
    """The report for a person."""
    rows = [
        *((f"page: {name}", figures, "page") for name, figures in report["pages"].items()),
        *((f"explore: {name}", figures, None) for name, figures in report["explore"].items()),
        ("explore: all of these", report["explore_all"], "explore"),
        ("a text analysed", report["analyse"], "analyse"),
        ("a commit, until a page is told", report["live"], "live"),
    ]
    lines = [f"{report['posts']:,} posts{'':27}p50, ms    p95, ms   most, ms   wanted: p95"]
    for name, figures, target in rows:
        shown = "".join(f"{1000 * figures[each]:11,.0f}" for each in ("p50", "p95", "most"))
        wanted = (
            f"   {'≤' if figures['p95'] <= TARGETS[target] else 'missed:'} {1000 * TARGETS[target]:,.0f}"
            if target
            else ""
        )
        lines.append(f"{name:<36}{shown}{wanted}")
    rising, first_look = report["bursts"], report["explore"]["none"]["first"]
    lines.append(f"bursts: {rising['day']} of days, {rising['hour']} of hours; all of them: {rising['seconds']:.1f} s")
    lines.append(f"explore without a filter, the first time: {1000 * first_look:,.0f} ms")
    first, after = report["first_index_seconds"], report["next_start_seconds"]
    disk, most = report["index_gib"], report["first_index_peak_gib"]
    lines.append(f"the index made anew: {first:.0f} s, {disk:.1f} GiB on the disk, {most:.2f} GiB of memory at most")
    lines.append(f"the next start: {after:.1f} s")
    lines.append(f"memory: {report['memory_gib']:.2f} GiB, {report['peak_gib']:.2f} at most (wanted: {MEMORY_GIB})")
    lines.append(", ".join(f"{name} {value}" for name, value in report["machine"].items()))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
