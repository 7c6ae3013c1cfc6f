"""What a table's log says of its commits, beside what Delta says of them."""

import json
from pathlib import Path

import pytest
from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.errors import StorageError
from things import TABLE, things


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> str:
    """A lake with one table, which has no rows."""
    delta.create(spark, TABLE, str(tmp_path))
    return str(tmp_path)


def _log(lake: str) -> Path:
    return Path(TABLE.path(lake)) / "_delta_log"


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 6, 7, 8, 100, 1023])
def test_the_last_commit_is_found_however_many_there_are(spark: SparkSession, tmp_path: Path, number: int) -> None:
    log = _log(str(tmp_path))
    log.mkdir(parents=True)
    for version in range(number + 1):
        (log / f"{version:020}.json").touch()
    assert commits.version(spark, TABLE, str(tmp_path)) == number


@pytest.mark.parametrize("hint", ["", '{"version":', '{"version": 9}', "[]"])
def test_a_log_that_was_tidied_up_ends_where_it_ends_whatever_the_hint_says(
    spark: SparkSession, tmp_path: Path, hint: str
) -> None:
    log = _log(str(tmp_path))
    log.mkdir(parents=True)
    for version in range(41, 60):
        (log / f"{version:020}.json").touch()
    (log / f"{50:020}.checkpoint.parquet").touch()
    (log / "_last_checkpoint").write_text(hint)
    assert commits.version(spark, TABLE, str(tmp_path)) == 59
    assert commits.exists(spark, TABLE, str(tmp_path))


def test_of_a_table_with_checkpoints_it_is_the_version_that_delta_says(spark: SparkSession, lake: str) -> None:
    delta.set_property(spark, TABLE, lake, "delta.checkpointInterval", "2")
    for number in range(4):
        delta.append(things(spark, (number, "one")), TABLE, lake, 1)
        table = DeltaTable.forPath(spark, TABLE.path(lake))
        assert commits.version(spark, TABLE, lake) == table.history(1).first().version == number + 2
    assert json.loads((_log(lake) / "_last_checkpoint").read_text())["version"] == 4


def test_where_there_is_no_table_it_says_so(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=f"no Delta table at {tmp_path}/silver/things"):
        commits.version(spark, TABLE, str(tmp_path))
    assert not commits.exists(spark, TABLE, str(tmp_path))


def test_a_commit_says_what_delta_says_of_it(spark: SparkSession, lake: str) -> None:
    delta.replace(things(spark, (1, "one"), (2, "two")), TABLE, lake, "id > 0", "said")
    newest, first = commits.last(spark, TABLE, lake)
    history = {row.version: row for row in DeltaTable.forPath(spark, TABLE.path(lake)).history().collect()}
    assert (newest.version, newest.operation, newest.note) == (1, history[1].operation, "said")
    assert newest.metrics == {name: int(value) for name, value in history[1].operationMetrics.items()}
    assert newest.metrics["numOutputRows"] == 2
    assert (first.version, first.operation, first.note, first.changed) == (0, history[0].operation, None, 0)


def test_the_note_of_the_last_commit_that_has_one_is_found(spark: SparkSession, lake: str) -> None:
    assert commits.note(spark, TABLE, lake) is None
    for said in ("first", "second"):
        delta.replace(things(spark, (2, "two")), TABLE, lake, "id = 2", said)
    delta.append(things(spark, (3, "three")), TABLE, lake, 1)
    assert commits.note(spark, TABLE, lake) == "second"


@pytest.mark.slow
def test_commits_that_took_something_out_are_found_by_their_notes(spark: SparkSession, lake: str) -> None:
    delta.append(things(spark, (1, "one"), (2, "two"), (3, "three")), TABLE, lake, 3)
    since = commits.version(spark, TABLE, lake)
    assert commits.noted(spark, TABLE, lake, since) == []
    apart = delta.apart(spark, "said")
    ids = apart.createDataFrame([(2,), (9,)], "id bigint")
    delta.erase(ids, TABLE, lake, ["name"])
    delta.append(things(spark, (4, "four")), TABLE, lake, 1)
    delta.delete(ids, TABLE, lake)
    delta.delete(ids, TABLE, lake)  # nothing is left to be done, and nothing is written
    delta.update(apart, TABLE, lake, F.col("id") > 2, {"name": F.lit("many")})
    found = commits.noted(spark, TABLE, lake, since)
    assert [(commit.version - since, commit.note, commit.changed) for commit in found] == [
        (1, "said", 1),
        (3, "said", 1),
        (4, "said", 2),
    ]
    assert [tuple(row) for row in delta.read(spark, TABLE, lake).orderBy("id").collect()] == [
        (1, "one"),
        (3, "many"),
        (4, "many"),
    ]
    assert delta.vacuum(delta.apart(spark), TABLE, lake, 0.0) > 0
    assert commits.note(spark, TABLE, lake) == "said", "a vacuum leaves no note that hides another"


def test_of_commits_whose_files_are_gone_nothing_is_said(spark: SparkSession, lake: str) -> None:
    for number in range(4):
        delta.replace(things(spark, (number, "one")), TABLE, lake, f"id = {number}", f"note {number}")
    (_log(lake) / f"{2:020}.json").unlink()
    assert [commit.version for commit in commits.noted(spark, TABLE, lake, -1)] == [3, 4]


def test_a_table_is_blank_until_somebody_writes_to_it(spark: SparkSession, lake: str) -> None:
    assert commits.is_blank(spark, TABLE, lake)
    delta.append(things(spark, (1, "one")), TABLE, lake, 1)
    assert not commits.is_blank(spark, TABLE, lake)


@pytest.mark.slow
def test_the_files_of_new_rows_are_named_while_rows_are_only_added(spark: SparkSession, lake: str) -> None:
    def added(since: int) -> list[str] | None:
        return commits.added(spark, TABLE, lake, since, commits.version(spark, TABLE, lake))

    def rows(files: list[str] | None) -> set[tuple]:
        assert files is not None
        return {tuple(row) for row in spark.read.parquet(*files).collect()} if files else set()

    delta.append(things(spark, (1, "one")), TABLE, lake, 1)
    delta.append(things(spark, (2, "two")), TABLE, lake, 1)
    assert rows(added(0)) == {(1, "one"), (2, "two")}
    assert rows(added(1)) == {(2, "two")}
    delta.compact(spark, TABLE, lake)
    delta.append(things(spark, (3, "three")), TABLE, lake, 1)
    assert rows(added(2)) == {(3, "three")}
    assert rows(added(4)) == set()
    assert rows(commits.added(spark, TABLE, lake, 0, 1)) == {(1, "one")}
    delta.replace(things(spark, (4, "four")), TABLE, lake, "id = 4")  # which takes nothing out
    assert rows(added(4)) == {(4, "four")}
    delta.replace(things(spark, (4, "five")), TABLE, lake, "id = 4")
    assert added(4) is None
    assert added(6) == []
    (_log(lake) / f"{2:020}.json").unlink()
    assert added(1) is None, "what a commit did that the log no longer has is not known"
