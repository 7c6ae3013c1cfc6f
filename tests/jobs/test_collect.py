import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

import starling
from starling.kafka import ensure_topic
from starling.settings import Kafka, Settings

ROOT = Path(starling.__file__).parents[2]
POSTS = ROOT / "tests" / "sources" / "fixtures" / "x_archive_elgl19_head.jsonl.gz"

Collect = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def topic() -> str:
    return f"collect-{uuid.uuid4().hex}"


@pytest.fixture
def collect(broker: str, topic: str, tmp_path: Path) -> Collect:
    """Starts the job as a user does, in a folder of its own."""

    def start(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "jobs" / "collect.py"), "replay", *map(str, arguments)],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "lib"),
                "STARLING_KAFKA_BOOTSTRAP_SERVERS": broker,
                "STARLING_KAFKA_TOPIC": topic,
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def ended(job: subprocess.Popen[str]) -> tuple[int, str, str]:
    output, errors = job.communicate(timeout=60)
    return job.returncode, output, errors


def wait_for_records(servers: str, topic: str) -> None:
    """Returns when the topic's only partition has one."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "test"})
    while consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1] == 0:
        time.sleep(0.05)
    consumer.close()


def test_a_replay_ends_with_a_summary_of_what_was_sent_failed_and_skipped(collect: Collect, topic: str) -> None:
    code, output, errors = ended(collect(POSTS))
    first, *others = output.splitlines()
    assert first.startswith(f"sent              60  to {topic} in ")
    assert others == ["failed             0", "skipped            0"]
    assert errors.startswith("sent 60 of 60, ")
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["gone.jsonl"], "gone.jsonl: No such file or directory"),
        (["--rate", "5", "--speed", "5", POSTS], "a replay has a rate or a speed, not both"),
        (["--loop", "--loops", "2", POSTS], "--loop has no end and --loops has one: give one of them"),
        (["--format", "csv", POSTS], "format 'csv' is not one of x-v2, x-archive"),
        ([], "no files to replay; name some, for example data/*.jsonl.gz"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(collect: Collect, arguments: list[str | Path], error: str) -> None:
    assert ended(collect(*arguments)) == (2, "", f"starling: error: {error}\n")


def test_a_broker_that_is_away_is_one_line_and_exit_code_3(collect: Collect) -> None:
    job = collect(POSTS, STARLING_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", STARLING_KAFKA_TIMEOUT_SECONDS="1")
    code, output, errors = ended(job)
    assert (code, output) == (3, "")
    assert errors.startswith("starling: error: no Kafka broker answers at 127.0.0.1:1 within 1 s")
    assert errors.count("\n") == 1


def test_a_record_that_no_broker_takes_is_named_and_the_exit_code_is_3(collect: Collect, tmp_path: Path) -> None:
    (tmp_path / "large.jsonl").write_text(
        "".join(
            json.dumps({"status_id": post_id, "created_at": "2020-01-01T00:00:00Z", "text": "x" * length}) + "\n"
            for post_id, length in (("1", 1), ("2", 9_000_000))
        )
    )
    code, output, errors = ended(collect("large.jsonl"))
    assert "  large.jsonl:2: Unable to produce message: Broker: Message size too large" in output.splitlines()
    assert errors.endswith("starling: error: 1 records were refused, for the reasons above\n")
    assert code == 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_an_endless_replay_with_its_summary(
    collect: Collect, broker: str, topic: str, number: int, code: int
) -> None:
    ensure_topic(Settings(kafka=Kafka(topic=topic, partitions=1)), broker)
    job = collect("--loop", "--rate", "20", POSTS)
    wait_for_records(broker, topic)
    job.send_signal(number)
    got, output, _ = ended(job)
    assert got == code
    assert output.startswith("sent ")
    assert output.endswith("stopped before the end\n")


def test_the_settings_are_printed_and_nothing_is_sent(collect: Collect, topic: str) -> None:
    code, output, errors = ended(collect("--print-config", "--work", "elsewhere"))
    assert 'work = "elsewhere"' in output
    assert f'topic = "{topic}"' in output
    assert (code, errors) == (0, "")
