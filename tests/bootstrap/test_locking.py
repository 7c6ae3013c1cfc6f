"""Locks, between real processes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap.layout import CHECKOUT

ALONE = "with locking.exclusive(path, 'waiting'): print('in', flush=True); sys.stdin.read()"
TOGETHER = "print(locking.shared(path), flush=True); os.execv('/bin/cat', ['cat'])"

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a process that takes the lock and keeps it until its standard input is closed."""
    running = []

    def of(code: str) -> "subprocess.Popen[str]":
        begin = f"import os, sys\nfrom pathlib import Path\nfrom bootstrap import locking\npath = Path({str(path)!r})\n"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen([sys.executable, "-c", begin + code], cwd=CHECKOUT / "lib", text=True, **pipes)
        running.append(process)
        return process

    path = tmp_path / "new folder" / "lock"
    yield of
    for process in running:
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    """Closes its standard input, waits, and closes the rest."""
    with process:
        process.stdin.close()


def test_a_second_process_says_that_it_waits_and_goes_on_when_the_first_ends(start: Start):
    first = start(ALONE)
    assert first.stdout.readline() == "in\n"
    second = start(ALONE)
    assert second.stderr.readline() == "waiting\n"
    assert second.poll() is None
    _end(first)
    assert second.stdout.readline() == "in\n"


def test_a_lock_is_free_again_when_its_holder_is_killed(start: Start):
    first = start(ALONE)
    assert first.stdout.readline() == "in\n"
    first.kill()
    _end(first)
    second = start(ALONE)
    assert second.stdout.readline() == "in\n"


def test_jobs_hold_a_lock_together_and_the_program_each_becomes_holds_it_on(start: Start):
    first = start(TOGETHER)
    assert first.stdout.readline() == "True\n"
    second = start(TOGETHER)
    assert second.stdout.readline() == "False\n"
    _end(first)
    third = start(ALONE)
    assert third.stderr.readline() == "waiting\n"
    _end(second)
    assert third.stdout.readline() == "in\n"
