"""The index has exactly the rows of the newest version, whatever was done to the table."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from serving.lake import (
    NOON,
    entry,
    ids,
    indexed,
    make_lake,
    opened_by_another_process,
    post,
    rows,
    settings_of,
    table,
    write,
)
from starling.errors import StorageError
from starling.serving.index import files, scored
from starling.serving.index.index import Index
from starling.serving.trust import trust


def test_rows_that_are_added_compacted_and_deleted_are_followed(tmp_path: Path) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1), post(2)])
    index = indexed(settings)
    assert ids(index) == ["1", "2"]
    write(settings, "silver.posts", [post(3)])
    assert index.refresh()
    assert ids(index) == ["1", "2", "3"]

    table(settings, "silver.posts").optimize.compact()
    assert index.refresh()
    assert ids(index) == ["1", "2", "3"]
    table(settings, "silver.posts").delete("post_id = '2'")
    assert index.refresh()
    assert ids(index) == ["1", "3"]
    assert not index.refresh()
    index.close()


def test_an_index_that_was_closed_goes_on_from_its_file(tmp_path: Path) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1, hashtags=["one"])])
    indexed(settings).close()
    write(settings, "silver.posts", [post(2, hashtags=["two", "one"])])
    index = indexed(settings)
    assert ids(index) == ["1", "2"]
    assert rows(index, "SELECT tag FROM tags ORDER BY code") == [("one",), ("two",)]
    assert rows(index, "SELECT tags FROM posts WHERE post_id = '2'") == [([1, 0],)]
    index.close()


def test_an_index_that_another_version_has_made_is_made_anew(tmp_path: Path) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1)])
    indexed(settings).close()
    with duckdb.connect(str(tmp_path / "dashboard" / "index.duckdb")) as before:
        before.execute("UPDATE made_like SET number = number - 1")
        before.execute("UPDATE posts SET text = 'what was kept then'")
    index = indexed(settings)
    assert rows(index, "SELECT post_id, text FROM posts") == [("1", "a good day")]
    index.close()


def test_another_table_in_the_place_of_the_first_is_taken_over_whole(tmp_path: Path) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1)])
    index = indexed(settings)
    Path(settings.lake).rename(tmp_path / "before")
    index.refresh()
    assert ids(index) == []
    write(settings, "silver.posts", [post(7)])
    index.refresh()
    assert ids(index) == ["7"]
    index.close()


def test_another_table_is_noticed_though_it_has_no_newer_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "REOPENED", 2)
    settings = make_lake(tmp_path, silver_posts=[post(1)])
    index = indexed(settings)
    Path(settings.lake).rename(tmp_path / "before")
    write(settings, "silver.posts", [post(7)])
    index.refresh()
    assert ids(index) == ["7"]
    index.close()


@pytest.mark.parametrize("scores_first", [True, False])
def test_a_posts_scores_are_in_its_row_whichever_came_first(tmp_path: Path, scores_first: bool) -> None:
    settings = settings_of(tmp_path)
    score = {
        "platform": "x", "post_id": "1", "created_at": NOON, "topic": 4, "predicted_engagement": 12.5,
        "top_quarter_probability": 0.25, "topics_version": 1, "engagement_version": 1, "kafka_topic": "t",
        "partition": 0, "offset": 0, "scored_at": NOON,
    }  # fmt: skip
    steps = [("gold.post_scores", [score]), ("silver.posts", [post(1), post(2)])]
    index = indexed(settings)
    for name, wanted in steps if scores_first else reversed(steps):
        write(settings, name, wanted)
        index.refresh()
    asked = "SELECT post_id, topic, predicted, top_quarter FROM posts ORDER BY post_id"
    assert rows(index, asked) == [("1", 4, 12.5, 0.25), ("2", None, None, None)]

    table(settings, "silver.posts").optimize.compact()
    write(settings, "gold.post_scores", [{**score, "topic": 5}], mode="overwrite")
    index.refresh()
    assert rows(index, asked)[0][:2] == ("1", 5)
    index.close()


def test_scores_that_could_not_be_spread_are_spread_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1)])
    index = indexed(settings)
    score = {
        "platform": "x", "post_id": "1", "created_at": NOON, "topic": 4, "topics_version": 1, "engagement_version": 1,
        "kafka_topic": "t", "partition": 0, "offset": 0, "scored_at": NOON,
    }  # fmt: skip
    write(settings, "gold.post_scores", [score])
    monkeypatch.setattr(scored, "_SPREAD", "UPDATE posts SET topic = error($file || $first || $last)")
    index.refresh()
    assert index.trouble is not None
    monkeypatch.undo()
    index.refresh()
    assert index.trouble is None
    assert rows(index, "SELECT post_id, topic FROM posts") == [("1", 4)]
    index.close()


def test_a_damaged_table_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1)], ops_batches=[entry(records=1, posts=1)])
    index = indexed(settings)
    write(settings, "silver.posts", [post(2)])
    newest = max(Path(settings.lake, "silver", "posts").glob("*.parquet"), key=lambda file: file.stat().st_mtime_ns)
    whole = newest.read_bytes()
    newest.write_bytes(b"not parquet")
    write(settings, "ops.batches", [entry(batch_id=1)])
    index.refresh()
    assert index.trouble is not None
    assert index.trouble.startswith("silver.posts cannot be read: ")
    assert ids(index) == ["1"]
    assert rows(index, "SELECT count(*) FROM batches") == [(2,)]

    newest.write_bytes(whole)
    index.refresh()
    assert index.trouble is None
    assert ids(index) == ["1", "2"]
    index.close()


def test_whoever_waits_is_told_of_a_change(tmp_path: Path) -> None:
    settings = make_lake(tmp_path, silver_posts=[post(1)])
    index = indexed(settings)
    before = index.changes
    assert index.wait(before, 0.01) == before
    write(settings, "silver.posts", [post(2)])
    index.refresh()
    assert index.wait(before, 0.01) == before + 1
    index.close()


def test_a_second_dashboard_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    index = indexed(make_lake(tmp_path, silver_posts=[post(1)]))
    said = opened_by_another_process(tmp_path)
    assert "index.duckdb is in use: another dashboard of this work folder runs; stop it first" in said
    index.close()


def test_a_file_that_is_no_index_is_named(tmp_path: Path) -> None:
    (tmp_path / "dashboard").mkdir()
    (tmp_path / "dashboard" / "index.duckdb").write_bytes(b"something else" * 1000)
    with pytest.raises(StorageError, match=r"index.duckdb cannot be opened: .*; it can be deleted, nothing is lost"):
        Index(settings_of(tmp_path))


def test_numbers_are_stale_after_a_while_and_unbalanced_where_the_ledger_is(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    index = indexed(settings)
    with index.cursor() as cursor:
        assert trust(cursor, settings.serve).state == "empty"
    write(settings, "ops.batches", [entry(records=3, posts=2, duplicates=1)])
    index.refresh()
    with index.cursor() as cursor:
        told = trust(cursor, settings.serve)
        assert (told.state, told.as_of, told.unbalanced) == ("stale", NOON.replace(tzinfo=None), 0)
        patient = settings.serve.model_copy(update={"stale_minutes": int(told.age / timedelta(minutes=1)) + 1})
        assert trust(cursor, patient).state == "fresh"
        assert trust(cursor, patient, "the disk is gone").state == "unreadable"
    write(settings, "ops.batches", [entry(batch_id=1, records=3, posts=1)])
    index.refresh()
    with index.cursor() as cursor:
        assert (trust(cursor, patient).state, trust(cursor, patient).unbalanced) == ("unbalanced", 1)
    index.close()
