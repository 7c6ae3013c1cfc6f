"""Whether a micro-batch costs the same on full tables: after a thousand of them, and with ten million rows there.

`.venv/bin/python benchmarks/growth.py [--rows N] [--quick] [--json]`; see benchmarks/README.md for what each number
means.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from itertools import chain, islice, pairwise
from pathlib import Path
from statistics import median
from typing import Any

from growth_rows import BEFORE, fill
from live import Batch, Sender, Stream, batches, counted_records, records, streaming
from made_posts import Made, made_posts
from measuring import CHECKOUT, SUBMIT, last_line_of, load, machine, say
from pipeline_load import kafka

RECORDS = 500  # a micro-batch, and by their created_at a second
BATCHES, QUICK_BATCHES = 1_000, 60
ROWS = 10_000_000
# A JVM's first batches are slow: they are left out here, and of the batches that these are compared with.
BATCHES_ON_ROWS, FIRST_ON_ROWS = 60, 20
LATE = 5  # copies of old posts in each of them
MOST_RATIO = 1.2
HEAP_GIB = 2.0
_POLL_SECONDS = 5.0
_COUNTING_SECONDS = 3_600.0  # gold counts the full tables in one go

# By name, from which batch on, counted from 1, to which; the last two are compared.
SPANS = {
    "around 100": (91, 110),
    "around 500": (491, 510),
    "50 to 150": (50, 150),
    "901 to 1,000": (901, 1_000),
}
QUICK_SPANS = {"21 to 40": (21, 40), "41 to 60": (41, 60)}


def main() -> None:
    """Measures, then prints; a Spark job of its own fills the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, help=f"posts in the full tables, 0 for none of this [{ROWS}]")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_BATCHES} batches, and no full tables")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--fill", nargs=3, metavar=("LAKE", "NEW", "ROWS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fill:
        print(json.dumps(fill(asked.fill[0], asked.fill[1], int(asked.fill[2]), BATCHES_ON_ROWS * LATE)))
        return
    sys.path.insert(0, str(CHECKOUT / "lib"))
    wanted = asked.rows if asked.rows is not None else (0 if asked.quick else ROWS)
    number, spans = (QUICK_BATCHES, QUICK_SPANS) if asked.quick else (BATCHES, SPANS)
    with tempfile.TemporaryDirectory(prefix="starling-benchmark-") as name:
        report = measure(Path(name), number, spans, wanted)
    print(json.dumps(report, indent=2) if asked.json else "\n".join(rows(report)))


def measure(folder: Path, number: int, spans: Mapping[str, tuple[int, int]], wanted: int) -> dict[str, Any]:
    """All numbers; everything that the runs leave behind is in `folder`."""
    about = machine("pyspark", "delta-spark")
    report: dict[str, Any] = {"records_a_batch": RECORDS}
    with kafka(folder) as servers:
        report["growing"], of_empty = growing(folder / "growing", servers, number, spans)
        if wanted:
            say(f"the tables are filled with {wanted:,} posts")
            full = folder / "full"
            told = last_line_of(
                [SUBMIT, __file__, "--fill", str(folder / "growing" / "lake"), str(full / "lake"), str(wanted)]
            )
            report["full"] = on_full_tables(full, servers, **json.loads(told)) | {
                "empty": of_span(of_empty, FIRST_ON_ROWS + 1, BATCHES_ON_ROWS)
            }
    return report | {"machine": {**about, "load_after": load()}}


# --- a stream that goes on and on


def growing(
    work: Path, servers: str, number: int, spans: Mapping[str, tuple[int, int]]
) -> tuple[dict[str, Any], list[Batch]]:
    """So many batches, one after the other, of posts that are all in Kafka before the first."""
    sent = send(servers, work.name, islice(made_posts(earlier(number), RECORDS), number * RECORDS))
    say(f"{number:,} batches")
    residents: list[tuple[float, float]] = []
    with started(work, servers) as stream:

        def written() -> int:
            residents.append((time.time(), stream.resident_mib()))
            return records(stream.lake, work.name)

        stream.wait_until(written, sent, _POLL_SECONDS)
        driver = stream.driver()
    of_run = batches(work / "lake", work.name)
    refuse_miscounts(work / "lake", of_run, sent, 0, 0)
    found = {
        name: of_span(of_run, first, last) | {"resident_mib": resident(residents, of_run[last - 1])}
        for name, (first, last) in spans.items()
    }
    *_, before, after = found.values()
    ratios = {name: after[name] / before[name] for name in ("seconds", "seconds_between_starts")}
    tables = sizes(work / "lake")
    return {
        "batches": len(of_run),
        "spans": found,
        "ratios": ratios,
        "driver": asdict(driver),
        "tables": tables,
    }, of_run


def resident(found: Sequence[tuple[float, float]], batch: Batch) -> float:
    """The driver's resident memory, in MiB, when it was looked at nearest to a batch's end."""
    return min(found, key=lambda looked: abs(looked[0] - batch.written_at))[1]


def sizes(lake: Path) -> dict[str, dict[str, float]]:
    """By table: the versions, the files that the last one has, those that are there, and the size of the log."""
    from deltalake import DeltaTable

    found = {}
    for log in sorted(lake.glob("*/*/_delta_log")):
        table = DeltaTable(log.parent)
        found[".".join(log.parent.relative_to(lake).parts)] = {
            "versions": table.version() + 1,
            "files": len(table.file_uris()),
            "files_there": sum(1 for _ in log.parent.glob("*.parquet")),
            "log_files": sum(1 for _ in log.iterdir()),
            "log_mib": sum(file.stat().st_size for file in log.rglob("*") if file.is_file()) / 2**20,
        }
    return found


# --- and one on tables that are full


def on_full_tables(work: Path, servers: str, rows: int, late: list[list[str]]) -> dict[str, Any]:
    """Some batches of new posts, and some in which posts come once more that the tables have had for long."""
    copies = [Made(key, payload.encode()) for key, payload in late]
    with started(work, servers) as stream:
        say("gold counts what the tables were filled with")
        began = time.monotonic()
        stream.wait_until(
            lambda: counted_records(stream.lake, BEFORE), rows, _POLL_SECONDS, patience_seconds=_COUNTING_SECONDS
        )
        counting = time.monotonic() - began
        say(f"{BATCHES_ON_ROWS} batches of new posts")
        sent = send(servers, work.name, with_late([]))
        stream.wait_until(lambda: records(stream.lake, work.name), sent, _POLL_SECONDS)
        first = len(batches(stream.lake, work.name))
        say(f"{BATCHES_ON_ROWS} batches with {LATE} late copies each")
        sent += send(servers, work.name, with_late(copies))
        stream.wait_until(lambda: records(stream.lake, work.name), sent, _POLL_SECONDS)
        driver = stream.driver()
    of_run = batches(work / "lake", work.name)
    refuse_miscounts(work / "lake", of_run, sent - len(copies), len(copies), rows)
    return {
        "rows": rows,
        "late": LATE,
        "start_to_gold_seconds": counting,
        "new": of_span(of_run[:first], FIRST_ON_ROWS + 1, BATCHES_ON_ROWS),
        "with_late": of_span(of_run[first:], FIRST_ON_ROWS + 1, BATCHES_ON_ROWS),
        "driver": asdict(driver),
    }


def with_late(copies: Sequence[Made]) -> Iterator[Made]:
    """New posts, and among those of each batch some of the copies."""
    new = made_posts(earlier(BATCHES_ON_ROWS), RECORDS)
    for batch in range(BATCHES_ON_ROWS):
        late = copies[batch * LATE : (batch + 1) * LATE]
        yield from chain(late, islice(new, RECORDS - len(late)))


# --- both


def started(work: Path, servers: str) -> AbstractContextManager[Stream]:
    """A stream of the topic that is named after the work folder, without rests between its batches."""
    return streaming(
        work,
        servers,
        STARLING_KAFKA_TOPIC=work.name,
        STARLING_STREAM_TRIGGER_SECONDS="0",
        STARLING_STREAM_MAX_OFFSETS_PER_TRIGGER=str(RECORDS),
    )


def earlier(number: int) -> datetime:
    """From when on the posts of so many batches are, if the last are of now."""
    return datetime.now(timezone.utc) - timedelta(seconds=number)


def send(servers: str, topic: str, posts: Iterator[Made]) -> int:
    """How many posts were sent."""
    sender = Sender(servers, topic)
    for post in posts:
        sender.send(post)
    return sender.close()


def of_span(of_run: Sequence[Batch], first: int, last: int) -> dict[str, float]:
    """Medians of the batches from `first` to `last`, counted from 1."""
    chosen = of_run[first - 1 : last]
    return {
        "seconds": median(batch.seconds for batch in chosen),
        "seconds_between_starts": median(after.started_at - before.started_at for before, after in pairwise(chosen)),
        "records": median(batch.records for batch in chosen),
    }


def refuse_miscounts(lake: Path, of_run: Sequence[Batch], posts: int, duplicates: int, before: int) -> None:
    """Ends this program where silver has not each post once, or the ledger says otherwise."""
    from deltalake import DeltaTable

    ids = DeltaTable(lake / "silver" / "posts").to_pyarrow_table(columns=["post_id"])["post_id"]
    there = len(ids), len(ids.unique())
    entered = sum(batch.posts for batch in of_run), sum(batch.duplicates for batch in of_run)
    if there != (before + posts,) * 2 or entered != (posts, duplicates):
        sys.exit(
            f"{posts:,} new and {duplicates:,} old posts sent to {before:,} that were there: {there[0]:,} rows of "
            f"{there[1]:,} posts in silver.posts, {entered[0]:,} posts and {entered[1]:,} duplicates in the ledger"
        )


# --- what is printed


def rows(report: Mapping[str, Any]) -> Iterator[str]:
    """The batches as the tables grow, the tables, the batches on full tables."""
    grown = report["growing"]
    title = f"batches of {report['records_a_batch']} records"
    yield f"{title:<32}{'seconds':>10}{'start to start':>16}{'MiB then':>10}"
    for name, of_one in grown["spans"].items():
        yield _line(name, of_one) + f"{of_one['resident_mib']:>10,.0f}"
    yield (
        f"{'the last to the ones before':<32}{grown['ratios']['seconds']:>10.2f}"
        f"{grown['ratios']['seconds_between_starts']:>16.2f}   target: at most {MOST_RATIO} times: "
        f"{'met' if grown['ratios']['seconds'] <= MOST_RATIO else 'missed'}"
    )
    yield _heap(grown["driver"])
    yield f"{'table':<32}{'versions':>10}{'files':>10}{'there':>10}{'of log':>10}{'log MiB':>10}"
    for name, table in grown["tables"].items():
        numbers = "".join(f"{table[column]:>10,}" for column in ("versions", "files", "files_there", "log_files"))
        yield f"{name:<32}{numbers}{table['log_mib']:>10.1f}"
    full = report.get("full")
    if full:
        yield f"batches {FIRST_ON_ROWS + 1} to {BATCHES_ON_ROWS}"
        yield _line("on empty tables", full["empty"])
        yield _line(f"on {full['rows']:,} posts", full["new"])
        yield _line(f"and {full['late']} late copies in each", full["with_late"])
        yield f"until gold had counted them: {full['start_to_gold_seconds']:.0f} s"
        yield _heap(full["driver"])
    yield from (f"{name:<20} {value}" for name, value in report["machine"].items())


def _line(name: str, of_one: Mapping[str, float]) -> str:
    return f"{name:<32}{of_one['seconds']:>10.2f}{of_one['seconds_between_starts']:>16.2f}"


def _heap(driver: Mapping[str, Any]) -> str:
    return (
        f"driver: at most {driver['max_heap']} of heap (target: {HEAP_GIB:.0f}g), peak resident memory "
        f"{driver['peak_mib']:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
