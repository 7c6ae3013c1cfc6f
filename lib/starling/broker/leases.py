"""Who uses the broker: one locked file a user, so that a user who was killed is gone at once. Standard library only."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starling.broker import locks


@contextmanager
def lease(users: Path) -> Iterator[None]:
    """A lease of this process. Taken under the start lock, or else `sweep` may remove it before it is locked."""
    users.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{os.getpid()}-", dir=users)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # may meet somebody who asks, for some microseconds
    with locks.Lock(descriptor):
        try:
            yield
        finally:
            Path(name).unlink(missing_ok=True)


def any_held(users: Path) -> bool:
    """Whether anybody holds a lease."""
    return any(locks.is_held(path) for path in _files(users))


def sweep(users: Path) -> None:
    """Removes what killed users left behind; under the start lock."""
    for path in _files(users):
        if not locks.is_held(path):
            path.unlink(missing_ok=True)


def _files(users: Path) -> list[Path]:
    try:
        return list(users.iterdir())
    except FileNotFoundError:
        return []
