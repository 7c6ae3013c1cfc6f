"""Records of many files in the order of their times, with bounded memory.

Records are sorted in runs of RUN_BYTES. The last run stays in memory; those before it are written to one temporary
file, and all are merged while they are read back. The order is that of (time, file, line), so it is the same
however the runs fall.
"""

import heapq
import io
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, NamedTuple

from starling.errors import StorageError

RUN_BYTES = 64 << 20
# The time of what stands before any time is known.
BEFORE_ALL = -(1 << 62)

_ENTRY_OVERHEAD_BYTES = 250  # what CPython keeps around a payload
_HEAD = struct.Struct("<qIQIiI")  # time, file, line, part, length of the id or -1, length of the payload
_READ_BYTES = 64 << 10
_WRITE_BYTES = 1 << 20


class Entry(NamedTuple):
    """A record and its place in the order, which the first four give: no two records agree in all of them."""

    time_ms: int
    file: int
    line: int
    part: int
    post_id: str | None
    payload: bytes


@dataclass(frozen=True)
class Timeline:
    """Entries in the order of time; can be gone through again and again.

    `first_ms` and `last_ms` are the first and last time that any entry has; both are 0 where none has.
    """

    runs: list[Iterable[Entry]]
    count: int
    first_ms: int
    last_ms: int

    def __iter__(self) -> Iterator[Entry]:
        """The entries from the beginning."""
        return heapq.merge(*self.runs)


@contextmanager
def in_order(entries: Iterable[Entry], run_bytes: int = RUN_BYTES) -> Iterator[Timeline]:
    """The entries sorted, after all of them have been read.

    Raises StorageError when the temporary folder cannot take what does not fit into `run_bytes` of memory.
    """
    with _temporary_file() as spill:
        runs: list[Iterable[Entry]] = []
        times: list[int] = []
        count = 0
        for run, is_last in _sorted_runs(entries, run_bytes):
            count += len(run)
            times += _span(run)
            runs.append(run if is_last else _spilled(run, spill.fileno()))
        yield Timeline(runs, count, min(times, default=0), max(times, default=0))


def _temporary_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile(prefix="starling-replay-", buffering=0)
    except OSError as error:
        raise StorageError(
            f"no temporary file can be made ({error.strerror}); set TMPDIR to a folder with room"
        ) from None


def _sorted_runs(entries: Iterable[Entry], run_bytes: int) -> Iterator[tuple[list[Entry], bool]]:
    """Runs of about `run_bytes`, and whether a run is the last one."""
    run: list[Entry] = []
    size = 0
    for entry in entries:
        run.append(entry)
        size += len(entry.payload) + _ENTRY_OVERHEAD_BYTES
        if size >= run_bytes:
            yield sorted(run), False
            run, size = [], 0
    yield sorted(run), True


def _span(run: list[Entry]) -> list[int]:
    """The first and the last time in a sorted run; nothing where no entry has one."""
    first = next((entry.time_ms for entry in run if entry.time_ms > BEFORE_ALL), None)
    return [] if first is None else [first, run[-1].time_ms]


def _spilled(run: list[Entry], descriptor: int) -> "_SpilledRun":
    start = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        _write(run, descriptor)
    except OSError as error:
        raise StorageError(
            f"{tempfile.gettempdir()}: the records to be sorted do not fit ({error.strerror}); "
            "set TMPDIR to a folder with more room"
        ) from None
    return _SpilledRun(descriptor, start, os.lseek(descriptor, 0, os.SEEK_END))


def _write(run: list[Entry], descriptor: int) -> None:
    pending = bytearray()
    for entry in run:
        post_id = None if entry.post_id is None else entry.post_id.encode()
        pending += _HEAD.pack(*entry[:4], -1 if post_id is None else len(post_id), len(entry.payload))
        pending += post_id or b""
        pending += entry.payload
        if len(pending) >= _WRITE_BYTES:
            _write_all(pending, descriptor)
            pending.clear()
    _write_all(pending, descriptor)


def _write_all(pending: bytearray, descriptor: int) -> None:
    with memoryview(pending) as rest:
        written = 0
        while written < len(rest):
            written += os.write(descriptor, rest[written:])


@dataclass(frozen=True)
class _SpilledRun:
    """Sorted entries in a stretch of the temporary file."""

    descriptor: int
    start: int
    end: int

    def __iter__(self) -> Iterator[Entry]:
        """The entries, read as they are asked for."""
        stream = io.BufferedReader(_Stretch(self.descriptor, self.start, self.end), _READ_BYTES)
        while head := stream.read(_HEAD.size):
            time_ms, file, line, part, id_length, length = _HEAD.unpack(head)
            post_id = None if id_length < 0 else stream.read(id_length).decode()
            yield Entry(time_ms, file, line, part, post_id, stream.read(length))


class _Stretch(io.RawIOBase):
    """A part of a file with a position of its own, so that many parts are read side by side through one descriptor."""

    def __init__(self, descriptor: int, start: int, end: int) -> None:
        self._descriptor, self._at, self._end = descriptor, start, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed wants any Buffer
        chunk = os.pread(self._descriptor, min(len(buffer), self._end - self._at), self._at)
        buffer[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)
