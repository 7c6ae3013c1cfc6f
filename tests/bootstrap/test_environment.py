"""The virtual environment: whose folder it may be, and when it is trusted. Real environments, the real pip."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap import environment, locking
from bootstrap.layout import Layout
from bootstrap.progress import SetupError


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    return Layout(tmp_path, tmp_path / "venv")


@pytest.fixture
def free() -> Callable[[Path], bool]:
    """Tells whether nobody holds a lock."""

    def of(path: Path) -> bool:
        with path.open() as file:
            return locking.take(file.fileno())

    return of


def _somebodys(venv: Path, *packages: str) -> None:
    site = venv / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (venv / "pyvenv.cfg").touch()
    for package in packages:
        (site / f"{package}.dist-info").mkdir()


def test_a_folder_that_is_not_there_or_empty_is_claimed(place):
    environment.claim(place)
    assert place.own.is_dir()
    environment.claim(place)


def test_an_environment_in_which_nothing_was_installed_is_claimed(place):
    _somebodys(place.venv, "pip-23.2.1", "setuptools-65.5.0")
    environment.claim(place)
    assert place.own.is_dir()


def test_an_environment_in_which_somebody_installed_something_is_left_alone(place):
    _somebodys(place.venv, "pip-23.2.1", "numpy-2.0.0")
    with pytest.raises(SetupError, match="was not made by Starling"):
        environment.claim(place)
    assert not place.own.exists()


def test_a_file_in_the_place_of_the_environment_is_left_alone(place):
    place.venv.write_text("mine")
    with pytest.raises(SetupError, match="was not made by Starling"):
        environment.claim(place)


def _start(checkout, **environ: str) -> "subprocess.Popen[str]":
    """Starts a set-up with the tests' packages, in a process group of its own."""
    command = ["/bin/bash", "-c", '. "$0"; bootstrap run python -c "import needed, linter; print(1)"']
    command.append(str(checkout.home / "lib" / "bootstrap.sh"))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=checkout.environ | environ, start_new_session=True, text=True, **pipes)


def _reach_the_middle(checkout) -> "subprocess.Popen[str]":
    """A set-up that has come half-way, and stays there while the file `pause` is there."""
    pause = Path(checkout.environ["TEST_PAUSE"])
    pause.touch()
    process = _start(checkout)
    while not Path(f"{pause}.reached").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return process


def _at_step(checkout, title: str) -> "subprocess.Popen[str]":
    """A set-up whose first step is the one of that title, which has just begun."""
    line = f"Setting up Starling (once): {title} …"
    process = _start(checkout)
    assert process.stderr.read(len(line)) == line
    return process


def _kill(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _go_on(checkout) -> None:
    Path(checkout.environ["TEST_PAUSE"]).unlink()


@pytest.mark.slow
def test_an_environment_whose_making_was_killed_is_made_anew_and_then_trusted(offline):
    _kill(_reach_the_middle(offline))
    [site] = (offline.home / ".venv").glob("lib/python3*/site-packages")
    (site / "half.py").touch()
    _go_on(offline)
    said = _start(offline).communicate()
    assert said[0] == "1\n"
    assert "virtual environment" in said[1]
    assert not (site / "half.py").exists()
    (site / "mine.py").touch()
    assert _start(offline).communicate() == ("1\n", "")
    assert (site / "mine.py").exists()


@pytest.mark.slow
def test_of_two_at_once_one_sets_up_and_the_other_waits_and_says_so(offline):
    first = _reach_the_middle(offline)
    second = _start(offline)
    assert second.stderr.readline() == f"Waiting for another set-up of {offline.home / '.venv'} to end.\n"
    _go_on(offline)
    assert second.communicate() == ("1\n", "")
    assert first.communicate()[0] == "1\n"


@pytest.mark.slow
def test_the_installer_of_a_killed_set_up_is_waited_for(offline):
    first = _reach_the_middle(offline)
    first.kill()
    second = _start(offline)
    assert second.stderr.readline().startswith("Waiting for another set-up")
    _go_on(offline)
    said = second.communicate()
    assert said[0] == "1\n"
    assert "virtual environment" in said[1]
    first.communicate()


@pytest.mark.slow
def test_a_set_up_that_is_told_to_stop_takes_its_installer_along(offline, free):
    process = _reach_the_middle(offline)
    assert not free(offline.home / ".venv.lock")
    process.terminate()
    process.communicate()
    assert process.returncode == 143
    assert free(offline.home / ".venv.lock")


@pytest.mark.slow
def test_jobs_keep_their_environment_when_adding_the_tests_packages_fails_and_a_killed_adding_is_not_trusted(offline):
    offline.write("jobs/demo.py", "")
    offline.run("spark-submit.sh", "demo")
    lock = offline.home / "conf" / "lock" / "dev.txt"
    right = lock.read_text()
    lock.write_text(right[:-2] + ("0" if right[-2] != "0" else "1") + "\n")
    process = _start(offline)
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in process.communicate()[1]
    assert process.returncode == 1
    assert _ready(offline, dev=False)
    assert not _ready(offline, dev=True)
    lock.write_text(right)
    _kill(_at_step(offline, "Python packages for the tests"))
    process = _at_step(offline, "virtual environment")
    while not (offline.home / ".venv" / "bin" / "python").exists():
        assert process.poll() is None
        time.sleep(0.01)
    _kill(process)
    assert not _ready(offline, dev=False)
    assert _start(offline).communicate()[0] == "1\n"


@pytest.mark.slow
def test_after_a_change_of_what_it_is_made_from_the_environment_is_made_anew_once_no_job_runs_from_it(offline):
    assert _start(offline).communicate()[0] == "1\n"
    assert _ready(offline, dev=True)
    _append(offline.home / "conf" / "lock" / "dev.txt")
    assert not _ready(offline, dev=True)
    assert _ready(offline, dev=False)
    _append(offline.home / "conf" / "lock" / "run.txt")
    assert not _ready(offline, dev=False)
    with (offline.home / ".venv" / "starling" / "in-use").open() as job:
        fcntl.flock(job, fcntl.LOCK_SH)
        process = _start(offline)
        assert process.stderr.readline().startswith("Waiting for the jobs that run from")
        [site] = (offline.home / ".venv").glob("lib/python3*/site-packages")
        assert (site / "needed.py").exists()
    assert "virtual environment" in process.communicate()[1]
    assert _ready(offline, dev=True)


@pytest.mark.slow
def test_the_tests_packages_are_added_to_the_environment_of_the_jobs_which_stays(offline):
    offline.write("jobs/demo.py", "")
    offline.run("spark-submit.sh", "demo")
    [site] = (offline.home / ".venv").glob("lib/python3*/site-packages")
    assert (site / "needed.py").exists()
    assert not (site / "linter.py").exists()
    (site / "mine.py").touch()
    assert "Python packages for the tests" in _start(offline).communicate()[1]
    assert (site / "mine.py").exists()
    assert (site / "linter.py").exists()


@pytest.mark.slow
def test_another_folder_can_be_the_environment_even_one_that_python_made(offline, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "given"], check=True)
    assert _start(offline, STARLING_VENV=str(tmp_path / "given")).communicate()[0] == "1\n"
    assert (tmp_path / "given" / "starling").is_dir()
    assert not (offline.home / ".venv").exists()


def _ready(checkout, dev: bool) -> bool:
    return environment.ready(Layout(checkout.home, checkout.home / ".venv"), dev, {})


def _append(lock: Path) -> None:
    with lock.open("a") as file:
        file.write("# changed\n")
