import socket
from pathlib import Path

import pytest

from starling.broker import kraft
from starling.broker.folder import BrokerFolder
from starling.errors import BrokerError, ConfigError
from starling.settings import Broker, Settings


def properties(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [(line.partition("=")[0], line.partition("=")[2]) for line in lines]
    assert len({name for name, _ in pairs}) == len(pairs), "a property is given twice"
    return dict(pairs)


def test_every_listener_is_on_loopback_and_the_fixed_properties_are_there() -> None:
    written = properties(kraft.server_properties(9192, 9193))
    assert written["listeners"] == "PLAINTEXT://127.0.0.1:9192,CONTROLLER://127.0.0.1:9193"
    assert written["advertised.listeners"] == "PLAINTEXT://127.0.0.1:9192"
    assert written["controller.quorum.voters"] == "1@127.0.0.1:9193"
    assert written["log.retention.ms"] == "-1"
    assert written["auto.create.topics.enable"] == "false"
    assert int(written["message.max.bytes"]) == 8_000_000


def test_the_missing_file_of_fixed_properties_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARLING_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match=rf"^no file {tmp_path}/conf/broker.properties; set STARLING_HOME"):
        kraft.server_properties(1, 2)


def test_missing_jars_are_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STARLING_JARS", raising=False)
    with pytest.raises(
        BrokerError, match=r"STARLING_JARS is not set\); start with ./spark-submit.sh.*bootstrap_servers"
    ):
        kraft.jars()
    monkeypatch.setenv("STARLING_JARS", str(tmp_path))
    with pytest.raises(BrokerError, match=rf"STARLING_JARS is {tmp_path}\)"):
        kraft.jars()


def test_a_missing_java_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(BrokerError, match=rf"JAVA_HOME is {tmp_path}\); install Java 17 or 21"):
        kraft.java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerError, match=r"JAVA_HOME is not set\)"):
        kraft.java()


def test_java_is_that_of_java_home_else_the_first_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(java.parent))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert kraft.java() == str(java)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert kraft.java() == str(java)


def test_the_heap_is_the_setting(tmp_path: Path) -> None:
    command = kraft.kafka_command(BrokerFolder(tmp_path), Settings(broker=Broker(heap_mb=333)))
    assert "-Xmx333m" in command
    assert command[-2:] == ["kafka.Kafka", str(tmp_path / "server.properties")]


def test_a_port_in_use_is_one_clear_line_and_the_last_one_in_use_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            BrokerError, match=rf"^broker.port = {port}: cannot listen on 127.0.0.1:{port} \(Address.*another port"
        ):
            kraft.free_ports(port, None)
        assert port not in kraft.free_ports(0, last=port)
    assert kraft.free_ports(port, None)[0] == port
    assert kraft.free_ports(0, last=port)[0] == port


def test_the_two_ports_differ() -> None:
    broker, controller = kraft.free_ports(0, None)
    assert broker != controller
    assert {broker, controller} <= set(range(20_000, 32_000))  # Linux gives outgoing connections 32768 and up


def test_the_cluster_id_is_read_from_kafkas_own_file(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path)
    assert kraft.cluster_id(folder) is None
    folder.data.mkdir()
    meta = folder.data / "meta.properties"
    meta.write_text("#\n#Sun Nov 22 05:41:49 UTC 2026\ncluster.id=ib7Cgj7UQXyTC7X8eNcWgQ\nversion=1\nnode.id=1\n")
    assert kraft.cluster_id(folder) == "ib7Cgj7UQXyTC7X8eNcWgQ"
    meta.write_text("version=1\n")
    with pytest.raises(BrokerError, match=r"meta.properties is damaged: it has no cluster.id; remove "):
        kraft.cluster_id(folder)
