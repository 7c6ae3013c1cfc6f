"""Several writes at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession
from pyspark.util import inheritable_thread_target

# A Delta commit is mostly one thread's work on the driver: three at a time fill two cores.
_AT_A_TIME = 3


def together(spark: SparkSession, *actions: Callable[[], None]) -> None:
    """Runs the actions side by side and returns when all have ended; raises what the first of them raised.

    Their jobs belong to the query that the calling thread belongs to, so that stopping it stops them.
    """
    inherited = inheritable_thread_target(spark)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        running = [pool.submit(inherited(action)) for action in actions]
    for done in running:
        done.result()
