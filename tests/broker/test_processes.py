import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from starling.broker import processes

Start = Callable[..., subprocess.Popen[bytes]]


def test_a_kafka_is_known_by_its_configuration_file(tmp_path: Path, process: Start) -> None:
    mine, other = tmp_path / "wörk 1" / "server.properties", tmp_path / "wörk 2" / "server.properties"
    one, two = process("kafka.Kafka", str(mine)), process("-Xmx1m", "kafka.Kafka", str(mine))
    process("kafka.Kafka", str(other))
    process("kafka.Kafka", str(mine), "folder", "9092", "id")  # as a keeper's command line
    process("kafka.Kafka", f"{mine}.new")
    process("kafka.tools.StorageTool", str(mine))
    assert sorted(processes.kafkas(mine)) == sorted([one.pid, two.pid])


def test_ps_tells_the_same_where_there_is_no_proc(tmp_path: Path, process: Start) -> None:
    one = process("kafka.Kafka", f"{tmp_path}/a b/server.properties")
    listed = dict(processes._from_ps())
    assert listed[one.pid].endswith(f" kafka.Kafka {tmp_path}/a b/server.properties")
    assert os.getpid() in listed


def test_a_kafka_is_ended_and_the_one_of_another_folder_is_not(tmp_path: Path, process: Start) -> None:
    mine, other = tmp_path / "1", tmp_path / "2"
    one, two = process("kafka.Kafka", str(mine)), process("kafka.Kafka", str(other))
    processes.end(one.pid, mine)
    assert processes.kafkas(mine) == []
    assert two.poll() is None
    processes.end(one.pid, mine)  # which is gone


def test_a_kafka_that_does_not_end_is_killed(tmp_path: Path, stubborn: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    one = stubborn("kafka.Kafka", str(tmp_path))
    processes.end(one.pid, tmp_path)
    assert one.wait() == -signal.SIGKILL
