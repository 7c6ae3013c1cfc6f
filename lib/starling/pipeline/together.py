"""Several writes or reads at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pyspark.sql import SparkSession
from pyspark.util import inheritable_thread_target

_Result = TypeVar("_Result")

# A Delta commit is mostly one thread's work on the driver: three at a time fill two cores.
_AT_A_TIME = 3


def together(spark: SparkSession, *actions: Callable[[], _Result]) -> list[_Result]:
    """What the actions return, in their order, run side by side; raises, when all have ended, what the first raised.

    Their jobs belong to the query that the calling thread belongs to, so that stopping it stops them.
    """
    # A copy of the caller's properties for each: in one that they shared, Spark would take the jobs of one action for
    # those of another one's query, and keep them, with their plans, for ever.
    inherited = [inheritable_thread_target(spark)(action) for action in actions]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        running = [pool.submit(action) for action in inherited]
    return [done.result() for done in running]
