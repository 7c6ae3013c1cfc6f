"""Everything that the leak check refuses, each made on purpose."""

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer, VectorAssembler
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from starling.errors import ModelError
from starling.models.engagement import leaks
from starling.models.engagement.features import INPUTS, TERMS
from starling.models.engagement.forests import PREDICTED, Setting, fit_regressor
from starling.models.engagement.leaks import LeakError
from starling.models.engagement.rows import known_when_sent
from starling.models.engagement.stages import LABEL
from starling.models.trained import Corpus, Interval, Trained

KEYS = "platform string, post_id string, text_hash string"
CHANCE = Interval(-0.02, -0.1, 0.04)


def _rows(spark: SparkSession, *rows: tuple[str, str]) -> DataFrame:
    return spark.createDataFrame([("x", *row) for row in rows], KEYS)


def test_no_finding_is_no_refusal_and_all_findings_are_told_in_one_line() -> None:
    leaks.refuse(iter([]))
    with pytest.raises(LeakError, match=r"^the model leaks, and is not registered: one; two$") as refused:
        leaks.refuse(["one", "two"])
    assert isinstance(refused.value, ModelError)


@pytest.mark.parametrize(
    "name",
    ["likes", "Favorite_Count", "reposts", "retweet_count", "replies", "quotes", "log_engagement", "top_quarter",
     "total_interactions", "impression_count", "reply_count", "shares", "earned"],
)  # fmt: skip
def test_an_input_that_is_an_outcome_by_its_name_is_told(name: str) -> None:
    (found,) = leaks.of_names(["characters", name])
    assert found.startswith(f"{name} is an outcome")


def test_what_is_known_when_a_post_is_sent_passes() -> None:
    assert list(leaks.of_names(INPUTS)) == []
    assert list(leaks.of_names(["is_reply", "is_quote", "followers", "upper_share"])) == []


@pytest.mark.slow
def test_a_pipeline_that_reads_an_outcome_under_whatever_name_is_told(
    spark: SparkSession, small_corpus: Corpus, small_model: Trained
) -> None:
    rows = known_when_sent(small_corpus.posts, small_corpus.engagement, 24).withColumn(TERMS, F.array(F.lit("a")))
    assert list(leaks.of_pipeline(small_model.pipeline, rows)) == []
    leaky = PipelineModel([SQLTransformer(statement="SELECT *, likes * 2 AS warmth FROM __THIS__")])
    (found,) = leaks.of_pipeline(leaky, rows)
    assert found == "the pipeline reads likes, which is not among what is known when a post is sent"


def test_rows_of_their_own_pass(spark: SparkSession) -> None:
    assert list(leaks.of_rows(_rows(spark, ("1", "a"), ("2", "a")), _rows(spark, ("3", "b"), ("4", "b")))) == []
    assert list(leaks.of_rows(_rows(spark), _rows(spark))) == []


def test_rows_that_a_join_has_multiplied_are_told_on_either_side(spark: SparkSession) -> None:
    once, twice = _rows(spark, ("1", "a")), _rows(spark, ("2", "b"), ("2", "b"), ("3", "c"))
    for sides in ((once, twice), (twice, once)):
        assert list(leaks.of_rows(*sides)) == ["3 posts have become 4 rows: a join has multiplied them"]


def test_a_held_out_post_among_the_training_rows_is_told(spark: SparkSession) -> None:
    found = leaks.of_rows(_rows(spark, ("1", "a"), ("2", "b")), _rows(spark, ("2", "b"), ("3", "c")))
    assert list(found) == ["1 held-out posts are among the training rows"]


def test_a_copy_of_a_training_text_among_the_held_out_rows_is_told(spark: SparkSession) -> None:
    found = leaks.of_rows(_rows(spark, ("1", "a")), _rows(spark, ("2", "a"), ("3", "b")))
    assert list(found) == ["1 held-out texts are those of training rows too"]


def test_an_input_that_says_the_outcome_again_is_told_in_whatever_unit(spark: SparkSession) -> None:
    rows = spark.range(60).select(
        F.log1p("id").alias(LABEL),
        (F.lit(5) - F.col("id") * 3).alias("coolness"),
        (F.col("id") % 7).alias("honest"),
        F.when(F.col("id") % 2 == 0, F.col("id")).alias("known_of_half"),
        F.lit(1).alias("constant"),
        F.lit(None).cast("double").alias("never_known"),
        F.lit("x").alias("platform"),
    )
    names = ["coolness", "honest", "known_of_half", "constant", "never_known", "platform"]
    found = list(leaks.of_reproduction(rows, names, LABEL))
    assert found == [
        "coolness reproduces the outcome: the correlation of their ranks is -1.00",
        "known_of_half reproduces the outcome: the correlation of their ranks is +1.00",
    ]


@pytest.mark.slow
def test_an_input_that_changes_with_the_posts_own_counts_is_told(small_corpus: Corpus) -> None:
    inputs = [name for name in INPUTS if name != TERMS]
    of_authors = small_corpus.posts.groupBy("platform", "author")
    last = of_authors.agg(F.max_by("post_id", "created_at").alias("post_id"))

    def honest(engagement: DataFrame) -> DataFrame:
        return known_when_sent(small_corpus.posts, engagement, 24)

    def leaky(engagement: DataFrame) -> DataFrame:
        # Of all of an author's posts: the one in question, and later ones too.
        of_author = Window.partitionBy("platform", "author")
        return honest(engagement).withColumn("author_mean_log", F.avg("log_engagement").over(of_author))

    assert list(leaks.of_dependence(honest, small_corpus.engagement, last, inputs)) == []
    found = list(leaks.of_dependence(leaky, small_corpus.engagement, last, inputs))
    assert found == ["author_mean_log of a post changes with what the post itself has earned"]


def test_a_model_that_is_too_good_to_be_true_is_told() -> None:
    assert list(leaks.of_skill(0.6, CHANCE)) == []
    (found,) = leaks.of_skill(0.96, CHANCE)
    assert found == "R² is 0.960 on held-out rows, and -0.020 with shuffled labels: too good to be true"


def test_skill_with_shuffled_labels_is_told_when_it_is_more_than_chance() -> None:
    assert list(leaks.of_skill(0.5, Interval(0.1, 0.04, 0.2))) == []
    (found,) = leaks.of_skill(0.5, Interval(0.4, 0.3, 0.5))
    assert found.startswith("R² is 0.400 (from 0.300) on held-out rows with labels shuffled by chance")


def test_shuffled_labels_are_the_rows_own_the_same_for_copies_and_know_nothing_of_the_post(
    spark: SparkSession,
) -> None:
    rows = spark.range(6_000).select(
        (F.col("id") % 3_000).cast("string").alias("text_hash"), F.log1p("id").alias(LABEL)
    )
    drawn = leaks.shuffled(rows, LABEL, 3).toPandas()
    assert drawn.groupby("text_hash")[leaks.CHANCE_LABEL].nunique().eq(1).all()
    assert abs(drawn[LABEL].corr(drawn[leaks.CHANCE_LABEL], method="spearman")) < 0.05
    spread = drawn[LABEL].quantile([0.1, 0.5, 0.9]).tolist()
    assert drawn[leaks.CHANCE_LABEL].quantile([0.1, 0.5, 0.9]).tolist() == pytest.approx(spread, abs=0.2)
    assert (drawn[leaks.CHANCE_LABEL] != leaks.shuffled(rows, LABEL, 4).toPandas()[leaks.CHANCE_LABEL]).any()


@pytest.mark.slow
def test_rows_on_both_sides_are_learnt_by_heart_whatever_their_labels(spark: SparkSession) -> None:
    """What the run with shuffled labels is for: it finds rows that are known, however they have got there."""
    assembler = VectorAssembler(inputCols=["a", "b"], outputCol="features")
    made = spark.range(400).select(
        F.col("id").cast("string").alias("text_hash"),
        F.rand(1).alias("a"),
        F.rand(2).alias("b"),
        F.rand(3).alias(LABEL),
    )
    rows = leaks.shuffled(assembler.transform(made), LABEL, 1).coalesce(1).cache()
    forest = fit_regressor(rows, Setting(11, 1, 0.7), 20, 1, label=leaks.CHANCE_LABEL)
    said = forest.transform(rows).select(leaks.CHANCE_LABEL, PREDICTED).toPandas()
    assert said.corr().iloc[0, 1] ** 2 > 0.5
