import fcntl
import os
import subprocess
import sys
from pathlib import Path

from starling.broker import locks


def test_a_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = locks.take(path)
    assert first is not None
    assert locks.take(path, seconds=0.1) is None
    first.release()
    second = locks.take(path)
    assert second is not None
    second.release()


def test_a_lock_is_seen_from_outside_while_it_is_held_and_asking_does_not_take_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.is_held(path)  # a file that is not there
    lock = locks.take(path)
    assert lock is not None
    with lock:
        assert [locks.is_held(path), locks.is_held(path)] == [True, True]
    assert not locks.is_held(path)
    again = locks.take(path)
    assert again is not None
    again.release()


def test_those_who_ask_at_the_same_time_do_not_take_each_other_for_the_holder(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w+") as asked:
        fcntl.flock(asked, fcntl.LOCK_SH)
        assert not locks.is_held(tmp_path / "lock")


FORK = """
import os, pathlib, sys
from starling.broker import locks

path = pathlib.Path(sys.argv[1])
reader, writer = os.pipe()
with locks.take(path):
    if not os.fork():
        os.close(writer)
        os.read(reader, 1)  # until the parent has ended
        os._exit(0)
print(locks.is_held(path))
"""


def test_a_lock_that_is_given_back_is_free_although_a_forked_child_lives_on(tmp_path: Path) -> None:
    package = Path(locks.__file__).parents[2]
    said = subprocess.run(
        [sys.executable, "-c", FORK, str(tmp_path / "lock")],
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert said.stdout == "False\n"
