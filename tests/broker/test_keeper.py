"""The keeper with a process that only sleeps in Kafka's place: it keeps whatever it is told to run."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import starling
from starling.broker import keeper, leases, locks, processes
from starling.broker.folder import BrokerFolder, Running

LIB = Path(starling.__file__).parents[1]
SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(600)")

Eventually = Callable[[Callable[[], bool]], None]
Runs = Callable[[int], bool]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[BrokerFolder]:
    made = BrokerFolder(tmp_path / "kafka")
    made.users.mkdir(parents=True)
    yield made
    if made.state.exists():
        for pid in pids(made):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def launch(folder: BrokerFolder, *command: str, package: Path = LIB) -> int:
    arguments = [*command, str(folder.path), "9092", "MkU3OEVBNTcwNTJENDM2Qk"]
    with folder.log.open("a") as log:
        command_line = [sys.executable, "-S", "-m", "starling.broker.keeper", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(package)}
        return subprocess.run(command_line, cwd="/", env=environment, stdout=log, stderr=log, check=False).returncode


def pids(folder: BrokerFolder) -> tuple[int, int]:
    """The kept process and the keeper."""
    state = json.loads(folder.state.read_text())
    return state["kafka_pid"], state["keeper_pid"]


def test_it_runs_while_somebody_holds_a_lease_and_then_leaves_nothing(
    folder: BrokerFolder, eventually: Eventually, runs: Runs
) -> None:
    with leases.lease(folder.users):
        assert launch(folder, *SLEEP) == 0
        assert locks.is_held(folder.keeper_lock)
        eventually(folder.state.exists)
        kept, keeper_pid = pids(folder)
        assert json.loads(folder.state.read_text())["port"] == 9092
        assert runs(kept)
        assert launch(folder, *SLEEP) == 1  # one is enough
        assert pids(folder) == (kept, keeper_pid)
    eventually(lambda: not locks.is_held(folder.keeper_lock))
    assert (runs(kept), runs(keeper_pid)) == (False, False)
    assert not folder.state.exists()
    assert folder.log.read_text().endswith("INFO keeper ends: nobody uses Kafka any more\n")


def test_it_does_not_stop_kafka_while_somebody_is_about_to_use_it(
    folder: BrokerFolder, eventually: Eventually, runs: Runs
) -> None:
    starting = locks.take(folder.start_lock)
    assert starting is not None
    launch(folder, *SLEEP)
    eventually(folder.state.exists)
    kept, _ = pids(folder)
    with starting, subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.5)"]) as meanwhile:
        meanwhile.wait()
        assert runs(kept)
    eventually(lambda: not locks.is_held(folder.keeper_lock))
    assert not runs(kept)


def test_it_does_not_shut_out_a_user_who_came_at_the_last_moment(folder: BrokerFolder) -> None:
    with leases.lease(folder.users):
        assert not keeper._shut(folder)
    assert not locks.is_held(folder.start_lock)


def test_it_kills_a_kafka_that_does_not_stop(
    stubborn: Callable[..., "subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    one = stubborn()
    keeper.stop(one)
    assert one.returncode == -signal.SIGKILL


def test_it_ends_with_kafka_and_says_so(folder: BrokerFolder, eventually: Eventually) -> None:
    with leases.lease(folder.users):
        launch(folder, sys.executable, "-S", "-c", "raise SystemExit(3)")
        eventually(lambda: not locks.is_held(folder.keeper_lock))
    assert folder.log.read_text().endswith("INFO keeper ends: Kafka has ended by itself with exit code 3\n")
    assert not folder.state.exists()


def test_it_takes_kafka_along_and_no_more_when_it_is_told_to_end(
    folder: BrokerFolder, eventually: Eventually, runs: Runs
) -> None:
    with leases.lease(folder.users):
        launch(folder, *SLEEP)
        eventually(folder.state.exists)
        kept, keeper_pid = pids(folder)
        nobody = 2**22 + 1  # more than a process id can be
        another = Running(9092, "MkU3OEVBNTcwNTJENDM2Qk", nobody, nobody, "2026-11-22T05:00:00.000Z")
        another.write(folder.state)
        os.kill(keeper_pid, signal.SIGTERM)
        eventually(lambda: not locks.is_held(folder.keeper_lock))
        assert not runs(kept)
        assert Running.read(folder.state) == another  # which is another keeper's to remove


def test_it_ends_when_its_folder_is_removed_and_runs_from_a_zip(
    folder: BrokerFolder, tmp_path: Path, eventually: Eventually, runs: Runs
) -> None:
    shipped = Path(shutil.make_archive(str(tmp_path / "shipped"), "zip", root_dir=LIB, base_dir="starling"))
    with leases.lease(folder.users):
        assert launch(folder, *SLEEP, package=shipped) == 0
        eventually(folder.state.exists)
        kept, keeper_pid = pids(folder)
        shutil.rmtree(folder.path)
    eventually(lambda: not runs(keeper_pid))
    assert not runs(kept)


def test_it_needs_the_standard_library_alone() -> None:
    program = "import sys, starling.broker.keeper; print(*{name.split('.')[0] for name in sys.modules})"
    environment = {**os.environ, "PYTHONPATH": str(LIB)}
    command = [sys.executable, "-S", "-c", program]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert set(said.split()) - sys.stdlib_module_names == {"__main__", "starling"}
