"""Locks between processes. The kernel frees them when their holder ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap.progress import say


@contextmanager
def exclusive(path: Path, waiting: str) -> Iterator[int]:
    """Holds the lock file `path` alone, after saying `waiting` if others hold it; gives its descriptor."""
    descriptor = _open(path)
    try:
        if not take(descriptor):
            say(waiting)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def shared(path: Path) -> bool:
    """Holds the lock file with others until this process ends, or what it becomes by exec.

    Whether nobody else held it at that moment.
    """
    descriptor = _open(path)
    alone = take(descriptor)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.set_inheritable(descriptor, True)
    return alone


def take(descriptor: int) -> bool:
    """Takes the lock alone if that is possible now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
