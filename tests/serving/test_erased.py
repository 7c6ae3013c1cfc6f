"""What is erased from the lake is in no file of the dashboard's index either."""

from pathlib import Path

import pytest

from serving.lake import (
    NOON,
    ids,
    indexed,
    make_lake,
    opened_by_another_process,
    post,
    rows,
    said_by_another_process,
    table,
    write,
)
from starling.serving.index.index import discard
from starling.settings import Settings

RECEIPT = {
    "erasure_id": "a", "table_name": "silver.posts", "version": 2, "rows": 1, "posts": 1, "reason": "deletion",
    "erased_at": NOON,
}  # fmt: skip
SECRET = "zyxwvu-9-secret"


def on_disk(folder: Path) -> bool:
    """Whether a text is in any file of the index, whose blocks keep what rows left in them."""
    return any(SECRET.encode() in file.read_bytes() for file in (folder / "dashboard").iterdir())


def erase(settings: Settings, gone: bool) -> None:
    """What the stream does: the row leaves, and the receipt says so when its files are gone."""
    table(settings, "silver.posts").delete("post_id = '1'")
    write(settings, "ops.erasures", [RECEIPT | ({"files_gone_at": NOON} if gone else {})])


@pytest.fixture
def erasable(tmp_path: Path) -> Settings:
    others = [post(number, text=f"a day {number}") for number in range(2, 500)]
    return make_lake(tmp_path, silver_posts=[post(1, text=SECRET, hashtags=["tagged"]), *others])


def test_an_index_that_had_an_erased_text_is_made_anew_at_the_next_start(erasable: Settings, tmp_path: Path) -> None:
    indexed(erasable).close()
    assert on_disk(tmp_path)
    erase(erasable, gone=True)
    index = indexed(erasable)
    assert len(ids(index)) == 498
    index.close()
    assert not on_disk(tmp_path)
    file = tmp_path / "dashboard" / "index.duckdb"
    inode = file.stat().st_ino
    indexed(erasable).close()
    assert file.stat().st_ino == inode, "once is enough"


def test_an_index_in_use_is_made_anew_when_the_erased_files_are_gone(erasable: Settings, tmp_path: Path) -> None:
    index = indexed(erasable)
    file = tmp_path / "dashboard" / "index.duckdb"
    inode, memory = file.stat().st_ino, rows(index, "SELECT current_setting('memory_limit')")
    erase(erasable, gone=False)
    index.refresh()
    assert len(ids(index)) == 498
    assert file.stat().st_ino == inode, "the lake's own files have it still"
    asking = index.new_cursor()
    rows_of = asking.execute("SELECT post_id FROM posts ORDER BY post_id")
    first = rows_of.fetchone()
    write(erasable, "ops.erasures", [{**RECEIPT, "files_gone_at": NOON}], mode="overwrite")
    index.refresh()
    assert index.trouble is None
    assert rows(index, "SELECT current_setting('memory_limit')") == memory
    assert file.stat().st_ino != inode
    assert not file.with_name("index.duckdb.wal").exists(), "the old one's, which DuckDB would take for the new one's"
    assert len(ids(index)) == 498
    assert [first, *rows_of.fetchall()] == [(post_id,) for post_id in ids(index)], "an answer on its way goes on"
    asking.close()
    assert rows(index, "SELECT count(*) FROM tags") == [(0,)]
    assert "another dashboard of this work folder runs" in opened_by_another_process(tmp_path)
    write(erasable, "silver.posts", [post(600)])
    index.refresh()
    assert "600" in ids(index)
    index.close()
    assert not on_disk(tmp_path)
    file.with_name("index-0f.duckdb.wal").write_text(SECRET)  # of a dashboard that was killed
    again = indexed(erasable)
    assert [file.name for file in (tmp_path / "dashboard").iterdir()] == ["index.duckdb"]
    assert len(ids(again)) == 499
    again.close()


def test_an_index_is_discarded_unless_a_dashboard_has_it(erasable: Settings, tmp_path: Path) -> None:
    assert discard(erasable), "there is none"
    index = indexed(erasable)
    said = said_by_another_process(
        tmp_path, "from starling.serving.index.index import discard; print(discard(settings))"
    )
    assert said == "False\n"
    assert ids(index)
    index.close()
    assert discard(erasable)
    assert list((tmp_path / "dashboard").iterdir()) == []
