"""Exclusive locks on files. The kernel frees one when its holder ends, however it ends. Standard library only."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

POLL_SECONDS = 0.05


class Lock:
    """A lock that is held, until `release` or the end of a `with`."""

    def __init__(self, descriptor: int) -> None:
        """Takes over a descriptor whose file is locked."""
        self._descriptor = descriptor

    def release(self) -> None:
        """Gives the lock back, also on behalf of forked children, which hold copies of the descriptor."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)

    def __enter__(self) -> "Lock":
        """Holds it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Gives it back."""
        self.release()


def take(path: Path, seconds: float = 0.0) -> Lock | None:
    """The lock on a file, which is made where it is missing; None when it was not to be had within `seconds`."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + seconds
    while not _flock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() >= deadline:
            os.close(descriptor)
            return None
        time.sleep(POLL_SECONDS)
    return Lock(descriptor)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock; asking is a shared lock, so that those who ask do not meet each other."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _flock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
