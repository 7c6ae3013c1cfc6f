"""silver.engagement and silver.deletions: what a record says of a post, and when that was so."""

from datetime import datetime, timedelta, timezone

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling.silver import deletions, engagement
from starling.tables import Table

CREATED = datetime(2021, 6, 1, 10, tzinfo=timezone.utc)
COLLECTED = CREATED + timedelta(hours=1)
TAKEN = CREATED + timedelta(hours=2)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

COLUMNS = (
    "kind string, is_post boolean, record_id string, post_id string, created_at timestamp, collected_at timestamp, "
    "kafka_timestamp timestamp, offset bigint"
)
ROWS = [
    ("post", True, "1", "1", CREATED, COLLECTED, TAKEN, 0),
    ("post", False, "1", "1", CREATED, None, TAKEN, 1),
    ("repost", False, "2", "1", CREATED, COLLECTED, TAKEN, 2),
    ("deletion", False, "1", "1", CREATED, COLLECTED, TAKEN, 3),
    ("deletion", False, "1", "1", None, COLLECTED, TAKEN, 4),
    ("deletion", False, "1", "1", None, None, TAKEN, 5),
]


@pytest.fixture(scope="module")
def records(spark: SparkSession) -> DataFrame:
    counts = {"likes": F.lit(5).cast("long"), "reposts": F.lit(6).cast("long"), "replies": F.lit(0).cast("long")}
    fixed = {"platform": F.lit("x"), "source": F.lit("x-v2"), "topic": F.lit("t"), "partition": F.lit(1)}
    more = {"quotes": F.lit(None).cast("long"), "observation_id": F.concat("record_id", F.lit("/5/6/0/-"))}
    rows = spark.createDataFrame(ROWS, COLUMNS)
    return rows.withColumns({**counts, **fixed, **more, "ingested_at": F.col("kafka_timestamp")})


def _collected(rows: DataFrame, table: Table, *times: str) -> list[dict]:
    assert [(f.name, f.dataType) for f in rows.schema] == [(f.name, f.dataType) for f in table.schema]
    in_micros = rows.withColumns({name: F.unix_micros(name) for name in times}).orderBy("offset")
    return [row.asDict() for row in in_micros.collect()]


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def test_an_observation_says_what_was_counted_when_and_by_what_it_came(records: DataFrame) -> None:
    rows = engagement.observations(records.where("kind != 'deletion'"))
    found = _collected(rows, engagement.TABLE, "record_created_at", "observed_at", "ingested_at")
    same = {
        "platform": "x", "post_id": "1", "record_created_at": _micros(CREATED), "likes": 5, "reposts": 6, "replies": 0,
        "quotes": None, "source": "x-v2", "topic": "t", "partition": 1, "ingested_at": _micros(TAKEN),
    }  # fmt: skip
    first, second = {"observation_id": "1/5/6/0/-", "record_id": "1"}, {"observation_id": "2/5/6/0/-", "record_id": "2"}
    assert found == [
        same | first | {"via": "post", "observed_at": _micros(COLLECTED), "offset": 0},
        same | first | {"via": "update", "observed_at": _micros(TAKEN), "offset": 1},
        same | second | {"via": "repost", "observed_at": _micros(COLLECTED), "offset": 2},
    ]


def test_a_deletion_is_dated_by_its_platform_else_by_who_collected_it_else_by_the_broker(records: DataFrame) -> None:
    rows = deletions.deletions(records.where("kind = 'deletion'"))
    found = _collected(rows, deletions.TABLE, "deleted_at", "ingested_at")
    assert [row["deleted_at"] for row in found] == [_micros(CREATED), _micros(COLLECTED), _micros(TAKEN)]
    assert {(row["platform"], row["post_id"], row["source"], row["topic"], row["partition"]) for row in found} == {
        ("x", "1", "x-v2", "t", 1)
    }
    assert [row["offset"] for row in found] == [3, 4, 5]
