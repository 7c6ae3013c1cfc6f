"""What Spark and the JVM say when something fails, in one line that a person can use."""

import errno
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError

from starling.errors import StorageError

_MAX_CAUSES = 20
# The line after a traceback's frames, without the module of what was raised.
_RAISED = r"Traceback \(most recent call last\):\n(?:[ \t].*\n)+(?:\w+\.)*(\w.*)"
# Java says it in the same words.
_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))


def in_one_line(error: BaseException) -> str:
    """The innermost cause of the failure that says anything: its kind and the first line of its message.

    >>> in_one_line(ValueError("disk full\\n\\tat org.apache…"))
    'ValueError: disk full'
    """
    found = thrown(error)
    if found is None:
        return _said(type(error).__name__, str(error))
    kind, message = _telling(list(causes(found)))
    return _in_python(message) or _said(kind, message)


def causes(found: JavaObject | None) -> Iterator[JavaObject]:
    """The exception, its cause, and so on, the innermost one last."""
    for _ in range(_MAX_CAUSES):
        if found is None:
            return
        yield found
        found = found.getCause()


def _telling(chain: Sequence[JavaObject]) -> tuple[str, str]:
    """Kind and message of the innermost exception that has words of its own, and not only its cause's.

    Where a Python worker died, the innermost one is an end of file, which says nothing.
    """
    within = ""
    for cause in reversed(chain):
        message = str(cause.getMessage() or "").strip()
        if message and message != within:
            return str(cause.getClass().getSimpleName()), message
        within = str(cause.toString())
    return str(chain[-1].getClass().getSimpleName()), ""


def _in_python(message: str) -> str | None:
    """What a Python worker raised, where the message of Spark's exception is its traceback; else None.

    >>> _in_python("See below.\\nTraceback (most recent call last):\\n  File …\\nurllib.error.URLError: refused\\n")
    'URLError: refused'
    """
    raised = re.findall(_RAISED, message)
    return str(raised[-1]) if raised else None


def thrown(error: BaseException) -> JavaObject | None:
    """The Java exception inside py4j's, or inside the one that PySpark made of it."""
    if isinstance(error, Py4JJavaError):
        return error.java_exception
    return getattr(error, "_origin", None)


def _said(kind: str, message: str) -> str:
    lines = message.strip().splitlines()
    return f"{kind}: {lines[0]}" if lines else kind


@contextmanager
def storage_errors(places: Sequence[str]) -> Iterator[None]:
    """Names the full disk, or the folder that cannot be written to, where the work within failed for that.

    `places` are the folders and URIs that the work writes to; of URIs nothing can be told. Raises StorageError, for a
    read-only folder at once: Spark, which takes seconds to start, would say less of it.
    """
    folders = [folder for folder in map(local, places) if folder]
    _refuse_read_only(folders)
    try:
        yield
    except Exception as error:
        _refuse_read_only(folders)
        if not any(words in f"{error} {in_one_line(error)}" for words in _FULL):
            raise
        free, folder = min((shutil.disk_usage(_existing(folder)).free, folder) for folder in folders)
        raise StorageError(
            f"no space left on the disk of {folder}: {free:,} bytes are free; make room there and start again: nothing "
            "is lost, the work goes on where it was"
        ) from error


def _refuse_read_only(folders: Sequence[Path]) -> None:
    for folder in folders:
        if not os.access(_existing(folder), os.W_OK | os.X_OK):
            raise StorageError(
                f"{folder} cannot be written to; give access there, or name another folder in [paths] of the settings"
            )


def local(place: str) -> Path | None:
    """The folder that a path or a URI of a local file names.

    >>> local("file:///data/lake"), local("s3a://bucket/lake"), local("/data/lake")
    (PosixPath('/data/lake'), None, PosixPath('/data/lake'))
    """
    path = re.sub(r"^file:(//)?(?=/)", "", place)
    return None if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", path) else Path(path).resolve()


def _existing(folder: Path) -> Path:
    """The folder, or the one above in which it will be made."""
    return next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
