"""An answer that is worked out beside the pages: it is the newest, and waiting for it has an end."""

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from serving.lake import indexed, make_lake, post, write
from starling.serving import watched
from starling.serving.index.index import Index
from starling.serving.watched import Watched
from starling.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_lake(tmp_path, silver_posts=[post(1)])


@pytest.fixture
def index(settings: Settings) -> Iterator[Index]:
    index = indexed(settings)
    yield index
    index.close()


def posts(cursor: duckdb.DuckDBPyConnection) -> int:
    ((count,),) = cursor.execute("SELECT count(*) FROM posts").fetchall()
    return int(count)


def test_the_answer_is_worked_out_again_only_where_the_table_has_changed(
    settings: Settings, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "_REST", 0)
    worked = []
    answers = Watched(index, "silver.posts", lambda cursor: worked.append(1) or posts(cursor))
    assert [answers.value(10), answers.value(10)] == [1, 1]
    assert len(worked) == 1
    write(settings, "silver.posts", [post(2)])
    index.refresh()
    monkeypatch.setattr(watched, "_PATIENCE_SECONDS", 10)
    assert answers.value(10) == 2
    assert len(worked) == 2


def test_who_asks_first_waits_no_longer_than_told_and_others_have_the_old_answer(
    settings: Settings, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "_REST", 0)
    go_on = threading.Event()

    def slow(cursor: duckdb.DuckDBPyConnection) -> int:
        assert go_on.wait(20)
        return posts(cursor)

    answers = Watched(index, "silver.posts", slow)
    assert answers.value(0.01) is None
    go_on.set()
    assert answers.value(20) == 1
    go_on.clear()
    write(settings, "silver.posts", [post(2)])
    index.refresh()
    assert answers.value(20) == 1
    go_on.set()
    monkeypatch.setattr(watched, "_PATIENCE_SECONDS", 20)
    assert answers.value(20) == 2


def test_what_fails_is_told_and_tried_again(index: Index) -> None:
    fails = [True]

    def work(cursor: duckdb.DuckDBPyConnection) -> int:
        if fails:
            raise ValueError("not yet")
        return posts(cursor)

    answers = Watched(index, "silver.posts", work)
    with pytest.raises(ValueError, match="not yet"):
        answers.value(10)
    fails.clear()
    assert answers.value(10) == 1
