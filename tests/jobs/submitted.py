"""A job run as a user runs it, beside the test; and what its processes show to the machine that they run on."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
_LISTENS = "0A"  # TCP's state in /proc/net/tcp


@contextmanager
def submitted(output: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A job through ./spark-submit.sh, whose words go into the file; it is interrupted at the end of the block."""
    with output.open("w") as told:
        job = subprocess.Popen(
            [str(ROOT / "spark-submit.sh"), *arguments],
            env={**os.environ, **environment},
            stdout=told,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield job
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGINT)
            job.wait(PATIENCE_SECONDS)
    finally:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()


def wait_for(met: Callable[[], bool], job: subprocess.Popen[str], output: Path) -> None:
    """Waits while the job runs; what it said is the reason where it ends before."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert job.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.3)


def family(pid: int) -> set[int]:
    """The process, and all that it and its children have started and that live."""
    parents: dict[int, int] = {}
    for process in _processes():
        with suppress(OSError):
            # Name in brackets, state, parent: the name may hold anything.
            parents[process] = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    found, last = {pid}, set[int]()
    while found != last:
        last = set(found)
        found |= {process for process, parent in parents.items() if parent in found}
    return found


def command_lines(pids: Iterable[int]) -> list[bytes]:
    """What every user of the machine can read of the processes."""
    return [told for pid in pids if (told := _read(pid, "cmdline"))]


def environments(pids: Iterable[int]) -> list[bytes]:
    """What only their own user can."""
    return [told for pid in pids if (told := _read(pid, "environ"))]


def listeners(pids: Iterable[int]) -> set[tuple[str, int]]:
    """Address and port of every TCP socket on which one of the processes listens."""
    sockets = {link for pid in pids for link in _sockets(pid)}
    return {place for inode, place in _listening() if inode in sockets}


def listening_on(port: int) -> set[int]:
    """The processes that listen on a port."""
    wanted = {inode for inode, (_, at) in _listening() if at == port}
    return {pid for pid in _processes() if wanted & _sockets(pid)}


def is_loopback(address: str) -> bool:
    found = ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)  # ::ffff:127.0.0.1, which Java listens on
    return (mapped or found).is_loopback


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def _sockets(pid: int) -> set[str]:
    found: set[str] = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found


def _listening() -> Iterator[tuple[str, tuple[str, int]]]:
    """By inode: where somebody of this machine listens."""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            _, local, _, state, *rest = line.split()
            if state == _LISTENS:
                address, _, port = local.partition(":")
                yield rest[5], (_address(address), int(port, 16))


def _address(digits: str) -> str:
    """The kernel writes an address as numbers of 32 bits, each in this machine's order of bytes.

    >>> _address("0100007F"), _address("00000000000000000000000001000000")
    ('127.0.0.1', '::1')
    """
    words = [bytes.fromhex(digits[start : start + 8])[::-1] for start in range(0, len(digits), 8)]
    return str(ip_address(b"".join(words)))
