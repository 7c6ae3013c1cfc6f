"""The job itself, as a user starts it: asked to stop, killed, and started again on a broker that was already there."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from starling.settings import Paths
from streams.lakes import Lake, Record

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 300

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(lake: Lake, tmp_path: Path) -> Iterator[Start]:
    """Starts jobs/stream.py through the set-up script, in a process group of its own."""
    jobs: list[subprocess.Popen[str]] = []

    def submit(*arguments: str) -> subprocess.Popen[str]:
        with (tmp_path / f"stream-{len(jobs)}.txt").open("w") as output:
            job = subprocess.Popen(
                [str(ROOT / "spark-submit.sh"), "--driver-memory", "1g", str(ROOT / "jobs" / "stream.py"), *arguments],
                env={
                    **os.environ,
                    "STARLING_PATHS_WORK": f"{lake.settings.paths.work}-job",
                    "STARLING_KAFKA_BOOTSTRAP_SERVERS": lake.servers,
                    "STARLING_KAFKA_TOPIC": lake.settings.kafka.topic,
                    "STARLING_PRIVACY_PSEUDONYM_KEY": lake.settings.privacy.pseudonym_key.get_secret_value(),
                    "STARLING_STREAM_MAX_OFFSETS_PER_TRIGGER": "50",
                    "STARLING_METRICS_PORT": "0",
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


def batches(lake: Lake) -> int:
    """Batches in the ledger, read without disturbing whoever writes it."""
    try:
        ledger = DeltaTable(f"{lake.settings.lake}/ops/batches").to_pyarrow_table(columns=["batch_id"])
    except TableNotFoundError:
        return 0
    return len(set(ledger["batch_id"].to_pylist()))


def wait_for_batches(lake: Lake, number: int, job: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while batches(lake) < number:
        assert job.poll() is None, "the job ended by itself"
        assert time.monotonic() < deadline, f"no {number} batches within {PATIENCE_SECONDS} s"
        time.sleep(0.3)


def committed(lake: Lake) -> set[int]:
    """The batches that Spark will not read again."""
    return {int(path.name) for path in Path(lake.settings.checkpoints, "posts", "commits").glob("[0-9]*")}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_stopped_interrupted_killed_and_started_again_it_ends_in_the_same_tables(
    lake: Lake, start: Start, real_records: list[Record], tmp_path: Path
) -> None:
    lake.send(real_records)
    of_job = Lake(
        lake.spark,
        lake.settings.model_copy(update={"paths": Paths(work=f"{lake.settings.paths.work}-job")}),
        lake.servers,
    )
    # SIGTERM as `kill` and service managers send it; SIGINT as a terminal does, to the JVM and to Python alike.
    for number, send, code in ((signal.SIGTERM, os.kill, 0), (signal.SIGINT, os.killpg, 130)):
        asked = start()
        wait_for_batches(of_job, batches(of_job) + 1, asked)
        send(asked.pid, number)
        assert asked.wait(PATIENCE_SECONDS) == code
        assert committed(of_job) == set(range(batches(of_job))), "a batch was broken off"
    for output in (tmp_path / "stream-0.txt", tmp_path / "stream-1.txt"):
        said = output.read_text().replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "")  # Java's own
        assert re.fullmatch(r"(batch \d+: .*\n)+", said), said

    killed = start()
    wait_for_batches(of_job, batches(of_job) + 1, killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()

    assert start("--once").wait(PATIENCE_SECONDS) == 0
    lake.drain(stop=threading.Event())
    assert of_job.everything() == lake.everything()
    sums = of_job.ledger()
    assert sums["records"] - sums["repeated"] <= 300 <= sums["records"]
    assert len({row["offset"] for row in of_job.rows("bronze.events", "partition", "offset")}) > 100
