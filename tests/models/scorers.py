"""Tiny models that score posts, fitted by real Spark: what each must say of a post is plain from its words."""

import pandas as pd
from pyspark.ml import PipelineModel
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import IDF, CountVectorizerModel, Normalizer, SQLTransformer, VectorAssembler
from pyspark.sql import SparkSession

from starling.models.clustering import CLUSTER, FEATURES
from starling.models.engagement.forests import CHANCES, PREDICTED
from starling.models.trained import ENGAGEMENT, TOPICS, Trained

BAKING, FOOTBALL = ["bake", "cake", "oven", "#cake"], ["goal", "match", "referee", "#goal"]


# What the tiny model of engagement says of every post's chance.
CHANCE = 0.25


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


def engagement() -> Trained:
    """Ten for every post, and one more for each that its author had sent by the last training."""
    columns = f"LOG1P(10 + author_posts) AS {PREDICTED}, {1 - CHANCE}D AS no, {CHANCE}D AS yes"
    said = SQLTransformer(statement=f"SELECT *, {columns} FROM __THIS__")
    chances = VectorAssembler(inputCols=["no", "yes"], outputCol=CHANCES)
    return Trained(
        name=ENGAGEMENT,
        pipeline=PipelineModel([said, chances]),
        example=pd.DataFrame({"author_posts": [0, 7]}),
        outputs=[PREDICTED, CHANCES],
        params={},
        metrics={},
        leads={},
        card={},
    )
