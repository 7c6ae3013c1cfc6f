"""How far erasures have come, as it is noted beside their receipts."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from starling import commits, delta
from starling.pipeline import receipts
from starling.pipeline.receipts import Mark, begin, finish, marked
from starling.silver import posts


def _writes(spark: SparkSession, lake: str, number: int) -> None:
    for _ in range(number):
        delta.set_property(spark, posts.TABLE, lake, "a", "b")


def test_the_mark_follows_a_stream_in_which_nothing_is_deleted(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = str(tmp_path)
    monkeypatch.setattr(receipts, "_FAR", 2)
    delta.create(spark, posts.TABLE, lake)
    read_until = {("posts", 0): 5}
    assert begin(spark, lake) == Mark({}, {"silver.posts": 0})
    assert finish(spark, lake, Mark({}, {"silver.posts": 0}), lambda _: None, read_until) == []
    for commit, mark in ((0, 0), (2, 0), (3, 3)):
        _writes(spark, lake, commit - commits.version(spark, posts.TABLE, lake))
        assert finish(spark, lake, marked(spark, lake), lambda _: None, read_until) == []
        assert marked(spark, lake) == Mark(read_until, {"silver.posts": mark}), commit
