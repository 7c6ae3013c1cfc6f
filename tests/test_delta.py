"""Tables in Delta: made as the code describes them, written without doubling."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, IntegerType, LongType, StringType, StructField, StructType

from starling import commits, delta
from starling.errors import StorageError
from starling.pipeline.catalogue import TABLES, create_all
from starling.tables import Table, column
from things import TABLE, things


def _actions(path: Path, version: int) -> Iterator[dict]:
    """What a commit says, read as plain JSON."""
    log = path / "_delta_log" / f"{version:020}.json"
    return (json.loads(line) for line in log.read_text().splitlines())


def _metadata(path: Path) -> dict:
    (found,) = [action["metaData"] for action in _actions(path, 0) if "metaData" in action]
    return found


def _rows(spark: SparkSession, lake: str) -> list[tuple]:
    return sorted(tuple(row) for row in delta.read(spark, TABLE, lake).collect())


@pytest.fixture(scope="module")
def catalogue(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with all tables."""
    lake = tmp_path_factory.mktemp("lake")
    create_all(spark, str(lake))
    return lake


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_made_as_the_code_describes_it(catalogue: Path, table: Table) -> None:
    layer, name = table.name.split(".")
    made = _metadata(catalogue / layer / name)
    assert made["description"] == table.comment
    fields = [(f["name"], f["nullable"], f["metadata"]["comment"]) for f in json.loads(made["schemaString"])["fields"]]
    assert fields == [(field.name, field.nullable, field.metadata["comment"]) for field in table.schema]
    assert StructType.fromJson(json.loads(made["schemaString"])) == table.schema
    assert made["configuration"] == {
        "delta.dataSkippingStatsColumns": ",".join(table.statistics),
        "delta.enableDeletionVectors": "false",
        # of conf/spark-defaults.conf
        "delta.checkpointInterval": "100",
        "delta.logRetentionDuration": "interval 7 days",
    }
    assert made["partitionColumns"] == []


def test_a_table_that_is_there_is_left_as_it_is(spark: SparkSession, catalogue: Path) -> None:
    create_all(spark, str(catalogue))
    assert [path.name for path in sorted((catalogue / "silver/posts/_delta_log").glob("*.json"))] == [f"{0:020}.json"]


@pytest.mark.parametrize("left", [[], [".00000000000000000000.json.1f.tmp"]])
def test_a_table_whose_making_was_killed_is_made(spark: SparkSession, tmp_path: Path, left: list[str]) -> None:
    log = Path(TABLE.path(str(tmp_path))) / "_delta_log"
    log.mkdir(parents=True)
    for name in left:
        (log / name).write_text("{")
    assert not delta.exists(spark, TABLE, str(tmp_path))
    delta.create(spark, TABLE, str(tmp_path))
    assert delta.exists(spark, TABLE, str(tmp_path))
    assert _rows(spark, str(tmp_path)) == []


def test_a_table_that_another_is_making_is_left_to_it(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, making = (Path(TABLE.path(str(tmp_path / name))) for name in ("made", "making"))
    delta.create(spark, TABLE, str(tmp_path / "made"))
    delta.append(things(spark, (1, "one")), TABLE, str(tmp_path / "made"), 1)
    (making / "_delta_log").mkdir(parents=True)

    def meanwhile(seconds: float) -> None:
        shutil.copytree(made, making, dirs_exist_ok=True)

    monkeypatch.setattr(delta, "time", SimpleNamespace(sleep=meanwhile))
    delta.create(spark, TABLE, str(tmp_path / "making"))
    assert _rows(spark, str(tmp_path / "making")) == [(1, "one")]


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> str:
    """A lake with one table and a row in it."""
    where = str(tmp_path / "lake")
    delta.create(spark, TABLE, where)
    delta.append(things(spark, (1, "one")), TABLE, where, 1)
    return where


def test_a_table_of_an_older_version_gets_the_columns_that_it_lacks(spark: SparkSession, lake: str) -> None:
    sizes = [column("size", LongType(), "how large it's"), column("sizes", ArrayType(LongType()), "how large they are")]
    newer = replace(TABLE, schema=StructType([*TABLE.schema.fields[:1], *sizes, *TABLE.schema.fields[1:]]))
    for _ in range(2):
        delta.create(spark, newer, lake)
    (made,) = [action["metaData"] for action in _actions(Path(lake) / "silver" / "things", 2) if "metaData" in action]
    assert StructType.fromJson(json.loads(made["schemaString"])).fields == [*TABLE.schema.fields, *sizes]
    assert made["configuration"]["delta.dataSkippingStatsColumns"] == "id"
    rows = spark.createDataFrame([(2, [4], "two", 3)], "id bigint, sizes array<bigint>, name string, size bigint")
    delta.append(rows, newer, lake, 1)
    assert sorted(delta.read(spark, newer, lake).select("id", "name", "size", "sizes").collect()) == [
        (1, "one", None, None),
        (2, "two", 3, [4]),
    ]
    # Who knows nothing of them goes on.
    delta.append(things(spark, (3, "three")), TABLE, lake, 1)
    assert commits.version(spark, newer, lake) == 4


@pytest.mark.parametrize(
    "lacking", [column("id", IntegerType(), "which"), column("size", LongType(), "", nullable=False)]
)
def test_a_table_whose_rows_cannot_be_without_a_column_is_not_widened(
    spark: SparkSession, lake: str, lacking: StructField
) -> None:
    wanted = [lacking, *TABLE.schema.fields[1:], column("weight", LongType(), "how heavy")]
    with pytest.raises(StorageError, match=f"it lacks {lacking.name} .*, weight bigint; move it away"):
        delta.create(spark, replace(TABLE, schema=StructType(wanted)), lake)
    assert commits.version(spark, TABLE, lake) == 1


def test_a_table_of_another_version_is_one_clear_line(spark: SparkSession, lake: str) -> None:
    wanted = [column("id", IntegerType(), "which"), *TABLE.schema.fields[1:], column("size", LongType(), "how large")]
    with pytest.raises(StorageError) as refused:
        delta.create(spark, replace(TABLE, schema=StructType(wanted)), lake)
    assert str(refused.value) == (
        f"table silver.things at {lake}/silver/things was made by another version of Starling: it lacks id int, "
        "size bigint; move it away, or set paths.lake to a new folder, and replay the topic"
    )
    # Columns that are there and not asked for do no harm.
    delta.create(spark, replace(TABLE, schema=StructType(TABLE.schema.fields[:1])), lake)


def test_something_else_in_the_place_of_a_table_is_one_clear_line(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "silver").mkdir()
    (tmp_path / "silver" / "things").write_text("not a table")
    with pytest.raises(StorageError) as refused:
        delta.create(spark, TABLE, str(tmp_path))
    message = str(refused.value)
    assert message.startswith(f"table silver.things cannot be made or read at {tmp_path}/silver/things: ")
    assert "\n" not in message


def test_rows_are_appended_by_name_into_as_few_files_as_they_need(
    spark: SparkSession, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = things(spark, (2, "two"), (3, "three"), (4, "four")).repartition(3)
    delta.append(rows, TABLE, lake, 3)
    path = Path(lake) / "silver" / "things"
    assert len([action for action in _actions(path, 2) if "add" in action]) == 1
    assert _rows(spark, lake) == [(1, "one"), (2, "two"), (3, "three"), (4, "four")]
    monkeypatch.setattr(delta, "ROWS_PER_FILE", 2)
    delta.append(things(spark, (5, "five"), (6, "six"), (7, "seven")).repartition(3), TABLE, lake, 3)
    assert len([action for action in _actions(path, 3) if "add" in action]) == 2
    assert delta.count(spark, [TABLE], lake) == {"silver.things": 7}


def test_statistics_are_kept_of_the_columns_named_and_of_no_text(spark: SparkSession, lake: str) -> None:
    (added,) = [action["add"] for action in _actions(Path(lake) / "silver" / "things", 1) if "add" in action]
    statistics = json.loads(added["stats"])
    assert statistics["minValues"] == statistics["maxValues"] == {"id": 1}
    assert "one" not in added["stats"]


def test_a_null_where_none_may_be_is_refused(spark: SparkSession, lake: str) -> None:
    with pytest.raises((PySparkException, Py4JJavaError), match="NOT NULL constraint violated for column: id"):
        delta.append(things(spark, (None, "nothing")), TABLE, lake, 1)
    assert _rows(spark, lake) == [(1, "one")]


def test_rows_are_replaced_where_the_predicate_says_in_one_commit_and_doing_it_again_changes_nothing(
    spark: SparkSession, lake: str
) -> None:
    for _ in range(2):
        delta.replace(things(spark, (5, "five"), (6, "six")).repartitionByRange(2, "id"), TABLE, lake, "id >= 5")
        assert _rows(spark, lake) == [(1, "one"), (5, "five"), (6, "six")]
    assert len([action for action in _actions(Path(lake) / "silver" / "things", 3) if "add" in action]) == 1
    delta.replace(things(spark, (1, "uno")), TABLE, lake, "id = 1 OR id = 6")
    assert _rows(spark, lake) == [(1, "uno"), (5, "five")]
    with pytest.raises(PySparkException):
        delta.replace(things(spark, (9, "outside")), TABLE, lake, "id = 1")
    commits = sorted((Path(lake) / "silver/things/_delta_log").glob("*.json"))
    assert [commit.name for commit in commits] == [f"{version:020}.json" for version in range(5)]


def test_only_rows_whose_keys_are_missing_are_added_however_often(spark: SparkSession, lake: str) -> None:
    for _ in range(2):
        delta.add_missing(things(spark, (1, "another one"), (2, "two"), (3, "three")), TABLE, lake, "there.id > 0")
        assert _rows(spark, lake) == [(1, "one"), (2, "two"), (3, "three")]


def _held_up(rows: DataFrame, folder: Path) -> DataFrame:
    """The rows, once `go` is in the folder; `began` is there as soon as they are wanted."""
    began, go = str(folder / "began"), str(folder / "go")

    def wait(name):  # without types, from which Spark would guess another kind of UDF
        Path(began).touch()
        while not Path(go).exists():
            time.sleep(0.05)
        return name

    # In one task: with two, which wait on two cores, nobody else's write would come between.
    return rows.coalesce(1).withColumn("name", F.udf(wait, StringType())("name"))


@pytest.mark.slow
def test_a_write_that_another_one_came_before_is_refused_as_a_whole_or_done_again_by_what_is_there_then(
    spark: SparkSession, lake: str, tmp_path: Path
) -> None:
    def held_up(operation: Callable[..., None], where: str, meanwhile: str) -> None:
        folder = tmp_path / meanwhile
        folder.mkdir()
        rows = _held_up(things(spark, (2, "two"), (3, "three")), folder)
        with ThreadPoolExecutor(1) as beside:
            writing = beside.submit(operation, rows, TABLE, lake, where)
            while not (folder / "began").exists():
                time.sleep(0.05)
            delta.append(things(spark, (2, meanwhile)), TABLE, lake, 1)
            (folder / "go").touch()
            writing.result()

    with pytest.raises(delta.CONFLICTS):
        held_up(delta.replace, "id >= 2", "zwei")
    assert _rows(spark, lake) == [(1, "one"), (2, "zwei")]
    delta.replace(things(spark), TABLE, lake, "id >= 2")
    held_up(delta.add_missing, "there.id >= 2", "deux")
    assert _rows(spark, lake) == [(1, "one"), (2, "deux"), (3, "three")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "where", "name_of_two"),
    [(delta.replace, "id >= 2", "two"), (delta.add_missing, "there.id >= 2", "zwei")],
)
def test_a_compaction_that_comes_before_changes_no_row_and_hinders_no_write(
    spark: SparkSession, lake: str, tmp_path: Path, operation: Callable[..., None], where: str, name_of_two: str
) -> None:
    delta.append(things(spark, (2, "zwei")), TABLE, lake, 1)
    rows = _held_up(things(spark, (2, "two"), (3, "three")), tmp_path)
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(operation, rows, TABLE, lake, where)
        while not (tmp_path / "began").exists():
            time.sleep(0.05)
        assert delta.compact(spark, TABLE, lake) == delta.Compacted(before=2, after=1)
        assert _rows(spark, lake) == [(1, "one"), (2, "zwei")]
        (tmp_path / "go").touch()
        writing.result()
    assert _rows(spark, lake) == [(1, "one"), (2, name_of_two), (3, "three")]


def test_a_vacuum_says_how_many_files_it_deleted(spark: SparkSession, lake: str) -> None:
    delta.append(things(spark, (2, "two")), TABLE, lake, 1)
    delta.compact(spark, TABLE, lake)
    assert delta.vacuum(delta.apart(spark), TABLE, lake, 0.0) == 2
    assert delta.vacuum(spark, TABLE, lake) == 0


@pytest.mark.parametrize("key", ["starling.topic-id.posts", "starling.topic-id.tokens", "starling.topic-id.curl"])
def test_a_property_is_read_as_it_was_set_whatever_word_its_key_has(
    spark: SparkSession, tmp_path: Path, key: str
) -> None:
    delta.create(spark, TABLE, str(tmp_path))
    assert key not in delta.properties(spark, TABLE, str(tmp_path))
    delta.set_property(spark, TABLE, str(tmp_path), key, '{a="b"}')
    assert delta.properties(spark, TABLE, str(tmp_path))[key] == '{a="b"}'
