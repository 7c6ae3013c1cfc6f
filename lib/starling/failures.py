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
# Java says it in the same words.
_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))


def in_one_line(error: BaseException) -> str:
    """The innermost cause of the failure: its kind and the first line of its message.

    >>> in_one_line(ValueError("disk full\\n\\tat org.apache…"))
    'ValueError: disk full'
    """
    thrown = _thrown(error)
    if thrown is None:
        return _said(type(error).__name__, str(error))
    for _ in range(_MAX_CAUSES):
        cause = thrown.getCause()
        if cause is None:
            break
        thrown = cause
    return _said(thrown.getClass().getSimpleName(), thrown.getMessage() or "")


def _thrown(error: BaseException) -> JavaObject | None:
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
    folders = [folder for folder in map(_local, places) if folder]
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


def _local(place: str) -> Path | None:
    """The folder that a path or a URI of a local file names.

    >>> _local("file:///data/lake"), _local("s3a://bucket/lake"), _local("/data/lake")
    (PosixPath('/data/lake'), None, PosixPath('/data/lake'))
    """
    path = re.sub(r"^file:(//)?(?=/)", "", place)
    return None if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", path) else Path(path).resolve()


def _existing(folder: Path) -> Path:
    """The folder, or the one above in which it will be made."""
    return next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
