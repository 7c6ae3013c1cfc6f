"""A pipeline of all kinds of stages, saved by Spark and applied without it."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.classification import RandomForestClassifier
from pyspark.ml.feature import IDF, CountVectorizerModel, Imputer, Normalizer, VectorAssembler
from pyspark.ml.regression import LinearRegression, RandomForestRegressor
from pyspark.sql import SparkSession

from starling.errors import ModelError
from starling.models.mllib.arrays import applied, inputs, step
from starling.models.mllib.saved import stages

WORDS = ["kite", "lark", "crow"]
ROWS = [
    (n / 3 if n % 4 else None, [w for k, w in enumerate(WORDS) if n % (k + 2)], float(n), float(n > 20))
    for n in range(40)
]


@pytest.fixture(scope="module")
def pipeline(spark: SparkSession) -> PipelineModel:
    rows = spark.createDataFrame(ROWS, "size double, words array<string>, label double, large double")
    fitted = []
    for stage in (
        Imputer(inputCols=["size"], outputCols=["filled"], strategy="median"),
        CountVectorizerModel.from_vocabulary(WORDS, inputCol="words", outputCol="counts"),
        IDF(inputCol="counts", outputCol="weights"),
        VectorAssembler(inputCols=["filled", "weights"], outputCol="numbers"),
        LinearRegression(featuresCol="numbers", predictionCol="line", regParam=0.1, solver="normal"),
        VectorAssembler(inputCols=["numbers", "line"], outputCol="features"),
        RandomForestRegressor(numTrees=7, predictionCol="earns", seed=3),
        RandomForestClassifier(numTrees=7, labelCol="large", probabilityCol="chances", predictionCol="class", seed=3),
    ):
        fitted.append(stage.fit(rows) if hasattr(stage, "fit") else stage)
        rows = fitted[-1].transform(rows)
    return PipelineModel(fitted)


def test_columns_get_what_spark_says_of_them(spark: SparkSession, pipeline: PipelineModel, tmp_path: Path) -> None:
    pipeline.save(f"file://{tmp_path}/saved")
    saved = [*stages(tmp_path / "saved")]
    assert [stage.kind for stage in saved[:3]] == ["ImputerModel", "CountVectorizerModel", "IDFModel"]
    assert inputs(saved) == ["size", "words"]
    # Rows that were not learnt of, among them words that nobody knows and more than one of a kind.
    rows = [*((size, words) for size, words, *_ in ROWS), (None, ["wren", "kite", "kite"]), (-5.0, [])]
    said = pipeline.transform(spark.createDataFrame(rows, "size double, words array<string>")).toPandas()
    sizes = np.array([np.nan if size is None else size for size, _ in rows])
    found = applied({"size": sizes, "words": [words for _, words in rows]}, [step(stage) for stage in saved])
    for name in ("filled", "line", "earns"):
        assert found[name] == pytest.approx(said[name].to_numpy(), rel=1e-12)
    for name in ("counts", "weights", "features", "chances"):
        assert found[name] == pytest.approx(np.array([vector.toArray() for vector in said[name]]), rel=1e-12)


def test_a_stage_that_is_not_known_here_is_named(spark: SparkSession, tmp_path: Path) -> None:
    PipelineModel([Normalizer(inputCol="a", outputCol="b")]).save(f"file://{tmp_path}/saved")
    (stage,) = stages(tmp_path / "saved")
    with pytest.raises(ModelError, match="a stage of the kind Normalizer cannot be applied without Spark"):
        step(stage)


def test_of_more_than_ten_stages_the_order_is_kept(spark: SparkSession, tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(12)]
    chain = [VectorAssembler(inputCols=[a], outputCol=b) for a, b in pairwise(names)]
    PipelineModel(chain).save(f"file://{tmp_path}/saved")
    saved = [*stages(tmp_path / "saved")]
    assert [stage.params["outputCol"] for stage in saved] == names[1:]
    assert inputs(saved) == ["c0"]
    assert applied({"c0": np.array([1.0, 2.0])}, [step(stage) for stage in saved])["c11"].tolist() == [[1.0], [2.0]]
