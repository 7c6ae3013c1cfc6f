"""The job itself, as a user starts it: asked to stop, killed again and again, out of disk, and started again.

The broker was already there.
"""

import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest

from faults.checked import is_whole, tell
from faults.figures import Tally
from starling.pipeline.accounts import accounts
from starling.settings import Paths
from streams.lakes import Lake, Record
from streams.messages import post

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 300
FIRST = datetime(2021, 5, 1, tzinfo=timezone.utc)
# On a small disk: room for the empty tables, of some 200 kB, and not for all of a micro-batch.
FREE_BYTES = 300_000
JAVAS_OWN = "WARNING: Using incubator modules: jdk.incubator.vector\n"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(lake: Lake, tmp_path: Path) -> Iterator[Start]:
    """Starts jobs/stream.py through the set-up script, in a process group of its own."""
    jobs: list[subprocess.Popen[str]] = []

    def submit(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        with (tmp_path / f"stream-{len(jobs)}.txt").open("w") as output:
            job = subprocess.Popen(
                [str(ROOT / "spark-submit.sh"), "--driver-memory", "1g", str(ROOT / "jobs" / "stream.py"), *arguments],
                env={
                    **os.environ,
                    **lake.beside("job").environment,
                    "STARLING_STREAM_MAX_OFFSETS_PER_TRIGGER": "50",
                    **environment,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        jobs.append(job)
        return job

    yield submit
    for job in jobs:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()


def wait_for_batches(lake: Lake, number: int, job: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while lake.batches() < number:
        assert job.poll() is None, "the job ended by itself"
        assert time.monotonic() < deadline, f"no {number} batches within {PATIENCE_SECONDS} s"
        time.sleep(0.3)


def committed(lake: Lake) -> set[int]:
    """The batches that Spark will not read again."""
    return {int(path.name) for path in Path(lake.settings.checkpoints, "posts", "commits").glob("[0-9]*")}


@pytest.mark.fault(2, "the driver killed at random moments, again and again, while posts arrive")
@pytest.mark.timeout(14_400)
def test_killed_at_random_moments_while_posts_arrive_it_ends_with_every_record_once(
    lake: Lake, start: Start, pytestconfig: pytest.Config, tally: Tally
) -> None:
    kills = pytestconfig.getoption("--kills")
    seed = pytestconfig.getoption("--seed")
    seed = secrets.randbits(32) if seed is None else seed
    print(f"kills at random moments with --seed {seed}")  # shown where the test fails
    moments = random.Random(seed)
    of_job = lake.beside("job")
    with arriving(lake) as sent:
        for _ in range(kills):
            job = start()
            if moments.random() < 0.4:  # while batches are written; else anywhere from its start on
                wait_for_batches(of_job, of_job.batches() + 1, job)
                time.sleep(moments.uniform(0, 4))
            else:
                time.sleep(moments.uniform(0, 20))
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()
    assert start("--once", STARLING_STREAM_MAX_OFFSETS_PER_TRIGGER="20000").wait(PATIENCE_SECONDS) == 0
    is_whole(of_job)
    tell(tally, of_job, len(sent))
    lake.drain()
    assert of_job.everything() == lake.everything(), f"--seed {seed}"
    tally.kills(kills)


def recorded(folder: Path, *programs: str) -> Path:
    """A folder for PATH, whose programs note in the file `told` what they are told, and do it."""
    folder.mkdir()
    (folder / "told").touch()
    for name in programs:
        (folder / name).write_text(f'#!/bin/sh\necho "$*" >> {folder}/told\nexec {shutil.which(name)} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


@contextmanager
def arriving(lake: Lake) -> Iterator[list[Record]]:
    """Sends posts of one hour after the other, every tenth of them again, all the time; gives what was sent."""
    sent: list[Record] = []
    ended = threading.Event()

    def send() -> None:
        for hour in count():
            at = f"{FIRST + timedelta(hours=hour):%Y-%m-%dT%H}:15:00.000Z"
            ids = range(1000 + 20 * hour, 1020 + 20 * hour)
            some = [post(id=str(i), text=f"good news {i} #tag{i % 7}", created_at=at) for i in ids]
            lake.send([*some, *some[::10]])
            sent.extend([*some, *some[::10]])
            if ended.wait(1.0):
                return

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield sent
    finally:
        ended.set()
        sender.join()


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_stopped_interrupted_killed_and_started_again_it_ends_in_the_same_tables(
    lake: Lake, start: Start, real_records: list[Record], tmp_path: Path
) -> None:
    lake.send(real_records)
    of_job = lake.beside("job")
    programs = recorded(tmp_path / "programs", "chmod", "readlink")
    # SIGTERM as `kill` and service managers send it; SIGINT as a terminal does, to the JVM and to Python alike.
    for number, send, code in ((signal.SIGTERM, os.kill, 0), (signal.SIGINT, os.killpg, 130)):
        asked = start(PATH=f"{programs}:{os.environ['PATH']}")
        wait_for_batches(of_job, of_job.batches() + 1, asked)
        send(asked.pid, number)
        assert asked.wait(PATIENCE_SECONDS) == code
        assert committed(of_job) == set(range(of_job.batches())), "a batch was broken off"
    for output in (tmp_path / "stream-0.txt", tmp_path / "stream-1.txt"):
        said = output.read_text().replace(JAVAS_OWN, "")
        assert re.fullmatch(r"(batch \d+: .*\n)+", said), said
    # A terminal's Ctrl-C would end such a program too, and with it the batch that waits for what it does.
    assert of_job.settings.paths.work not in (programs / "told").read_text()

    killed = start()
    wait_for_batches(of_job, of_job.batches() + 1, killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()

    in_one_batch = {"STARLING_STREAM_MAX_OFFSETS_PER_TRIGGER": "20000"}
    assert start("--once", **in_one_batch).wait(PATIENCE_SECONDS) == 0
    lake.drain(stop=threading.Event())
    assert of_job.everything() == lake.everything()
    sums = of_job.ledger()
    assert sums["records"] - sums["repeated"] <= 300 <= sums["records"]
    assert len({row["offset"] for row in of_job.rows("bronze.events", "partition", "offset")}) > 100


@pytest.mark.fault(19, "a full disk, a read-only disk")
@pytest.mark.timeout(700)
def test_on_a_full_disk_it_ends_with_one_line_and_with_room_again_every_table_is_exactly_once(
    lake: Lake, start: Start, real_records: list[Record], small_disk: Path, tmp_path: Path
) -> None:
    paths = Paths(work=str(tmp_path / "work"), lake=str(small_disk / "lake"))
    on_small_disk = Lake(lake.spark, lake.settings.model_copy(update={"paths": paths}), lake.servers)
    on_small_disk.send([*real_records[:60], *real_records[:20]])
    filler = small_disk / "filler"
    filler.write_bytes(bytes((8 << 20) - FREE_BYTES))
    job = start("--once", STARLING_PATHS_WORK=paths.work, STARLING_PATHS_LAKE=paths.lake)
    assert job.wait(PATIENCE_SECONDS) == 4
    said = (tmp_path / "stream-0.txt").read_text().replace(JAVAS_OWN, "")
    assert said.startswith(f"starling: error: no space left on the disk of {small_disk}/lake: ")
    assert said.endswith("; make room there and start again: nothing is lost, the work goes on where it was\n")
    assert said.count("\n") == 1

    filler.unlink()
    on_small_disk.drain()
    ids = sorted(record.key.removeprefix("x:") for record in real_records[:60] if record.key)
    assert [row["post_id"] for row in on_small_disk.rows("silver.posts", "post_id")] == ids
    assert [row["post_id"] for row in on_small_disk.rows("silver.engagement", "post_id")] == ids
    sums = on_small_disk.ledger()
    assert (sums["records"], sums["posts"], sums["duplicates"], sums["rejected"]) == (80, 60, 20, 0)
    assert accounts(lake.spark, paths.lake).balanced


@pytest.mark.fault(19, "a full disk, a read-only disk")
def test_on_a_read_only_disk_it_refuses_with_one_line_and_goes_on_when_it_may_write(
    lake: Lake, start: Start, real_records: list[Record], small_disk: Path, tmp_path: Path, tally: Tally
) -> None:
    paths = Paths(work=str(tmp_path / "work"), lake=str(small_disk / "lake"))
    on_small_disk = Lake(lake.spark, lake.settings.model_copy(update={"paths": paths}), lake.servers)
    on_small_disk.send(real_records[:20])
    on_small_disk.drain()
    on_small_disk.send(real_records[20:30])
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    job = start("--once", STARLING_PATHS_WORK=paths.work, STARLING_PATHS_LAKE=paths.lake)
    assert job.wait(PATIENCE_SECONDS) == 4
    said = (tmp_path / "stream-0.txt").read_text().replace(JAVAS_OWN, "")
    assert said == (
        f"starling: error: {small_disk}/lake cannot be written to; give access there, or name another folder in "
        "[paths] of the settings\n"
    )
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    on_small_disk.drain()
    is_whole(on_small_disk)
    tell(tally, on_small_disk, 30)
