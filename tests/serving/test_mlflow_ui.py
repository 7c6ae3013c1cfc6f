"""MLflow's pages beside the dashboard: they come with it, and go with it however it ends."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from serving.lake import settings_of
from serving.trained import pages_on
from starling.errors import ConfigError, ModelError
from starling.models.store import Store
from starling.serving import leash
from starling.serving.mlflow_ui import ENDED, RUNNING, MlflowUi
from starling.settings import Models

STARTS_ANOTHER = """
import subprocess, time
print(subprocess.Popen(["sleep", "1000"]).pid, flush=True)
time.sleep(1000)
"""
PROGRAM = [sys.executable, "-c", STARTS_ANOTHER]
HOLDER = """
import subprocess, sys
kept = subprocess.Popen([sys.executable, "-I", *sys.argv[1:]], stdin=subprocess.PIPE, start_new_session=True)
kept.wait()
"""


def lives(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and ") Z " not in status.read_text()


def gone(pid: int, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not lives(pid)


@pytest.mark.parametrize("order", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_and_what_it_started_end_with_whoever_held_the_leash(order: signal.Signals) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, leash.__file__, *PROGRAM], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    sleep = int(holder.stdout.readline())
    assert lives(sleep)
    os.kill(holder.pid, order)
    holder.wait()
    assert gone(sleep)
    holder.stdout.close()


def test_a_program_that_ends_by_itself_ends_the_leash_with_its_exit_code() -> None:
    program = [sys.executable, "-I", leash.__file__, sys.executable, "-c", "raise SystemExit(7)"]
    ended = subprocess.Popen(program, stdin=subprocess.PIPE)
    assert ended.wait(10) == 7
    assert ended.stdin is not None
    ended.stdin.close()


def test_a_server_needs_no_pages_of_ours_and_a_store_that_is_not_there_has_none(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with pytest.raises(ModelError, match=r"there is no MLflow store at .*mlflow.db yet: train with"):
        MlflowUi(settings)
    remote = settings.model_copy(update={"models": Models(tracking_uri="http://me:hunter2@mlflow.example")})
    with pytest.raises(ConfigError, match=r"MLflow at http://\*+@mlflow.example has pages of its own"):
        MlflowUi(remote)


@pytest.mark.slow
def test_the_pages_are_served_on_loopback_linked_and_ended(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    store = Store(settings).sqlite
    assert store is not None
    store.parent.mkdir(parents=True)
    store.touch()  # MLflow makes its tables in a database without any
    ui = MlflowUi(settings)
    try:
        deadline = time.monotonic() + 120
        while ui.state != RUNNING and time.monotonic() < deadline:
            time.sleep(0.2)
        with urllib.request.urlopen(ui.url) as answer:
            assert answer.status == 200
        with pages_on(settings) as client:
            client.application.extensions["mlflow_ui"] = ui
            assert f'<a href="{ui.url}" rel="noreferrer">Open MLflow’s pages</a>' in client.get("/trust").text
        with pytest.raises(ConfigError, match="MLflow's pages cannot listen on"):
            MlflowUi(settings, int(ui.url.rstrip("/").rpartition(":")[2]))
        assert str(tmp_path) not in " ".join(command_lines("mlflow"))
    finally:
        ui.close()
    assert ui.state == ENDED


def command_lines(word: str) -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line:
            found.append(line)
    return found
