"""One driver: of all streams that could write the tables of a lake, only one does.

Where the lake is a folder, the kernel keeps the lock and frees it however its holder ends. Where it is a URI, the lock
is a file with the holder's name and a count that goes on; whoever's count stands still for a while is taken for dead.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from pyspark.sql import SparkSession

from starling.broker import locks
from starling.errors import BusyError
from starling.failures import local
from starling.hadoop import Folder

FILE = "stream.lock"
# How often the count goes on, and how long it may stand still.
BEAT_SECONDS = 10.0
DEAD_SECONDS = 40.0
_ASK_SECONDS = 1.0  # longer than somebody takes to ask whether it is held


class Held:
    """The lock, while it is held."""

    def __init__(self) -> None:
        self.lost_to = ""

    def check(self) -> None:
        """Raises BusyError where this stream was taken for dead, and another one has the lock."""
        if self.lost_to:
            raise BusyError(f"this stream stood still for so long that another one took over ({self.lost_to})")


@contextmanager
def only_driver(spark: SparkSession, lake: str) -> Iterator[Held]:
    """Keeps every other stream from the lake; raises BusyError, which names the one that has it."""
    folder = local(lake)
    with _by_the_kernel(folder) if folder else _by_a_file(Folder(spark, lake)) as held:
        yield held


def is_driven(spark: SparkSession, lake: str) -> bool:
    """Whether a stream writes the tables of the lake now."""
    folder = local(lake)
    return locks.is_held(folder / FILE) if folder else _beats(Folder(spark, lake), DEAD_SECONDS)


@contextmanager
def _by_the_kernel(folder: Path) -> Iterator[Held]:
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / FILE
    lock = locks.take(place, _ASK_SECONDS)
    if lock is None:
        raise _busy(str(folder), place.read_text(encoding="utf-8"))
    with lock:
        place.write_text(_me(), encoding="utf-8")
        yield Held()


@contextmanager
def _by_a_file(folder: Folder, beat: float = BEAT_SECONDS, dead: float = DEAD_SECONDS) -> Iterator[Held]:
    holder = f"{_me()}, {uuid.uuid4().hex}"
    if not folder.create(FILE, _said(holder, 0)):
        if _beats(folder, dead):
            raise _busy(folder.place, _holder(folder))
        folder.write(FILE, _said(holder, 0))
        time.sleep(beat)  # others may have waited as long: the last one to write has it
        if _holder(folder) != holder:
            raise _busy(folder.place, _holder(folder))
    held, ended = Held(), threading.Event()
    beating = threading.Thread(target=_beat, args=(folder, holder, beat, held, ended), name="lock", daemon=True)
    beating.start()
    try:
        yield held
    finally:
        ended.set()
        beating.join()
        if not held.lost_to:
            folder.delete(FILE)


def _beat(folder: Folder, holder: str, seconds: float, held: Held, ended: threading.Event) -> None:
    count = 0
    while not ended.wait(seconds):
        count += 1
        with suppress(OSError):  # a storage that is away for a moment: the next beat will do
            if _holder(folder) != holder:
                held.lost_to = _holder(folder)
                return
            folder.write(FILE, _said(holder, count))


def _beats(folder: Folder, dead: float) -> bool:
    """Whether the count of a lock's file goes on within so many seconds."""
    if FILE not in folder.names():
        return False
    before, deadline = folder.text(FILE), time.monotonic() + dead
    while time.monotonic() < deadline:
        time.sleep(min(1.0, dead / 10))
        if FILE not in folder.names():
            return False
        if folder.text(FILE) != before:
            return True
    return False


def _said(holder: str, count: int) -> str:
    return f"{holder}\n{count}\n"


def _holder(folder: Folder) -> str:
    return folder.text(FILE).partition("\n")[0]


def _me() -> str:
    """Who holds it, in words for whoever comes second."""
    return f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _busy(lake: str, holder: str) -> BusyError:
    return BusyError(
        f"another stream writes the tables in {lake} ({holder or 'it has not said which'}): stop it first, or give "
        "this one a lake of its own with paths.lake or --work"
    )
