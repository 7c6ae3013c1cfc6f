"""The Kafkas that run from a folder, found by their command lines: a recorded process id may be another's by now."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MAIN_CLASS = "kafka.Kafka"
STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05


def kafkas(properties: Path) -> list[int]:
    """The process ids of the Kafkas that were started with this configuration file."""
    return [pid for pid, command in _command_lines() if command.endswith(f" {MAIN_CLASS} {properties}")]


def end(pid: int, properties: Path) -> None:
    """Stops a Kafka that is not a child of ours: asks it to, and kills it after `STOP_SECONDS`."""
    for order in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, order)
        deadline = time.monotonic() + STOP_SECONDS
        while pid in kafkas(properties):
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        else:
            return


def _command_lines() -> Iterator[tuple[int, str]]:
    if Path("/proc/self/cmdline").exists():
        return _from_proc()
    return _from_ps()


def _from_proc() -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it has ended since, or is not ours to look at
                arguments = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                yield int(folder.name), os.fsdecode(b" ".join(arguments))


def _from_ps() -> Iterator[tuple[int, str]]:
    listing = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, check=True).stdout  # noqa: S607
    for line in os.fsdecode(listing).splitlines():
        pid, _, command = line.strip().partition(" ")
        yield int(pid), command.strip()
