"""The files of a replay: which format they have, their lines, and what is wrong with them, in one line each."""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from starling.errors import ConfigError
from starling.sources.merge import BEFORE_ALL, Entry
from starling.sources.summary import Place, Tally
from starling.sources.wire import Message, Wire, read_json
from starling.sources.x_archive.wire import WIRE as X_ARCHIVE
from starling.sources.x_v2.wire import WIRE as X_V2

WIRES = {wire.source: wire for wire in (X_V2, X_ARCHIVE)}

# No broker takes a record near this size; it only keeps a file without line ends from filling the memory.
MAX_LINE_BYTES = 16 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINES_TO_GUESS_FROM = 100


@dataclass(frozen=True)
class ReplayFile:
    """A file and the format of its lines."""

    path: Path
    wire: Wire

    def __str__(self) -> str:
        """Its path, as it may be printed."""
        return shown(self.path)


def shown(path: Path) -> str:
    """A path as it may be printed: a name can hold a terminal's control sequences.

    >>> shown(Path("posts.jsonl")), shown(Path("a\\x1b[2J"))
    ('posts.jsonl', "'a\\\\x1b[2J'")
    """
    return str(path) if str(path).isprintable() else repr(str(path))


def replay_file(path: Path, source: str | None = None) -> ReplayFile:
    """The file with its format: `source` (`x-v2`, `x-archive`), or what its first lines look like.

    Raises ConfigError when the file cannot be read, or its format is unknown.
    """
    if source is None:
        return ReplayFile(path, _guess(path))
    if source not in WIRES:
        raise ConfigError(f"format {source!r} is not one of {', '.join(WIRES)}")
    next(lines(path), None)
    return ReplayFile(path, WIRES[source])


def _guess(path: Path) -> Wire:
    full = (line for _, line in lines(path) if line and not line.isspace())
    empty = True
    for line in islice(full, _LINES_TO_GUESS_FROM):
        empty = False
        try:
            value = read_json(line)
        except ValueError:
            continue
        for wire in WIRES.values():
            if wire.recognises(value):
                return wire
    if empty:  # a quiet hour's file: any format says as much of it
        return X_V2
    raise ConfigError(f"{shown(path)}: its first lines are neither of {' nor of '.join(WIRES)}; name it with --format")


def lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """The number and the bytes of each line, without its end; None for one of more than MAX_LINE_BYTES.

    Raises ConfigError when the file cannot be read, or not to its end.
    """
    with _opened(path) as stream:
        number = 0
        while chunk := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if number == 1:
                chunk = chunk.removeprefix(_BYTE_ORDER_MARK)  # it marks the file; no line begins with it
            if len(chunk) > MAX_LINE_BYTES and not chunk.endswith(b"\n"):
                _skip_to_line_end(stream)
                yield number, None
            else:
                yield number, chunk.rstrip(b"\r\n")


def _skip_to_line_end(stream: BinaryIO) -> None:
    while (chunk := stream.readline(MAX_LINE_BYTES)) and not chunk.endswith(b"\n"):
        pass


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked where they are gzip."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{shown(path)}: not a file")
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == _GZIP_MAGIC
            if path.suffix == ".gz" and not packed:
                raise ConfigError(f"{shown(path)}: named .gz, but not gzip; rename it, or fetch it again")
            yield io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw  # buffered anew: far quicker lines
    except EOFError:
        raise ConfigError(f"{shown(path)}: cut off in the middle of the gzip stream; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ConfigError(f"{shown(path)}: damaged gzip ({error}); fetch it again") from None
    except OSError as error:
        raise ConfigError(f"{shown(path)}: {error.strerror or error}") from None


def entries(files: Sequence[ReplayFile], tally: Tally) -> Iterator[Entry]:
    """The records of all files, file after file. What has no time gets the time of what stands before it.

    What is not to be sent at all goes to the tally. Raises ConfigError when a file cannot be read to its end.
    """
    for index, file in enumerate(files):
        time_ms = BEFORE_ALL
        for number, line in lines(file.path):
            for part, message in enumerate(_messages(file, Place(index, number), line, tally)):
                time_ms = time_ms if message.time_ms is None else message.time_ms
                yield Entry(time_ms, index, number, part, message.post_id, message.payload)


def _messages(file: ReplayFile, place: Place, line: bytes | None, tally: Tally) -> list[Message]:
    if line is None:
        tally.skip(place, f"longer than {MAX_LINE_BYTES:,} bytes")
        return []
    if not line or line.isspace():
        tally.empty_lines += 1
        return []
    messages = list(file.wire.messages(line))
    if not messages:
        tally.skip(place, "a page without posts")
    return messages
