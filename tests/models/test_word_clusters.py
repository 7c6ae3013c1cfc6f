"""Clusters of words, on conversations whose words are known."""

import numpy as np
import pytest
from pyspark.sql import Row, SparkSession

from models.conversations import COLUMNS, SETTINGS, TAGS, WORDS, conversations, no_step, silver
from starling.errors import NotEnoughData
from starling.gold import word_clusters as gold
from starling.models import probe, word_clusters
from starling.models.coherence import TOP_WORDS, cooccurrences
from starling.models.corpus import documents
from starling.models.trained import Corpus, Interval, Loaded, Trained
from starling.models.word_vectors import tf_idf, word2vec


def loaded(trained: Trained) -> Loaded:
    return Loaded(trained.name, 1, trained.pipeline, trained.card)


def test_the_words_of_a_conversation_are_together(words_model: Trained) -> None:
    found = [{*each["words"]} for each in words_model.card["clusters"]]
    for name, words in WORDS.items():
        own = {*words, *(f"#{tag}" for tag in TAGS[name])}
        assert sum(own <= each for each in found) == 1
    assert sum(map(len, found)) == len(set.union(*found)) == words_model.metrics["words"]


def test_words_that_speak_for_a_cluster_come_first_with_their_cosines(words_model: Trained) -> None:
    for number, each in enumerate(words_model.card["clusters"]):
        assert each["cluster"] == number
        assert each["label"] == " · ".join(each["words"][:3])
        assert len(each["weights"]) == len(each["words"])
        assert all(-1.0 <= weight <= 1.0 for weight in each["weights"])
        assert each["weights"][0] > 0


def test_both_rivals_are_told_and_the_more_coherent_in_training_is_kept(words_model: Trained) -> None:
    metrics = words_model.metrics
    kept = words_model.params["vectors"]
    (other,) = {"tf_idf", "word2vec"} - {kept}
    assert metrics[f"{kept}_npmi_training"] >= metrics[f"{other}_npmi_training"]
    assert metrics["npmi"] == metrics[f"{kept}_npmi"]
    assert metrics["rival_lead"] == pytest.approx(metrics[f"{kept}_npmi"] - metrics[f"{other}_npmi"])
    assert {trial.name.split()[0] for trial in words_model.trials} == {"tf_idf", "word2vec"}
    assert all(trial.name.startswith(str(trial.params["vectors"])) for trial in words_model.trials)


def test_it_is_ahead_of_chance_and_told_beside_raw_counts(words_model: Trained) -> None:
    assert words_model.leads.keys() == {"raw_counts", "random"}
    assert words_model.leads["random"].low > 0.1
    metrics = words_model.metrics
    for name, lead in words_model.leads.items():
        assert metrics["npmi"] == pytest.approx(metrics[f"{name}_npmi"] + lead.estimate)


def test_what_is_written_to_gold_fits_the_table(spark: SparkSession, words_model: Trained) -> None:
    ((table, rows),) = words_model.tables
    assert table == gold.TABLE
    whole = [Row(**row, model_version=1) for row in rows]
    frame = spark.createDataFrame([tuple(row[name] for name in table.columns) for row in whole], table.schema)
    assert frame.count() == words_model.metrics["k"]


def test_the_pipeline_finds_the_clusters_of_its_example_again(spark: SparkSession, words_model: Trained) -> None:
    made = probe.make(words_model.pipeline, words_model.example, words_model.outputs, spark)
    assert made.differences(words_model.pipeline, spark) == []
    assert [answer for (answer,) in made.answers] == [each["cluster"] for each in words_model.card["clusters"]]


def test_the_stages_of_both_rivals_are_sparks_own_and_make_the_words_vectors(
    spark: SparkSession, talks: Corpus
) -> None:
    with documents(talks.posts, SETTINGS.topics) as found:
        training = cooccurrences(found.training, found.vocabulary)
        counted = tf_idf(found, training)
        learnt = word2vec(found, training, counted.places, seed=3)
        again = word2vec(found, training, counted.places, seed=3)
        posts_of_first = [row.terms for row in found.training.collect() if found.vocabulary[0] in row.terms]
    for space in (counted, learnt):
        assert all(type(stage).__module__ == "pyspark.ml.feature" for stage in space.stages)
        lengths = np.sqrt(space.points.vectors.multiply(space.points.vectors).sum(axis=1))
        assert lengths == pytest.approx(np.ones(len(space.places)))
    assert (learnt.points.vectors != again.points.vectors).nnz == 0
    # A word's vector is that of all its posts' terms together; of Word2Vec it is the word's own.
    rows = [(0, [term for post in posts_of_first for term in post]), (1, [found.vocabulary[0]])]
    frame = spark.createDataFrame(rows, "n int, terms array<string>")
    for space, row in ((counted, 0), (learnt, 1)):
        for stage in space.stages:
            frame = stage.transform(frame)
        vector = frame.where(f"n = {row}").first().features.toArray()
        assert space.points.vectors[[0]].toarray()[0] == pytest.approx(vector)
        frame = frame.select("n", "terms")


def test_a_cluster_is_spoken_for_by_the_words_that_its_centre_has_most_of(talks: Corpus) -> None:
    with documents(talks.posts, SETTINGS.topics) as found:
        space = tf_idf(found, cooccurrences(found.training, found.vocabulary))
    clusters = np.arange(len(space.places)) % 3
    vectors, weights = space.points.vectors.toarray(), space.points.weights
    for cluster in range(3):
        of_it = np.flatnonzero(clusters == cluster)
        centre = (vectors[of_it] * weights[of_it, None]).sum(axis=0)
        cosines = vectors[of_it] @ centre / np.linalg.norm(centre)
        assert space.cosines(clusters, 3)[of_it] == pytest.approx(cosines)
        expected = of_it[np.argsort(-cosines * weights[of_it], kind="stable")][:TOP_WORDS]
        assert space.words(clusters, 3)[cluster] == [space.places[point] for point in expected]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model_in_whatever_order_the_posts_come(
    spark: SparkSession, words_model: Trained
) -> None:
    posts = silver(spark, conversations()).orderBy("text_hash").repartition(3)
    again = word_clusters.train(Corpus(posts, posts, {}), SETTINGS, "small", no_step)
    assert again.card == words_model.card
    assert again.metrics == words_model.metrics
    assert again.leads == words_model.leads


def test_no_model_is_ahead_of_itself(talks: Corpus, words_model: Trained) -> None:
    assert word_clusters.compare(loaded(words_model), loaded(words_model), talks, SETTINGS) == Interval(0.0, 0.0, 0.0)


def test_a_model_of_shuffled_words_is_behind(talks: Corpus, words_model: Trained) -> None:
    words = [word for each in words_model.card["clusters"] for word in sorted(each["words"], key=lambda w: w[::-1])]
    shuffled = {"clusters": [{"words": words[place::4]} for place in range(4)]}
    worse = Loaded(words_model.name, 2, words_model.pipeline, shuffled)
    assert word_clusters.compare(loaded(words_model), worse, talks, SETTINGS).low > 0
    assert word_clusters.compare(worse, loaded(words_model), talks, SETTINGS).high < 0


TEXTS = [f"planet orbit {number}" for number in range(40)]
COMETS = [f"comet {number}" for number in range(20)]


@pytest.mark.parametrize(
    ("posts", "said"),
    [
        ([], "0 distinct texts to learn from"),
        ([("planet orbit", ["skya"])], "0 words that two of them share"),
        ([("planet orbit", ["skya"])] * 50, "0 words that two of them share"),
        ([(None, ["skya"])] * 50, "0 distinct texts to learn from"),
        # Every text has every word: their vectors are zero.
        ([(text, None) for text in TEXTS], "each of 2 words is in all of "),
        (
            [(text, None) for text in [*TEXTS, "comet 1", "comet 2", "comet 3", "comet 4", "comet 5"]],
            "2 words that differ",
        ),
    ],
    ids=["none", "one", "identical", "null texts", "zero vectors", "fewer than k"],
)
def test_too_little_is_said_with_the_counts(spark: SparkSession, posts: list, said: str) -> None:
    frame = silver(spark, posts) if posts else spark.createDataFrame([], COLUMNS)
    with pytest.raises(NotEnoughData, match="not enough data: ") as raised:
        word_clusters.train(Corpus(frame, frame, {}), SETTINGS, "small", no_step)
    assert said in str(raised.value)
