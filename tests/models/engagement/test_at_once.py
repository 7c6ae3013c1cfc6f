"""Several works at a time."""

import threading
from functools import partial

import pytest
from pyspark.sql import SparkSession

from starling.models.engagement.at_once import at_once


def test_results_come_in_the_order_of_their_works_and_two_run_together(spark: SparkSession) -> None:
    both = threading.Barrier(2, timeout=30)

    def work(number: int) -> int:
        both.wait()  # passes only if another one runs
        return number * number

    assert at_once(spark, [partial(work, number) for number in range(4)]) == [0, 1, 4, 9]
    assert at_once(spark, []) == []


def test_a_failure_is_the_callers(spark: SparkSession) -> None:
    def fail() -> int:
        raise ValueError("no forest")

    with pytest.raises(ValueError, match="no forest"):
        at_once(spark, [lambda: 1, fail])
