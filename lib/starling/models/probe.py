"""A model's answers to a few rows, kept when it is registered: after loading it must give the same, to the last bit."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.ml import PipelineModel
from pyspark.ml.linalg import DenseVector, SparseVector, Vector
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, LongType, StructField, StructType, TimestampType

from starling.errors import ModelError

FILE = "probe.json"


@dataclass(frozen=True)
class Probe:
    """Rows that a pipeline reads, and what the fitted pipeline said of them.

    `schema` is Spark's, as JSON; a timestamp is in microseconds since 1970, which no time zone changes. `rows` and
    `answers` are lists of JSON values, one list a row.
    """

    schema: dict[str, Any]
    rows: list[list[Any]]
    outputs: list[str]
    answers: list[list[Any]]

    def differences(self, pipeline: PipelineModel, spark: SparkSession) -> list[str]:
        """Where a pipeline answers otherwise: at most one line a row."""
        answers = _answers(pipeline, _frame(spark, self.schema, self.rows), self.outputs)
        if len(answers) != len(self.answers):
            return [f"answers {len(answers)} rows instead of {len(self.answers)}"]
        pairs = zip(self.answers, answers, strict=True)
        return [
            f"answers row {number} of its example with {_text(now)} instead of {_text(kept)}"
            for number, (kept, now) in enumerate(pairs)
            if _text(kept) != _text(now)  # not `!=`: NaN is NaN here, and 0.0 is not -0.0
        ]

    def write(self, folder: Path) -> None:
        """Puts it into the folder."""
        (folder / FILE).write_text(_text(asdict(self)), encoding="utf-8")


def make(pipeline: PipelineModel, example: pd.DataFrame, outputs: Sequence[str], spark: SparkSession) -> Probe:
    """The probe of a fitted pipeline."""
    if any(isinstance(value, Vector) for name in example for value in example[name]):
        raise ModelError("a model's example must hold plain columns: a vector belongs inside the pipeline")
    frame = spark.createDataFrame(example)
    schema = frame.schema.jsonValue()
    # A JSON round trip first, so that the answers are to the very rows that will be asked again.
    rows = json.loads(_text(_collected(frame, frame.columns)))
    return Probe(schema, rows, list(outputs), _answers(pipeline, _frame(spark, schema, rows), outputs))


def read(folder: Path) -> Probe:
    """The probe of a verified folder."""
    return Probe(**json.loads((folder / FILE).read_bytes()))


def _frame(spark: SparkSession, schema: dict[str, Any], rows: list[list[Any]]) -> DataFrame:
    """The rows as Spark reads them, in one partition, so that their order is kept."""
    wanted = StructType.fromJson(schema)
    stored = StructType([StructField(field.name, _stored(field.dataType)) for field in wanted])
    frame = spark.createDataFrame([tuple(row) for row in rows], stored).coalesce(1)
    return frame.select(*(_restored(field).alias(field.name) for field in wanted))


def _stored(kind: DataType) -> DataType:
    return LongType() if isinstance(kind, TimestampType) else kind


def _restored(field: StructField) -> Column:
    return F.timestamp_micros(field.name) if isinstance(field.dataType, TimestampType) else F.col(field.name)


def _answers(pipeline: PipelineModel, frame: DataFrame, outputs: Sequence[str]) -> list[list[Any]]:
    return [[_plain(value) for value in row] for row in _collected(pipeline.transform(frame), outputs)]


def _collected(frame: DataFrame, columns: Sequence[str]) -> list[list[Any]]:
    kinds = {name: frame.schema[name].dataType for name in columns}
    stored = [
        F.unix_micros(name).alias(name) if isinstance(kind, TimestampType) else F.col(name)
        for name, kind in kinds.items()
    ]
    return [[_plain(value) for value in row] for row in frame.select(*stored).collect()]


def _plain(value: Any) -> Any:
    """A JSON value from which the value could be made again.

    >>> _plain(SparseVector(3, {1: 0.5}))
    {'size': 3, 'indices': [1], 'values': [0.5]}
    """
    if isinstance(value, DenseVector):
        return {"values": value.toArray().tolist()}
    if isinstance(value, SparseVector):
        return {"size": value.size, "indices": value.indices.tolist(), "values": value.values.tolist()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)  # a float is written with as many digits as tell it apart
