"""Answers are computed once for as long as they hold."""

import pytest

from starling.serving.kept import Kept


def test_an_answer_is_computed_once_until_the_index_changes() -> None:
    kept = Kept(oldest_seconds=0)
    assert [kept.get("a", changes, lambda c=changes: c * 10) for changes in (1, 1, 2)] == [10, 10, 20]
    assert kept.get("a", 2, lambda: 99) == 20
    assert kept.get("b", 2, lambda: 99) == 99


def test_while_the_index_changes_an_answer_may_be_some_seconds_old() -> None:
    kept = Kept(oldest_seconds=60)
    assert [kept.get("a", changes, lambda c=changes: c) for changes in (1, 2, 3)] == [1, 1, 1]


def test_what_was_asked_for_longest_ago_is_forgotten() -> None:
    kept = Kept()
    for name in range(33):
        kept.get(name, 1, lambda: "first")
    assert kept.get(32, 1, lambda: "again") == "first"
    assert kept.get(1, 1, lambda: "again") == "first"
    assert kept.get(0, 1, lambda: "again") == "again"


def test_an_answer_that_fails_is_asked_for_again() -> None:
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.get("a", 1, lambda: 1 // 0)
    assert kept.get("a", 1, lambda: 7) == 7
