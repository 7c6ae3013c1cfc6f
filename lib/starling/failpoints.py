"""Fail points: named places at which the stream can be made to fail, to see that nothing is lost and nothing doubled.

`STARLING_FAILPOINT=NAME[:N[:ACTION]]` arms one of them: the Nth time (1 by default) that the process comes by, it
ends as if the machine had gone away (`kill`), or raises (`raise`), or stands still (`hang`). In a UDF, N is how many
attempts of each task fail so. Unarmed, a fail point is one look into the environment a write.

    after_LAYER_TABLE   after a write to that table, such as after_silver_posts
    before_commit       when a micro-batch is written and Spark does not know it yet
    in_udf              in the Python worker that scores texts
    in_promotion        between a promotion's row in the log and the change of the champion
    in_deletion         between the tables that a deleted post is taken out of
"""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from starling.errors import ConfigError

VARIABLE = "STARLING_FAILPOINT"
ACTIONS = ("kill", "raise", "hang")
_NAME = r"after_(bronze|silver|gold|ops)_[a-z_]+|before_commit|in_udf|in_promotion|in_deletion"
_HANG_SECONDS = 3600
# Set by spark-submit, whose JVM is the parent of the Python program.
_UNDER_SPARK_SUBMIT = "PYSPARK_GATEWAY_PORT"

_passed: Counter[str] = Counter()
_Work = TypeVar("_Work", bound=Callable[..., object])


class FailPointReached(Exception):  # noqa: N818 — a failure that was asked for
    """What an armed fail point raises."""


@dataclass(frozen=True)
class FailPoint:
    """A fail point that is armed."""

    name: str
    number: int
    action: str

    def fail(self) -> NoReturn:
        """Fails in the way that was asked for."""
        if self.action == "raise":
            raise FailPointReached(f"fail point {self.name}")
        if self.action == "kill":
            self._kill()
        time.sleep(_HANG_SECONDS)
        raise FailPointReached(f"fail point {self.name} stood still for {_HANG_SECONDS} s")

    def _kill(self) -> None:
        if self.name != "in_udf" and _UNDER_SPARK_SUBMIT in os.environ:
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def armed() -> FailPoint | None:
    """The fail point that the environment names; ConfigError where it names none that there is.

    >>> os.environ[VARIABLE] = "after_silver_posts:3"
    >>> armed()
    FailPoint(name='after_silver_posts', number=3, action='kill')
    >>> del os.environ[VARIABLE]
    >>> armed()
    """
    said = os.environ.get(VARIABLE)
    if not said:
        return None
    found = re.fullmatch(rf"({_NAME})(?::([1-9][0-9]*))?(?::({'|'.join(ACTIONS)}))?", said)
    if found is None:
        raise ConfigError(
            f"{VARIABLE} = {said!r}: not NAME[:N[:ACTION]] with NAME after_LAYER_TABLE, before_commit, in_udf, "
            f"in_promotion or in_deletion, N from 1, ACTION {', '.join(ACTIONS)}"
        )
    return FailPoint(found[1], int(found[3] or 1), found[4] or "kill")


def reach(name: str) -> None:
    """Comes by a fail point, and fails where it is armed and its time has come."""
    if VARIABLE not in os.environ:
        return
    point = armed()
    if point and point.name == name:
        _passed[name] += 1
        if _passed[name] == point.number:
            point.fail()


def after(table: str) -> None:
    """Comes by the fail point after a write to a table, which is given by its name."""
    if VARIABLE in os.environ:
        reach(f"after_{table.replace('.', '_')}")


def in_udf(work: _Work) -> _Work:
    """The work of a UDF: as it is, or with the fail point in front, where that one is armed when the UDF is made."""
    point = armed()
    if point is None or point.name != "in_udf":
        return work

    def failing(*columns: object) -> object:
        from pyspark import TaskContext

        task = TaskContext.get()
        if task is None or task.attemptNumber() < point.number:
            point.fail()
        return work(*columns)

    return failing  # type: ignore[return-value]


def disarm() -> None:
    """Forgets what has been passed, so that a fail point can be armed again in the same process."""
    _passed.clear()
