"""The embedded broker with a real Kafka. Each start takes some seconds, so one test looks at more than one thing."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from starling.broker import connect, embedded, found, kraft, locks
from starling.broker.folder import BrokerFolder, Running
from starling.errors import BrokerError, ConfigError, StorageError
from starling.settings import Kafka, Paths, Settings

MakeSettings = Callable[..., Settings]
StartUser = Callable[..., "subprocess.Popen[str]"]
Eventually = Callable[[Callable[[], bool]], None]
Runs = Callable[[int], bool]


def test_a_configured_kafka_is_used_and_nothing_is_started(work: Path) -> None:
    settings = Settings(paths=Paths(work=str(work)), kafka=Kafka(bootstrap_servers="kafka.example:9092,other:9093"))
    with connect(settings) as servers:
        assert servers == found(settings) == "kafka.example:9092,other:9093"
    assert not work.exists()


@pytest.mark.parametrize("work", ["s3a://bucket/work", "file:/tmp/work", "dbfs:/work"])
def test_a_work_folder_that_is_a_uri_is_refused(work: str) -> None:
    with pytest.raises(ConfigError, match=rf"^paths.work = '{work}': .* local folder; .* kafka.bootstrap_servers"):
        connect(Settings(paths=Paths(work=work))).__enter__()


def test_a_work_folder_that_cannot_be_made_is_named(work: Path, settings: MakeSettings) -> None:
    work.write_text("a file")
    with pytest.raises(StorageError, match=rf"cannot use {work}/kafka: Not a directory; .* paths.work"):
        connect(settings()).__enter__()


def test_a_full_disk_is_refused(work: Path, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_LEAST_FREE_BYTES", 2**70)
    with pytest.raises(StorageError, match=rf"cannot use {work}/kafka: [0-9,]+ bytes are free on that disk; make room"):
        connect(settings()).__enter__()


def test_a_small_disk_is_refused(small_disk: Path) -> None:
    refused = rf"cannot use {small_disk}/kafka: 8,[0-9,]+ bytes are free on that disk; make room \(33,554,432 at the "
    with pytest.raises(StorageError, match=refused):
        connect(Settings(paths=Paths(work=str(small_disk)))).__enter__()


def test_a_disk_that_has_become_read_only_is_named(small_disk: Path) -> None:
    folder = small_disk / "kafka"
    folder.mkdir()
    (folder / "keeper.lock").touch()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StorageError, match=rf"cannot use {folder}/start.lock: Read-only file system; .* paths.work"):
        connect(Settings(paths=Paths(work=str(small_disk)))).__enter__()


def test_missing_jars_leave_no_lease_behind(
    work: Path, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STARLING_JARS", raising=False)
    with pytest.raises(BrokerError, match="STARLING_JARS is not set"):
        connect(settings()).__enter__()
    assert list(BrokerFolder(work / "kafka").users.iterdir()) == []


@pytest.mark.slow
def test_records_survive_a_restart_on_another_port_whatever_is_left_of_the_broker_before(
    work: Path, settings: MakeSettings
) -> None:
    state = work / "kafka" / "broker.json"
    with connect(settings()) as servers:
        create_topic(servers)
        produce(servers, [f"record {number}" for number in range(1000)])
        first = running_in(work)
        assert servers == f"127.0.0.1:{first.port}"
    assert not state.exists()

    with socket.create_server(("127.0.0.1", first.port)):
        # As after a power cut: by now the port is another program's, and the process ids are ours.
        replace(first, kafka_pid=os.getpid(), keeper_pid=os.getpid()).write(state)
        assert found(settings()) is None
        with pytest.raises(BrokerError, match=rf"^broker.port = {first.port}: cannot listen on 127.0.0.1:{first.port}"):
            connect(settings(port=first.port)).__enter__()
        with connect(settings()) as servers:
            assert servers != f"127.0.0.1:{first.port}"
            assert consume(servers, 1000) == [f"record {number}" for number in range(1000)]


def test_users_share_a_broker_that_outlives_all_but_the_last_and_leaves_nothing_that_runs(
    work: Path,
    settings: MakeSettings,
    runs: Runs,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ExitStack() as first, ExitStack() as second:
        servers = first.enter_context(connect(settings()))
        running = running_in(work)
        assert second.enter_context(connect(settings(port=1))) == found(settings()) == servers
        told = f"broker.port = 1: this work folder's broker already runs on port {running.port}, which is used"
        assert caplog.messages == [told]
        assert len(list((work / "kafka" / "users").iterdir())) == 2
        assert not embedded._answers(replace(running, cluster_id="another"))

        with pytest.raises(BrokerError, match="no longer takes"), connect(settings()):
            raise BrokerError("it no longer takes records")
        monkeypatch.setattr(embedded, "_LEAST_FREE_BYTES", 2**70)
        with pytest.raises(StorageError, match="bytes are free on that disk"), connect(settings()):
            raise BrokerError("it no longer takes records")

        first.close()
        assert cluster_id(servers) == running.cluster_id
    assert (runs(running.kafka_pid), runs(running.keeper_pid)) == (False, False)
    assert found(settings()) is None
    left = {path.name for path in (work / "kafka").iterdir()}
    assert left == {"data", "users", "broker.log", "server.properties", "start.lock", "keeper.lock"}
    assert list((work / "kafka" / "users").iterdir()) == []


@pytest.mark.slow
def test_two_processes_at_once_start_one_broker_on_loopback_which_stops_when_the_last_is_killed(
    work: Path, start_user: StartUser, eventually: Eventually, runs: Runs, tmp_path: Path
) -> None:
    package = Path(kraft.__file__).parents[2]
    shipped = Path(shutil.make_archive(str(tmp_path / "shipped"), "zip", root_dir=package, base_dir="starling"))
    one, two = start_user(), start_user(package=shipped)
    servers = read_line(one)
    assert read_line(two) == servers
    assert (work / "kafka" / "broker.log").read_text().count("starting Kafka") == 1
    running = running_in(work)

    listens = listening(running.kafka_pid)
    assert len(listens) == 2  # broker and controller
    assert {address for address, _ in listens} == {"127.0.0.1"}
    assert running.port in {port for _, port in listens}
    assert listening(running.keeper_pid) == set()
    for pid in (running.kafka_pid, running.keeper_pid):
        assert os.getsid(pid) != os.getsid(one.pid)  # so that no Ctrl-C reaches it
        assert b"STARLING_" not in Path(f"/proc/{pid}/environ").read_bytes()  # where secrets may be

    one.kill()
    one.wait()
    assert cluster_id(servers) == running.cluster_id
    two.kill()
    eventually(lambda: not runs(running.kafka_pid) and not runs(running.keeper_pid))
    assert not (work / "kafka" / "broker.json").exists()


@pytest.mark.slow
def test_a_kafka_without_its_keeper_is_replaced_on_its_port_and_a_dead_one_too(
    work: Path, settings: MakeSettings, eventually: Eventually, runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(settings()) as servers:
        orphan = running_in(work)
        os.kill(orphan.keeper_pid, signal.SIGKILL)
        eventually(lambda: not locks.is_held(work / "kafka" / "keeper.lock"))
        assert runs(orphan.kafka_pid)

        with connect(settings()) as again:
            assert again == servers
            assert not runs(orphan.kafka_pid)
            assert f"an embedded Kafka (process {orphan.kafka_pid}) had lost its keeper: stopping it" in caplog.messages
            kept = running_in(work)
            os.kill(kept.kafka_pid, signal.SIGKILL)
            with connect(settings()) as servers:
                fresh = running_in(work)
                assert fresh.kafka_pid != kept.kafka_pid
                assert cluster_id(servers) == orphan.cluster_id
        os.kill(fresh.keeper_pid, signal.SIGKILL)
    assert not runs(fresh.kafka_pid)  # the last to leave ends what no keeper ends any more


def test_why_kafka_does_not_start_is_one_line_and_nothing_is_left(work: Path, settings: MakeSettings) -> None:
    folder = BrokerFolder(work / "kafka")
    folder.data.mkdir(parents=True)
    (folder.data / "meta.properties").write_text("version=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\n")  # of no node
    wanted = rf"^the embedded broker stopped while it started: No readable meta.properties .*; all of it: {folder.log}$"
    with pytest.raises(BrokerError, match=wanted):
        connect(settings()).__enter__()
    assert not locks.is_held(folder.keeper_lock)

    shutil.rmtree(folder.data)
    folder.data.write_text("a file where a folder is to be")
    with pytest.raises(StorageError, match=rf"cannot use {folder.data}/meta.properties: Not a directory; "):
        connect(settings()).__enter__()


def test_a_kafka_that_is_not_up_in_time_is_stopped(
    work: Path, settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "bin" / "java"  # one that hangs
    java.parent.mkdir()
    java.write_text('#!/bin/sh\ncase "$*" in *StorageTool*) exit 0;; esac\necho "waits for ever"\nexec sleep 600\n')
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    wanted = r"^the embedded broker was not up within 1 s \(broker.start_timeout_seconds\): waits for ever; all of it: "
    with pytest.raises(BrokerError, match=wanted):
        connect(settings(start_timeout_seconds=1)).__enter__()
    assert not locks.is_held(work / "kafka" / "keeper.lock")


def test_a_start_that_another_process_never_ends_is_waited_for_in_vain(work: Path, settings: MakeSettings) -> None:
    (work / "kafka").mkdir(parents=True)
    starting = locks.take(work / "kafka" / "start.lock")
    assert starting is not None
    with starting, pytest.raises(BrokerError, match=r"another process has been starting or stopping the broker"):
        connect(settings(start_timeout_seconds=1)).__enter__()


def running_in(work: Path) -> Running:
    running = Running.read(work / "kafka" / "broker.json")
    assert running is not None
    return running


def cluster_id(servers: str) -> str:
    answered = AdminClient({"bootstrap.servers": servers}).list_topics(timeout=10).cluster_id
    assert isinstance(answered, str)
    return answered


def create_topic(servers: str) -> None:
    admin = AdminClient({"bootstrap.servers": servers})
    admin.create_topics([NewTopic("posts", 1, 1)])["posts"].result(timeout=30)


def produce(servers: str, records: list[str]) -> None:
    failed: list[object] = []
    producer = Producer({"bootstrap.servers": servers, "acks": "all"})
    for record in records:
        producer.produce("posts", record.encode(), on_delivery=lambda error, _: failed.append(error) if error else None)
    assert producer.flush(30) == 0
    assert failed == []


def consume(servers: str, count: int) -> list[str]:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "test", "enable.auto.commit": False})
    consumer.assign([TopicPartition("posts", 0, 0)])
    records = consumer.consume(count, timeout=30)
    assert consumer.get_watermark_offsets(TopicPartition("posts", 0)) == (0, count)
    consumer.close()
    return [record.value().decode() for record in records]


def read_line(user: "subprocess.Popen[str]") -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses and ports on which a process listens, as the kernel tells."""
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            links.append(str(link.readlink()))
    sockets = {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:[")}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    listens = [row[1].split(":") for row in rows if row[3] == "0A" and row[9] in sockets]
    return {(dotted(address), int(port, 16)) for address, port in listens}


def dotted(address: str) -> str:
    """The kernel's hexadecimal address: words of four bytes, each in the machine's own order; mapped ones as IPv4."""
    plain = address.removeprefix("0000000000000000FFFF0000")
    return ".".join(str(part) for part in bytes.fromhex(plain)[::-1])
