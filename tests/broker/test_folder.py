from pathlib import Path

import pytest

from starling.broker.folder import BrokerFolder, Running

RUNNING = Running(
    port=9092, cluster_id="MkU3OEVBNTcwNTJENDM2Qk", kafka_pid=7, keeper_pid=6, started_at="2026-11-22T05:00Z"
)


def test_what_is_written_of_a_broker_is_read_again(tmp_path: Path) -> None:
    RUNNING.write(tmp_path / "broker.json")
    assert Running.read(tmp_path / "broker.json") == RUNNING
    assert [path.name for path in tmp_path.iterdir()] == ["broker.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"port": 9092}', '{"kafka": 1}'])
def test_a_state_that_nobody_wrote_so_is_no_state(tmp_path: Path, text: str) -> None:
    (tmp_path / "broker.json").write_text(text)
    assert Running.read(tmp_path / "broker.json") is None
    assert Running.read(tmp_path / "missing.json") is None


def test_what_is_said_is_a_dated_line_of_the_log_and_no_error_where_there_is_no_folder(tmp_path: Path) -> None:
    BrokerFolder(tmp_path).say("first")
    BrokerFolder(tmp_path).say("second")
    first, second = (tmp_path / "broker.log").read_text().splitlines()
    assert first.endswith("Z INFO first")
    assert second.endswith("Z INFO second")
    BrokerFolder(tmp_path / "missing").say("nothing")
