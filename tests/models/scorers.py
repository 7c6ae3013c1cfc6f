"""Tiny models that score posts, fitted by real Spark: what each must say of a post is plain from its words."""

import json
from pathlib import Path

import pandas as pd
from pyspark.ml import PipelineModel
from pyspark.ml.classification import RandomForestClassifier
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import IDF, CountVectorizerModel, Normalizer
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from starling.models.clustering import CLUSTER, FEATURES
from starling.models.engagement.features import CATEGORIES, FOLLOWERS, INPUTS, PLAIN, TERMS
from starling.models.engagement.forests import CHANCES, PREDICTED, TOP_QUARTER
from starling.models.engagement.stages import LABEL, fit_features
from starling.models.trained import ENGAGEMENT, TOPICS, Loaded, Trained
from starling.settings import Engagement

BAKING, FOOTBALL = ["bake", "cake", "oven", "#cake"], ["goal", "match", "referee", "#goal"]

# What the tiny model of engagement says of every post's chance.
CHANCE = 0.25
_KINDS = {**dict.fromkeys(PLAIN[:-1], "boolean"), **dict.fromkeys(CATEGORIES, "string"), TERMS: "array<string>"}
_KNOWN = {FOLLOWERS: 1}  # of all rows, and of the rest nothing
_OTHER_INPUTS = {name: _KINDS.get(name, "double") for name in INPUTS if name != "author_posts"}


def topics(spark: SparkSession, baking: int = 1, football: int = 2) -> Trained:
    """Two topics, of baking and of football, with these numbers."""
    posts = spark.createDataFrame([(BAKING,), (FOOTBALL,), (BAKING,), (FOOTBALL,)], "terms array<string>")
    counting = CountVectorizerModel.from_vocabulary([*BAKING, *FOOTBALL], inputCol="terms", outputCol="counts")
    counted = counting.transform(posts)
    weighting = IDF(inputCol="counts", outputCol="tf_idf").fit(counted)
    normalizer = Normalizer(inputCol="tf_idf", outputCol=FEATURES)
    points = normalizer.transform(weighting.transform(counted))
    kmeans = KMeans(k=2, seed=1, featuresCol=FEATURES, predictionCol=CLUSTER, distanceMeasure="cosine").fit(points)
    first = int(kmeans.transform(points).first()[CLUSTER])
    return Trained(
        name=TOPICS,
        pipeline=PipelineModel([counting, weighting, normalizer, kmeans]),
        example=pd.DataFrame({"terms": [BAKING, FOOTBALL]}),
        outputs=[CLUSTER],
        params={},
        metrics={},
        leads={},
        card=topics_card(first, baking, football),
    )


def topics_card(first: int, baking: int, football: int) -> dict:
    """What the card says of the topics' numbers, where baking is the cluster `first`."""
    return {"topics": [{"cluster": first, "topic": baking}, {"cluster": 1 - first, "topic": football}]}


def engagement(spark: SparkSession) -> Trained:
    """Ten for a post of an author who had sent none by the last training, fifteen for one who had sent five."""
    known = [(posts, 10.0 + posts, float(number % 4 == 0)) for number in range(16) for posts in (0, 5)]
    rows = spark.createDataFrame(known, f"author_posts long, earned double, {TOP_QUARTER} double")
    rows = rows.withColumn(LABEL, F.log1p("earned")).withColumns(
        {name: F.lit(_KNOWN.get(name)).cast(kind) for name, kind in _OTHER_INPUTS.items()}
    )
    features = fit_features(rows, Engagement(vocabulary=10, selected_words=10))
    told = features.of(rows)
    earns = RandomForestRegressor(numTrees=1, bootstrap=False, labelCol=LABEL, predictionCol=PREDICTED, seed=1)
    wins = RandomForestClassifier(numTrees=1, bootstrap=False, maxDepth=0, labelCol=TOP_QUARTER, probabilityCol=CHANCES)
    return Trained(
        name=ENGAGEMENT,
        pipeline=PipelineModel([*features.stages, earns.fit(told), wins.fit(told)]),
        example=rows.select(*INPUTS).limit(2).toPandas(),
        outputs=[PREDICTED, CHANCES],
        params={},
        metrics={},
        leads={},
        card={},
    )


def loaded(trained: Trained, files: Path, version: int = 1) -> Loaded:
    """The model as the registry hands it out: its files are in the folder, its card has been JSON."""
    trained.pipeline.save(f"file://{files}")
    return Loaded(trained.name, version, trained.pipeline, json.loads(json.dumps(trained.card)), files)
