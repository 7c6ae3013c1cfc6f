"""What the broker's tests share: settings of a work folder, and the processes of users of its broker."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import starling
from starling.settings import Broker, Paths, Settings

LIB = Path(starling.__file__).parents[1]

USER = """
import sys
from starling.broker import connect
from starling.settings import Paths, Settings

with connect(Settings(paths=Paths(work=sys.argv[1]))) as servers:
    print(servers, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A work folder whose name must be escaped wherever it is not passed on as it is."""
    return tmp_path / "wörk, = 1"


@pytest.fixture
def settings(work: Path) -> Callable[..., Settings]:
    def of(**broker: int) -> Settings:
        patience = {"start_timeout_seconds": 60}  # not validated, so that a test may have less than a user may
        return Settings(paths=Paths(work=str(work)), broker=Broker.model_construct(heap_mb=256, **patience | broker))

    return of


@pytest.fixture
def start_user(work: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a process that uses the broker of the work folder, from a folder of its own and from a relative path."""
    users: list[subprocess.Popen[str]] = []

    def start(package: Path = LIB) -> subprocess.Popen[str]:
        user = subprocess.Popen(
            [sys.executable, "-c", USER, work.name],
            cwd=work.parent,
            env={**os.environ, "PYTHONPATH": str(package), "STARLING_HOME": str(LIB.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        users.append(user)
        return user

    yield start
    for user in users:
        user.kill()
        user.communicate()


@pytest.fixture
def process() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a process that does nothing, with these further arguments."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)", *arguments]))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


@pytest.fixture
def stubborn() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a process that does not end when it is asked to."""
    started: list[subprocess.Popen[bytes]] = []
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        one = subprocess.Popen([sys.executable, "-S", "-c", program, *arguments], stdout=subprocess.PIPE)
        started.append(one)
        assert one.stdout is not None
        one.stdout.readline()
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < deadline, "it did not come true within 30 s"
            time.sleep(0.05)

    return wait


@pytest.fixture
def runs() -> Callable[[int], bool]:
    """Whether a process runs: it is there, and is more than an entry that nobody has asked for yet."""

    def look(pid: int) -> bool:
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return False

    return look
