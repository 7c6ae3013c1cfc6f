"""Several fits at a time: a forest of some thousand rows is many short jobs, which keep less than a core busy."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pyspark import inheritable_thread_target
from pyspark.sql import SparkSession

_Result = TypeVar("_Result")
_AT_ONCE = 2


def at_once(spark: SparkSession, works: Sequence[Callable[[], _Result]]) -> list[_Result]:
    """What each work returns, in their order, two at a time; the first failure ends the rest."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        return [each.result() for each in [pool.submit(inheritable_thread_target(spark)(work)) for work in works]]
    finally:
        pool.shutdown(cancel_futures=True)
