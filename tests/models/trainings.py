"""A tiny model, fitted by real Spark, as a training hands it over."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure
from pyspark.ml import Pipeline
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession

from starling.models.trained import Interval, Trained, Trial

AHEAD = Interval(0.3, 0.1, 0.5)
BEHIND = Interval(0.1, -0.1, 0.3)
TABLES = {"silver.posts": 4, "silver.engagement": 7}

# Two clouds of ten points.
POINTS = pd.DataFrame(
    {
        "followers": [1.0 + 0.1 * n for n in range(10)] + [9.0 + 0.1 * n for n in range(10)],
        "length": [2.0 - 0.1 * n for n in range(10)] + [8.0 - 0.1 * n for n in range(10)],
        "platform": ["x"] * 20,
    }
)


def trained(spark: SparkSession, k: int = 2) -> Trained:
    """KMeans of the points."""
    stages = [
        VectorAssembler(inputCols=["followers", "length"], outputCol="features"),
        KMeans(k=k, seed=1, featuresCol="features", predictionCol="cluster", maxIter=5),
    ]
    return Trained(
        name="set by each test",
        pipeline=Pipeline(stages=stages).fit(spark.createDataFrame(POINTS)),
        example=POINTS.iloc[[0, 9, 10, 19]].reset_index(drop=True),
        outputs=["cluster", "features"],
        params={"k": k, "max_iterations": 5},
        metrics={"silhouette": 0.75, "cost": 12.5},
        leads={"random clusters": AHEAD},
        card={"labels": ["small", "große"], "centres": [0.1, 1 / 3]},
        trials=[Trial(f"k={n}", {"k": n}, {"silhouette": n / 10}) for n in (2, 3)],
        figures={"silhouette": _figure},
    )


def _figure() -> Figure:
    figure = Figure(figsize=(2, 2))
    figure.add_subplot().plot([2, 3], [0.2, 0.3])
    return figure


def named(model: Trained, name: str, leads: Mapping[str, Interval] | None = None) -> Trained:
    """The model under another name, and with other leads."""
    return replace(model, name=name, leads=model.leads if leads is None else leads)
