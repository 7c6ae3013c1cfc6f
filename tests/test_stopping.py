import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import starling
from starling.stopping import StopWish

LIB = str(Path(starling.__file__).parents[1])

# The program asks itself, so that no busy machine comes between its signals.
HEAD = """
import os, signal, sys, time
from starling.stopping import StopWish
def send(name): os.kill(os.getpid(), getattr(signal, name))
wish = StopWish()
wish.listen()
"""


@pytest.fixture
def start() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a Python program, as python itself does: not under spark-submit."""
    started: list[subprocess.Popen[str]] = []

    def run(program: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != "PYSPARK_GATEWAY_PORT"}
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", HEAD + program],
                env={**environment, "PYTHONPATH": LIB},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield run
    for one in started:
        one.kill()
        one.communicate()


def test_nothing_wished_is_nothing_set() -> None:
    wish = StopWish()
    assert (wish.is_set(), wish.signal, wish.exit_code) == (False, None, 0)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_is_a_wish_and_gives_the_exit_code(
    start: Callable[[str], subprocess.Popen[str]], number: signal.Signals, code: int
) -> None:
    program = start("print('ready', flush=True); heard = wish.wait(60); print(heard); sys.exit(wish.exit_code)")
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    program.send_signal(number)
    assert program.communicate() == ("True\n", "")
    assert program.returncode == code


def test_a_signal_amid_a_wait_is_heard_whenever_it_comes(start: Callable[[str], subprocess.Popen[str]]) -> None:
    program = start(
        """
signal.signal(signal.SIGALRM, lambda *_: wish.set())  # as listen() does for the others, and so often
signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
for _ in range(20_000):
    wish.wait(1e-6)
signal.setitimer(signal.ITIMER_REAL, 0)
print(wish.wait(0), wish.is_set())
"""
    )
    assert program.communicate(timeout=60) == ("True True\n", "")


def test_a_wait_for_a_wish_ends_with_its_time() -> None:
    begun = time.monotonic()
    assert not StopWish().wait(0.2)
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize(("first", "second", "code"), [("SIGINT", "SIGINT", 130), ("SIGINT", "SIGTERM", 143)])
def test_a_second_signal_ends_the_process_at_once(
    start: Callable[[str], subprocess.Popen[str]], first: str, second: str, code: int
) -> None:
    program = start(
        f"""
send("{first}")
print("first", wish.is_set(), flush=True)
time.sleep(0.6)
try:
    send("{second}")
    time.sleep(60)
finally:
    print("the work is ended in good order", flush=True)
"""
    )
    assert program.communicate() == ("first True\n", "")
    assert program.returncode == code


def test_two_signals_of_one_press_are_one_wish(start: Callable[[str], subprocess.Popen[str]]) -> None:
    program = start(
        """
send("SIGINT")
send("SIGINT")
time.sleep(0.1)
print("still here", wish.is_set(), flush=True)
sys.exit(wish.exit_code)
"""
    )
    assert program.communicate() == ("still here True\n", "")
    assert program.returncode == 130


def test_what_a_busy_jvm_hands_over_late_is_still_the_one_press_and_a_second_press_is_not(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    program = start(
        """
from types import SimpleNamespace
from starling.stopping import _JvmHandler
def jvm_hears(number): _JvmHandler(wish).handle(SimpleNamespace(getNumber=lambda: number))
send("SIGINT")
time.sleep(0.6)
jvm_hears(2)
print("still here", wish.is_set(), flush=True)
time.sleep(0.6)
jvm_hears(2)
print("still here", flush=True)
"""
    )
    assert program.communicate() == ("still here True\n", "")
    assert program.returncode == 130
