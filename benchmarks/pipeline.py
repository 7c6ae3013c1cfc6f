"""From a full Kafka topic to silver: posts a second of the stream, and of others that write the same columns.

`.venv/bin/python benchmarks/pipeline.py [--quick] [--json]`; see benchmarks/README.md for what each number means.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pipeline_packages as packages
from demo import adopt_orphans, children_cpu_seconds, reap_orphans
from measuring import CHECKOUT, SUBMIT, last_line_of, load, machine, say
from pipeline_contenders import BATCH, Contender, contenders
from pipeline_load import PARTITIONS, Load, filled, kafka
from pipeline_proof import Proof, prove

ROUNDS = 5
POSTS, FEW_POSTS = 1_000_000, 200_000
QUICK_POSTS = 20_000
PROOF_POSTS = 5_000
TARGETS = {"a": 8.0, "b": 3.0, "c": 4.0}
_SAID_CHARACTERS = 2_000


@dataclass(frozen=True)
class Run:
    """One drain: seconds by the clock in it and of the whole command, and processor seconds of the whole command."""

    drain_seconds: float
    wall_seconds: float
    cpu_seconds: float
    load_before: float


def main() -> None:
    """Proves, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_POSTS:,} posts, once, and no others for the proof"
    )
    parser.add_argument("--posts", type=int, help=f"posts to drain; (a) and (c) at most {FEW_POSTS:,} of them")
    parser.add_argument("--rounds", type=int, help="how often each drains them")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    posts = asked.posts or (QUICK_POSTS if asked.quick else POSTS)
    rounds = asked.rounds or (0 if asked.quick else ROUNDS)
    sys.path.insert(0, str(CHECKOUT / "lib"))
    with tempfile.TemporaryDirectory(prefix="starling-benchmark-") as name:
        report = measure(Path(name), posts, rounds)
    print(json.dumps(report, indent=2) if asked.json else "\n".join(rows(report)))


def measure(folder: Path, posts: int, rounds: int) -> dict[str, Any]:
    """All numbers; everything that the runs leave behind is in `folder`."""
    last_line_of([SUBMIT, "--version"])  # the set-up, which is no part of a run
    python, no_pathway = packages.python()
    taking_part = contenders(python, with_pathway=not no_pathway)
    about = machine("pyspark", "delta-spark") | packages.versions(python)
    with kafka(folder) as servers:
        # From here on, what detaches itself from a run is waited for; the broker, which did so before, is not.
        adopt_orphans()
        about["java"] = java()
        load_proof = filled(servers, "proof", PROOF_POSTS if rounds else posts)
        proof, runs = proved(taking_part, load_proof, folder)
        loads = {False: load_proof, True: load_proof}
        if rounds:
            loads[False] = filled(servers, "posts", posts)
            loads[True] = filled(servers, "few", FEW_POSTS) if posts > FEW_POSTS else loads[False]
            runs = interleaved(taking_part, loads, folder, rounds)
    figures = {each.name: figures_of(each, loads[each.few], runs[each.name]) for each in taking_part}
    return {
        "proof": asdict(proof),
        "left_out": {"c": no_pathway} if no_pathway else {},
        "partitions": PARTITIONS,
        "our_micro_batch": BATCH,
        "contenders": figures,
        "ratios": ratios(figures),
        "machine": {**about, "load_after": load()},
    }


def proved(taking_part: Sequence[Contender], posts: Load, folder: Path) -> tuple[Proof, dict[str, list[Run]]]:
    """Ends this program where two do not write the same; and each one's run."""
    outputs, runs = {}, {}
    for contender in taking_part:
        say(f"proving {contender.title}")
        with tempfile.TemporaryDirectory(dir=folder) as out:
            runs[contender.name] = [drained(contender, posts, Path(out))]
            outputs[contender.name] = contender.scored(Path(out))
    return prove(posts, outputs), runs


def interleaved(
    taking_part: Sequence[Contender], loads: Mapping[bool, Load], folder: Path, rounds: int
) -> dict[str, list[Run]]:
    """Each one's runs; they take turns, each round begun by another one."""
    runs: dict[str, list[Run]] = {contender.name: [] for contender in taking_part}
    for turn in range(rounds):
        first = turn % len(taking_part)
        for contender in (*taking_part[first:], *taking_part[:first]):
            say(f"round {turn + 1} of {rounds}: {contender.title}")
            with tempfile.TemporaryDirectory(dir=folder) as out:
                runs[contender.name].append(drained(contender, loads[contender.few], Path(out)))
    return runs


def drained(contender: Contender, posts: Load, out: Path) -> Run:
    """One run, which ends this program where it fails or does not write each post once."""
    command = contender.command(posts, out)
    before, cpu, started = os.getloadavg()[0], children_cpu_seconds(), time.monotonic()
    ended = subprocess.run(
        command.words, env=dict(command.environ), cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    wall = time.monotonic() - started
    reap_orphans()
    cpu = children_cpu_seconds() - cpu
    if ended.returncode:
        said = (ended.stdout + ended.stderr)[-_SAID_CHARACTERS:]
        sys.exit(f"{contender.title} left with {ended.returncode}:\n{said}")
    ids = contender.scored(out)["post_id"]
    if len(ids) != posts.posts or len(ids.unique()) != posts.posts:
        sys.exit(f"{contender.title} wrote {len(ids):,} rows of {len(ids.unique()):,} posts, out of {posts.posts:,}")
    return Run(contender.seconds(out), wall, cpu, before)


def java() -> str:
    """The version of the Java that all JVMs run on."""
    from starling.broker import kraft

    said = subprocess.run([kraft.java(), "-version"], capture_output=True, text=True, check=True)
    return said.stderr.partition("\n")[0]


# --- figures


def figures_of(contender: Contender, posts: Load, runs: Sequence[Run]) -> dict[str, Any]:
    """The medians of its runs, and the runs."""
    drain, wall, cpu = (
        median(getattr(run, name) for run in runs) for name in ("drain_seconds", "wall_seconds", "cpu_seconds")
    )
    return {
        "title": contender.title,
        "posts": posts.posts,
        "posts_per_second": posts.posts / drain,
        "drain_seconds": drain,
        "start_up_seconds": median(run.wall_seconds - run.drain_seconds for run in runs),
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "cpu_us_per_post": 1e6 * cpu / posts.posts,
        "runs": [asdict(run) for run in runs],
    }


def ratios(figures: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """How many times as fast ours is as each other one."""
    ours = figures["ours"]
    return {
        name: {
            "by_wall": ours["posts_per_second"] / theirs["posts_per_second"],
            "by_cpu": theirs["cpu_us_per_post"] / ours["cpu_us_per_post"],
            "target_by_wall": TARGETS.get(name),
        }
        for name, theirs in figures.items()
        if name != "ours"
    }


# --- what is printed


_COLUMNS = {
    "posts": ("posts", 0),
    "posts_per_second": ("posts/s", 0),
    "drain_seconds": ("drain s", 1),
    "start_up_seconds": ("start-up s", 1),
    "wall_seconds": ("command s", 1),
    "cpu_seconds": ("CPU s", 1),
    "cpu_us_per_post": ("CPU µs/post", 0),
}


def rows(report: Mapping[str, Any]) -> Iterator[str]:
    """The table, the ratios and where we lose, the proof, the machine."""
    yield f"{'':<32}" + "".join(f"{head:>13}" for head, _ in _COLUMNS.values())
    for name, of_one in report["contenders"].items():
        cells = (f"{of_one[column]:,.{digits}f}" for column, (_, digits) in _COLUMNS.items())
        yield f"{name:<6}{of_one['title']:<26}" + "".join(f"{cell:>13}" for cell in cells)
    yield from (f"{name:<6}left out, for it cannot be installed: {why}" for name, why in report["left_out"].items())
    for name, ratio in report["ratios"].items():
        yield (
            f"ours to {name}: {ratio['by_wall']:.2f} times the posts a second by the clock{_verdict(ratio)}, "
            f"{ratio['by_cpu']:.2f} times by processor time"
        )
    for how, words in (("by_wall", "by the clock"), ("by_cpu", "by processor time")):
        lost = [f"({name})" for name, ratio in report["ratios"].items() if ratio[how] < 1]
        yield f"we lose {words} to {', '.join(lost) or 'none'}"
    proof, about = report["proof"], report["machine"]
    yield f"proof: the same {proof['posts']:,} ids and four scores of {proof['scored']:,} from all"
    yield f"       {proof['undetermined']:,} of no stated language, of which ours found {proof['detected']:,} English"
    rounds = len(report["contenders"]["ours"]["runs"])
    yield f"rounds {rounds}, partitions {report['partitions']}, micro-batches of ours {report['our_micro_batch']:,}"
    yield from (f"{name:<18} {value}" for name, value in about.items())


def _verdict(ratio: Mapping[str, float | None]) -> str:
    wanted, found = ratio["target_by_wall"], ratio["by_wall"] or 0.0
    return "" if wanted is None else f" (target {wanted:.0f}: {'met' if found >= wanted else 'missed'})"


if __name__ == "__main__":
    main()
