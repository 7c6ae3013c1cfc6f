"""What Spark and the JVM say when something fails, in one line that a person can use."""

from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError

_MAX_CAUSES = 20


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
