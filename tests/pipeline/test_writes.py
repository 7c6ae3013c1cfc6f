"""What a record is by itself, said twice: to Spark, which writes rows, and to the driver, which finds the others."""

from itertools import product

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from silver.judging import Record, Tables, Verdict, judge
from starling.pipeline.writes import NewRows
from starling.silver import outcomes

SHAPES = [
    (kind, counted, reason)
    for kind, counted, reason in product(("post", "repost", "deletion", None), (True, False), (None, "bad_id"))
    # No other record comes without a reason: see `starling.sources.parse`.
    if reason or (kind == "post" or (kind == "repost" and counted) or (kind == "deletion" and not counted))
]
RECORDS = [
    Record("t", 0, offset, kind, "x", str(offset), f"{offset}/1/-/-/-" if counted else None, reason)
    for offset, (kind, counted, reason) in enumerate(SHAPES)
]


def expected() -> list[dict[str, bool]]:
    """By a model in plain Python, what becomes of each record alone."""
    return [_flags(judge([record], Tables())[record.place]) for record in RECORDS]


def _flags(verdict: Verdict) -> dict[str, bool]:
    return {
        "deleted": verdict.deleted,
        "is_post": verdict.outcome == "posts",
        "adds_event": "events" in verdict.adds,
        "adds_post": "posts" in verdict.adds,
        "adds_observation": "observations" in verdict.adds,
        "adds_deletion": "deletions" in verdict.adds,
        "adds_rejected": "rejected" in verdict.adds,
    }


def test_the_driver_says_of_a_record_alone_what_the_model_does() -> None:
    rows = pd.DataFrame(RECORDS)
    flags = outcomes.alone(rows["reason"].isna(), rows["kind"], rows["observation_id"].notna())
    assert pd.DataFrame(flags).to_dict("records") == expected()


@pytest.mark.parametrize("others", [[], [2], list(range(len(RECORDS)))])
def test_spark_says_the_same_but_of_those_that_were_judged_otherwise(spark: SparkSession, others: list[int]) -> None:
    judged = pd.DataFrame(RECORDS).join(pd.DataFrame(expected()))
    judged.loc[others, ["deleted", "adds_event"]] = [True, False]
    batch = spark.createDataFrame(
        RECORDS,
        "topic string, partition int, offset long, kind string, platform string, post_id string, "
        "observation_id string, reason string",
    )
    rows = NewRows(batch, judged, "/nowhere")._rows.orderBy("offset").collect()
    flags = list(expected()[0])
    assert [{name: row[name] for name in flags} for row in rows] == judged[flags].to_dict("records")
