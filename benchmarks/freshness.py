"""How old a post is when it can be seen: seconds from the producer to silver and to gold, at a steady rate.

`.venv/bin/python benchmarks/freshness.py [--rate N] [--seconds N] [--quick] [--json]`; see benchmarks/README.md for
what each number means.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from live import GOLD, Batch, Sender, Stream, batches, commits, counted, counted_records, records, streaming
from made_posts import made_posts
from measuring import CHECKOUT, load, machine, say
from pipeline_load import kafka
from training import cpu_seconds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Seconds = npt.NDArray[np.float64]

RATE, SECONDS, QUICK_SECONDS = 500, 600, 60
WARM_UP_SECONDS = 30
TOPIC = "starling.posts"
SHARES = (50, 95, 99)
# Seconds, by table and percentile; and of the driver's heap, GiB.
TARGETS = {"silver": {50: 3.0, 95: 6.0}, "gold": {95: 12.0}}
HEAP_GIB = 2.0
_FIRST_POSTS = 20
_LEAD_SECONDS = 2.0


@dataclass(frozen=True)
class Sent:
    """What the producer sent: all posts with those of the warm-up, and the measured ones, the first and the last."""

    posts: int
    measured: int
    first_at: float
    last_at: float


def main() -> None:
    """Measures, then prints; a process of its own sends the posts, so that nothing here slows it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=int, default=RATE, help=f"posts a second [{RATE}]")
    parser.add_argument("--seconds", type=int, help=f"how long, after the warm-up [{SECONDS}]")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SECONDS} s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--send", metavar="SERVERS", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    seconds = asked.seconds or (QUICK_SECONDS if asked.quick else SECONDS)
    sys.path.insert(0, str(CHECKOUT / "lib"))
    if asked.send:
        produce(asked.send, asked.rate, seconds)
        return
    with tempfile.TemporaryDirectory(prefix="starling-benchmark-") as name:
        report = measure(Path(name), asked.rate, seconds)
    print(json.dumps(report, indent=2) if asked.json else "\n".join(rows(report)))


def measure(folder: Path, rate: int, seconds: int) -> dict[str, Any]:
    """All numbers; everything that the run leaves behind is in `folder`."""
    about = machine("pyspark", "delta-spark")
    with kafka(folder) as servers, streaming(folder / "work", servers, STARLING_KAFKA_TOPIC=TOPIC) as stream:
        say("the stream starts")
        first = sent_first(servers)
        stream.wait_until(lambda: records(stream.lake, TOPIC), first)
        sent, cpu = measured(stream, servers, rate, seconds)
        say("the last posts are waited for")
        stream.wait_until(lambda: records(stream.lake, TOPIC), first + sent.posts)
        stream.wait_until(lambda: counted_records(stream.lake, TOPIC), first + sent.posts)
        driver = stream.driver()
    lake = folder / "work" / "lake"
    refuse_miscounts(lake, first + sent.posts)
    took = sent.last_at - sent.first_at
    of_run = [batch for batch in batches(lake, TOPIC) if sent.first_at <= batch.started_at <= sent.last_at]
    return {
        "rate": rate,
        "seconds": seconds,
        "posts": sent.measured,
        "posts_per_second": (sent.measured - 1) / took,
        "ages": ages(lake, sent),
        "batches": of_batches(of_run),
        "driver": asdict(driver),
        "cpu_seconds": cpu,
        "cores": cpu / took,
        "machine": {**about, "load_after": load()},
    }


def of_batches(of_run: list[Batch]) -> dict[str, float]:
    """Medians of the micro-batches that began while posts were sent."""
    between = [after.started_at - before.started_at for before, after in pairwise(of_run)]
    return {
        "count": len(of_run),
        "median_seconds": median(batch.seconds for batch in of_run),
        "longest_seconds": max(batch.seconds for batch in of_run),
        "median_seconds_between_starts": median(between),
        "median_records": median(batch.records for batch in of_run),
    }


# --- the posts


def sent_first(servers: str) -> int:
    """A few posts, by whose batch it is seen that the stream runs."""
    sender = Sender(servers, TOPIC)
    for post in islice(made_posts(datetime.now(timezone.utc) - timedelta(seconds=60), 1), _FIRST_POSTS):
        sender.send(post)
    return sender.close()


def measured(stream: Stream, servers: str, rate: int, seconds: int) -> tuple[Sent, float]:
    """What was sent, and the processor time of the stream's processes while it was, without the warm-up's."""
    command = [sys.executable, __file__, "--send", servers, "--rate", str(rate), "--seconds", str(seconds)]
    say(f"warm-up: {rate:,} posts a second for {WARM_UP_SECONDS} s")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as producer:
        try:
            assert producer.stdout is not None, "it was asked for"
            producer.stdout.readline()
            before = cpu_seconds(stream.process.pid)
            say(f"measuring: {rate:,} posts a second for {seconds:,} s")
            said = producer.stdout.read()
            cpu = cpu_seconds(stream.process.pid) - before
        finally:
            producer.terminate()
    if not said:
        sys.exit("the producer has ended before the end")
    return Sent(**json.loads(said)), cpu


def produce(servers: str, rate: int, seconds: int) -> None:
    """Sends each post when it is due, which its created_at says too; one that is late is sent at once."""
    sender = Sender(servers, TOPIC)
    start = datetime.now(timezone.utc) + timedelta(seconds=_LEAD_SECONDS)
    before, times = WARM_UP_SECONDS * rate, []
    for number, post in enumerate(islice(made_posts(start, rate), before + seconds * rate)):
        sender.wait_until(start.timestamp() + number / rate)
        at = sender.send(post)
        if number == before:
            print("the warm-up is over", flush=True)
        if number >= before:
            times.append(at.timestamp())
    print(json.dumps(asdict(Sent(sender.close(), len(times), times[0], times[-1]))))


# --- what became of them


def refuse_miscounts(lake: Path, sent: int) -> None:
    """Ends this program where silver has not each post once, or the ledger says otherwise."""
    from deltalake import DeltaTable

    ids = DeltaTable(lake / "silver" / "posts").to_pyarrow_table(columns=["post_id"])["post_id"]
    in_ledger = sum(batch.posts for batch in batches(lake, TOPIC))
    if not sent == len(ids) == len(ids.unique()) == in_ledger:
        sys.exit(
            f"{sent:,} posts sent, {len(ids):,} rows of {len(ids.unique()):,} posts in silver.posts, "
            f"{in_ledger:,} posts in the ledger"
        )


def ages(lake: Path, sent: Sent) -> dict[str, dict[str, float]]:
    """By where a measured post came to: percentiles of the seconds since it was handed to the producer.

    `late` are the seconds by which it was handed over after it was due.
    """
    import numpy as np

    seen = seen_in_silver(lake)
    chosen = seen["sent_at"] >= sent.first_at - 1e-6  # both are floats
    partition, offset, due, sent_at, silver = (values[chosen] for values in seen.values())
    if len(offset) != sent.measured:
        sys.exit(f"{len(offset):,} of {sent.measured:,} measured posts are found in the files of silver.posts")
    gold = np.maximum(*(counted_at(lake, table, partition, offset) for table in GOLD))
    if np.isinf(gold).any():
        sys.exit(f"gold has not counted {int(np.isinf(gold).sum()):,} posts")
    found = {"late": sent_at - due, "silver": silver - sent_at, "gold": gold - sent_at}
    return {
        name: {f"p{share}": float(np.percentile(of_one, share)) for share in SHARES} | {"most": float(of_one.max())}
        for name, of_one in found.items()
    }


def seen_in_silver(lake: Path) -> "dict[str, Seconds]":
    """Of each post, in seconds since 1970: when it was due, sent, and to be seen; and where it stands in Kafka."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = {"partition": "partition", "offset": "offset", "due": "created_at", "sent_at": "collected_at"}
    parts: dict[str, list[Any]] = {name: [] for name in (*names, "silver")}
    for commit in commits(lake / "silver" / "posts"):
        for file in commit.added:
            added = pq.read_table(file, columns=list(names.values()))
            for name, column in names.items():
                values = added[column]
                if pa.types.is_timestamp(values.type):
                    parts[name].append(values.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy() / 1e6)
                else:
                    parts[name].append(values.to_numpy())
            parts["silver"].append(np.full(len(added), commit.at))
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def counted_at(lake: Path, table: str, partition: "Seconds", offset: "Seconds") -> "Seconds":
    """When a table of gold first counted each record, in seconds since 1970; infinity where it never did."""
    import numpy as np

    noted = counted(lake, table, TOPIC)
    times = np.array([*(at for at, _ in noted), np.inf])
    found = np.full(len(offset), np.inf)
    for number in np.unique(partition):
        until = [parts.get(int(number), 0) for _, parts in noted]  # it only grows
        here = partition == number
        found[here] = times[np.searchsorted(until, offset[here], side="right")]
    return found


# --- what is printed


def rows(report: Mapping[str, Any]) -> Iterator[str]:
    """The ages with their targets, then what it took."""
    yield f"{'seconds from the producer to':<42}" + "".join(f"{f'p{share}':>8}" for share in SHARES) + f"{'most':>8}"
    for name, found in report["ages"].items():
        title = "the producer itself, after it was due" if name == "late" else f"visible in {name}"
        verdicts = (
            f"p{share} <= {most:.0f} s: {'met' if found[f'p{share}'] <= most else 'missed'}"
            for share, most in TARGETS.get(name, {}).items()
        )
        cells = "".join(f"{value:>8.2f}" for value in found.values())
        yield f"{title:<42}{cells}   {', '.join(verdicts)}".rstrip()
    of_run, driver = report["batches"], report["driver"]
    yield f"{'posts measured':<42} {report['posts']:,}, {report['posts_per_second']:.1f} a second"
    yield f"{'micro-batches while they were sent':<42} {of_run['count']}"
    yield f"{'a micro-batch, seconds':<42} median {of_run['median_seconds']:.2f}, most {of_run['longest_seconds']:.2f}"
    yield f"{'from one start to the next, seconds':<42} median {of_run['median_seconds_between_starts']:.2f}"
    yield f"{'records in a micro-batch':<42} median {of_run['median_records']:,.0f}"
    yield f"{'largest heap the driver may have':<42} {driver['max_heap']} (target: at most {HEAP_GIB:.0f}g)"
    yield f"{'peak resident memory of the driver':<42} {driver['peak_mib']:,.0f} MiB"
    yield f"{'processor time of the stream':<42} {report['cpu_seconds']:.1f} s, {report['cores']:.2f} cores"
    yield from (f"{name:<42} {value}" for name, value in report["machine"].items())


if __name__ == "__main__":
    main()
