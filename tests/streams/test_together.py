"""Writes side by side."""

import threading

import pytest
from pyspark.sql import SparkSession

from starling.pipeline.together import together


def test_each_action_has_what_the_caller_set_and_nothing_of_the_others(spark: SparkSession) -> None:
    context = spark.sparkContext
    all_have_set = threading.Barrier(3, timeout=60)
    found = {}

    def action(name: str) -> None:
        of_caller = context.getLocalProperty("of the caller")
        context.setLocalProperty("own", name)
        all_have_set.wait()
        found[name] = (of_caller, context.getLocalProperty("own"))

    context.setLocalProperty("of the caller", "here")
    try:
        together(spark, *(lambda name=name: action(name) for name in "abc"))
    finally:
        context.setLocalProperty("of the caller", None)
    assert found == {name: ("here", name) for name in "abc"}
    assert context.getLocalProperty("own") is None


def test_all_actions_end_before_the_first_failure_is_raised(spark: SparkSession) -> None:
    ended = []

    def failing(name: str) -> None:
        ended.append(name)
        raise ValueError(name)

    with pytest.raises(ValueError, match="a"):
        together(spark, *(lambda name=name: failing(name) for name in "abcde"))
    assert sorted(ended) == [*"abcde"]
