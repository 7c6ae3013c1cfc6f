"""Topics of hashtags, on conversations whose topics are known."""

import pytest
from pyspark.sql import Row, SparkSession

from models.conversations import COLUMNS, SETTINGS, TAGS, WORDS, conversations, corpus, no_step, silver
from starling.errors import NotEnoughData
from starling.gold import topic_lineage, topics
from starling.models import hashtag_topics, probe
from starling.models.trained import Corpus, Interval, Loaded, Trained


def loaded(trained: Trained, version: int = 1) -> Loaded:
    return Loaded(trained.name, version, trained.pipeline, trained.card)


def test_each_conversation_is_a_topic_named_by_its_words(topics_model: Trained) -> None:
    described = topics_model.card["topics"]
    assert {frozenset(topic["hashtags"]) for topic in described} == {frozenset(tags) for tags in TAGS.values()}
    for topic in described:
        (name,) = {tag[:-1] for tag in topic["hashtags"]}
        own = {*WORDS[name], *(f"#{tag}" for tag in TAGS[name])}
        assert {*topic["words"][:6]} <= own
        assert topic["label"] == " · ".join(topic["words"][:3])
        assert topic["weights"] == sorted(topic["weights"], reverse=True)
        assert sum(topic["weights"]) == pytest.approx(1.0)
        assert topic["posts"] == 60
        assert list(topic["hashtags"].values()) == sorted(topic["hashtags"].values(), reverse=True)
    assert [topic["topic"] for topic in described] == [1, 2, 3, 4]


def test_it_is_ahead_of_raw_counts_and_of_chance_in_unseen_posts(topics_model: Trained) -> None:
    assert topics_model.leads.keys() == {"raw_counts", "random"}
    assert topics_model.leads["random"].low > 0.1
    metrics = topics_model.metrics
    assert metrics["npmi"] == pytest.approx(metrics["raw_counts_npmi"] + topics_model.leads["raw_counts"].estimate)
    assert metrics["npmi"] == pytest.approx(metrics["random_npmi"] + topics_model.leads["random"].estimate)
    assert metrics["npmi"] > metrics["random_npmi"]
    assert (metrics["k"], metrics["hashtags"], metrics["rare_hashtags"], metrics["coverage"]) == (4, 16, 0, 1.0)
    assert {trial.params["k"] for trial in topics_model.trials} == {3, 4, 5}


def test_what_is_written_to_gold_fits_its_tables(spark: SparkSession, topics_model: Trained) -> None:
    (table, rows), (history, lineage) = topics_model.tables
    assert (table, history) == (topics.TABLE, topic_lineage.TABLE)
    for of, values in ((table, rows), (history, lineage)):
        whole = [Row(**value, model_version=1) for value in values]
        frame = spark.createDataFrame([tuple(row[name] for name in of.columns) for row in whole], of.schema)
        assert frame.count() == 4
    assert {(row["event"], row["previous_version"]) for row in lineage} == {("born", None)}


def test_the_pipeline_says_the_same_again_of_its_example(spark: SparkSession, topics_model: Trained) -> None:
    made = probe.make(topics_model.pipeline, topics_model.example, topics_model.outputs, spark)
    assert made.differences(topics_model.pipeline, spark) == []
    assert [answer for (answer,) in made.answers] == [topic["cluster"] for topic in topics_model.card["topics"]]


@pytest.mark.slow
def test_topics_keep_their_numbers_when_trained_on_more_posts(spark: SparkSession, topics_model: Trained) -> None:
    more = [*conversations(), *conversations(["sky", "food", "ball"], each=30, seed=2)]
    again = hashtag_topics.train(corpus(spark, more), SETTINGS, "small", loaded(topics_model, 5), 9, no_step)
    numbers = [
        {frozenset(topic["hashtags"]): topic["topic"] for topic in model.card["topics"]}
        for model in (topics_model, again)
    ]
    assert numbers[0] == numbers[1]
    _, (_, lineage) = again.tables
    assert {(row["event"], row["previous_version"], row["overlap"]) for row in lineage} == {("kept", 5, 1.0)}
    assert hashtag_topics.compare(loaded(again), loaded(topics_model), corpus(spark, more), SETTINGS).high >= 0


def test_a_topic_that_nobody_writes_of_any_more_dies_and_a_new_one_gets_a_new_number(
    spark: SparkSession, topics_model: Trained
) -> None:
    posts = conversations(["sky", "food", "ball"], seed=2)
    settings = SETTINGS.model_copy(update={"topics": SETTINGS.topics.model_copy(update={"max_clusters": 3})})
    again = hashtag_topics.train(corpus(spark, posts), settings, "small", loaded(topics_model), 9, no_step)
    (soil,) = [t["topic"] for t in topics_model.card["topics"] if "soila" in t["hashtags"]]
    _, (_, lineage) = again.tables
    assert sorted(row["event"] for row in lineage) == ["died", "kept", "kept", "kept"]
    assert [row["previous_topic"] for row in lineage if row["event"] == "died"] == [soil]
    assert [row["topic"] for row in lineage if row["event"] == "died"] == [None]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model_in_whatever_order_the_posts_come(
    spark: SparkSession, topics_model: Trained
) -> None:
    posts = silver(spark, conversations()).orderBy("text_hash").repartition(3)
    again = hashtag_topics.train(Corpus(posts, posts, {}), SETTINGS, "small", None, 0, no_step)
    assert again.card == topics_model.card
    assert again.metrics == topics_model.metrics
    assert again.leads == topics_model.leads
    centres = [[list(c) for c in model.pipeline.stages[-1].clusterCenters()] for model in (again, topics_model)]
    assert centres[0] == centres[1]


def test_no_model_is_ahead_of_itself(talks: Corpus, topics_model: Trained) -> None:
    same = hashtag_topics.compare(loaded(topics_model), loaded(topics_model), talks, SETTINGS)
    assert same == Interval(0.0, 0.0, 0.0)


TEXTS = [f"planet orbit {number}" for number in range(40)]


@pytest.mark.parametrize(
    ("posts", "said"),
    [
        ([], "0 distinct texts to learn from"),
        ([("planet orbit", ["skya"])], "0 words that two of them share"),
        ([("planet orbit", ["skya"])] * 50, "0 words that two of them share"),
        ([(None, ["skya"])] * 50, "0 distinct texts to learn from"),
        ([(text, None) for text in TEXTS], "no hashtag is in 5 distinct texts or more (topics.min_posts), and 0 are"),
        ([(text, [f"tag{text[-2:]}"]) for text in TEXTS], "no hashtag is in 5 distinct texts"),
        # No word tells the hashtags apart: their vectors are zero.
        ([(text, ["skya" if text[-1] in "02468" else "skyb"]) for text in TEXTS], "2 hashtags, and none is with words"),
        (
            [(text, tags[:1]) for text, tags in conversations() if tags[0] in ("skya", "foodb")],
            "2 hashtags that differ",
        ),
    ],
    ids=["none", "one", "identical", "null texts", "no hashtags", "rare hashtags", "zero vectors", "fewer than k"],
)
def test_too_little_is_said_with_the_counts(spark: SparkSession, posts: list, said: str) -> None:
    frame = silver(spark, posts) if posts else spark.createDataFrame([], COLUMNS)
    with pytest.raises(NotEnoughData, match="not enough data: ") as raised:
        hashtag_topics.train(Corpus(frame, frame, {}), SETTINGS, "small", None, 0, no_step)
    assert said in str(raised.value)
