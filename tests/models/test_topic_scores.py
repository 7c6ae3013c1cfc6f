"""The topic of a post, which must be what the pipeline's own stages say."""

from pathlib import Path

import numpy as np
import pytest
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from models.scorers import topics
from starling.errors import ModelError
from starling.models.corpus import distinct_texts
from starling.models.topic_scores import UNKNOWN_TERMS, UNLIKE, Parameters, score, scores
from starling.models.trained import Corpus, Loaded, Trained

PARAMETERS = Parameters(
    place={"planet": 0, "oven": 1, "the": 2, "else": 3},
    idf=np.array([2.0, 1.0, 0.0, 1.0]),
    centres=np.array([[1.0, 0.0, 0.0, 0.0], [0.6, 0.8, 0.0, 0.0]]),
    topics=[7, 3],
)


@pytest.mark.parametrize(
    ("terms", "topic", "similarity", "reason"),
    [
        (["planet"], 7, 1.0, None),
        (["oven", "unknown"], 3, 0.8, None),
        # (2, 1) / √5 is 2/√5 = 0.894 from the first centre and (1.2 + 0.8)/√5 = 0.894 from the second: the first.
        (["planet", "oven"], 7, 2 / 5**0.5, None),
        (["the"], None, None, UNKNOWN_TERMS),  # known, but it tells nothing
        (["unknown"], None, None, UNKNOWN_TERMS),
        (["else"], None, None, UNLIKE),  # which no topic has
        ([], None, None, UNKNOWN_TERMS),
        (None, None, None, UNKNOWN_TERMS),
    ],
)
def test_a_post_has_the_topic_it_is_nearest_to(
    terms: list[str] | None, topic: int | None, similarity: float | None, reason: str | None
) -> None:
    (found,) = scores([terms], PARAMETERS).to_pylist()
    assert found["topic"] == topic
    assert found["topic_similarity"] == (None if similarity is None else pytest.approx(similarity))
    assert found["topic_reason"] == reason


def test_no_posts_have_no_topics() -> None:
    assert scores([], PARAMETERS).to_pylist() == []


def test_spark_says_of_every_post_what_the_stages_do(spark: SparkSession, talks: Corpus, topics_model: Trained) -> None:
    posts = distinct_texts(talks.posts, 0.25)
    unknown = spark.createDataFrame([("none", ["zzz"], [], True), ("null", None, None, True)], posts.schema)
    loaded = Loaded(topics_model.name, 1, topics_model.pipeline, topics_model.card)
    numbers = {topic["cluster"]: topic["topic"] for topic in topics_model.card["topics"]}
    scored = {row.text_hash: row for row in score(posts.union(unknown), loaded).collect()}
    stages = {row.text_hash: row for row in topics_model.pipeline.transform(posts).collect()}
    assert {key: row.topic for key, row in scored.items() if row.topic is not None} == {
        key: numbers[row.cluster] for key, row in stages.items()
    }
    centres = [np.asarray(centre) for centre in topics_model.pipeline.stages[-1].clusterCenters()]
    cosines = {
        key: float(row.features.toArray() @ centres[row.cluster] / np.linalg.norm(centres[row.cluster]))
        for key, row in stages.items()
    }
    assert {key: scored[key].topic_similarity for key in cosines} == pytest.approx(cosines)
    assert {scored[key].topic_reason for key in cosines} == {None}
    assert [scored[key].topic_reason for key in ("none", "null")] == [UNKNOWN_TERMS] * 2
    assert score(posts, loaded).where(F.col("topic").isNull()).count() == 0


def test_the_saved_stages_hold_the_same_numbers(spark: SparkSession, topics_model: Trained, tmp_path: Path) -> None:
    topics_model.pipeline.save(f"file://{tmp_path}/saved")
    saved = Parameters.saved(tmp_path / "saved", topics_model.card)
    asked = Parameters.of(topics_model.pipeline, topics_model.card)
    assert (saved.place, saved.topics) == (asked.place, asked.topics)
    assert saved.idf.tolist() == asked.idf.tolist()
    assert saved.centres.tolist() == asked.centres.tolist()


def test_a_pipeline_of_other_stages_is_told_by_what_it_has(spark: SparkSession, tmp_path: Path) -> None:
    PipelineModel(topics(spark).pipeline.stages[:2]).save(f"file://{tmp_path}/saved")
    with pytest.raises(ModelError, match=r"the stages are CountVectorizerModel, IDFModel; wanted .*KMeansModel"):
        Parameters.saved(tmp_path / "saved", {"topics": []})
