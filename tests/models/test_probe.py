"""What a pipeline answers to the rows that were kept of its training."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession

from models.trainings import trained
from starling.errors import ModelError
from starling.models import probe
from starling.models.probe import Probe
from starling.models.trained import Trained


def test_the_same_pipeline_answers_the_same_and_another_one_does_not(
    fitted: Trained, spark: SparkSession, tmp_path: Path
) -> None:
    made = probe.make(fitted.pipeline, fitted.example, fitted.outputs, spark)
    made.write(tmp_path)
    kept = probe.read(tmp_path)
    assert kept.differences(fitted.pipeline, spark) == []
    assert [row[0] for row in kept.answers] == [0, 0, 1, 1]
    other = kept.differences(trained(spark, k=4).pipeline, spark)
    assert other
    assert all(line.startswith("answers row ") for line in other)


def test_rows_are_kept_to_the_last_bit_with_their_nulls_and_whatever_the_time_zone(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pd.DataFrame(
        {
            "at": pd.Series(["2021-06-01 10:00:00.123456", None], dtype="datetime64[us]"),
            "text": ["naïve 🐦", None],
            "tags": [["a", "b"], []],
            "share": [0.1 + 0.2, 1e-320],
        }
    )
    statement = (
        "SELECT *, unix_micros(at) AS micros, size(tags) AS tagged, share * -1.0D * 0.0D AS nothing FROM __THIS__"
    )
    pipeline = PipelineModel([SQLTransformer(statement=statement)])
    made = probe.make(pipeline, rows, ["at", "text", "share", "micros", "tagged", "nothing"], spark)
    made.write(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert probe.read(tmp_path).differences(pipeline, spark) == []
    finally:
        monkeypatch.undo()
        time.tzset()
    assert made.rows[0][1:] == ["naïve 🐦", ["a", "b"], 0.30000000000000004]
    assert made.answers[1] == [None, None, 1e-320, None, 0, 0.0]
    assert str(made.answers[1][5]) == "-0.0"


@pytest.mark.parametrize(("kept", "now"), [(0.0, "-0.0"), (0.30000000000000004, "0.3"), (1, "1.0"), (None, "NaN")])
def test_an_answer_that_is_nearly_the_same_is_another_one(spark: SparkSession, kept: float | None, now: str) -> None:
    cast = "int" if isinstance(kept, int) else "double"
    answer = {"-0.0": "-1.0D * 0.0D", "0.3": "0.3D", "1.0": "1.0D", "NaN": "double('NaN')"}[now]
    schema = {"type": "struct", "fields": [{"name": "n", "type": "long", "nullable": True, "metadata": {}}]}
    asked = Probe(schema, [[1]], ["answer"], [[kept]])
    said = "null" if kept is None else json.dumps(kept)
    same = PipelineModel(
        [SQLTransformer(statement=f"SELECT {cast}({said if kept is None else said + 'D'}) AS answer FROM __THIS__")]
    )
    assert asked.differences(same, spark) == []
    other = PipelineModel([SQLTransformer(statement=f"SELECT {answer} AS answer FROM __THIS__")])
    (line,) = asked.differences(other, spark)
    assert line == f"answers row 0 of its example with [{now}] instead of [{said}]"


def test_answers_that_are_not_numbers_are_the_same_answer(spark: SparkSession) -> None:
    schema = {"type": "struct", "fields": [{"name": "n", "type": "long", "nullable": True, "metadata": {}}]}
    pipeline = PipelineModel([SQLTransformer(statement="SELECT double('NaN') AS answer FROM __THIS__")])
    assert Probe(schema, [[1]], ["answer"], [[float("nan")]]).differences(pipeline, spark) == []


def test_a_pipeline_that_loses_rows_is_told(fitted: Trained, spark: SparkSession) -> None:
    made = probe.make(fitted.pipeline, fitted.example, fitted.outputs, spark)
    first = PipelineModel([*fitted.pipeline.stages, SQLTransformer(statement="SELECT * FROM __THIS__ LIMIT 1")])
    assert made.differences(first, spark) == ["answers 1 rows instead of 4"]
    assert len(replace(made, rows=made.rows[:1]).differences(first, spark)) == 1


def test_an_example_of_vectors_is_refused(fitted: Trained, spark: SparkSession) -> None:
    with pytest.raises(ModelError, match="must hold plain columns"):
        probe.make(fitted.pipeline, pd.DataFrame({"features": [Vectors.dense(1.0)]}), ["features"], spark)
