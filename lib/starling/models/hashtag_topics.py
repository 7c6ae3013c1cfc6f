"""Hashtag topics: hashtags clustered by the words they are used with, named, and known again after the next training.

A topic is named by the terms with the most TF-IDF in its hashtags taken together, as in Grootendorst, M. (2022):
BERTopic. Its coherence counts once for each of its hashtags in a model's mean, so that a clustering that leaves most
hashtags in one heap and makes topics of the rest is judged by the heap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from pyspark.ml import PipelineModel
from pyspark.ml.feature import IDF, CountVectorizerModel, IDFModel, Normalizer
from pyspark.sql import Row
from pyspark.sql import functions as F

from starling.errors import NotEnoughData
from starling.gold import topic_lineage, topics
from starling.models.baselines import baselines, measured
from starling.models.cluster_plots import Searched
from starling.models.clustering import CLUSTER, FEATURES, Candidate, Choice, Clusters, Grid, Points, Search
from starling.models.coherence import TOP_WORDS, Floats, HeldOut, Words, cooccurrences, held_out
from starling.models.comparison import Said, lead
from starling.models.corpus import Documents, documents, hashtag_documents
from starling.models.labels import labels
from starling.models.topic_identity import Identities, match
from starling.models.topic_plots import topic_figures
from starling.models.topic_scores import score, unit_tf_idf
from starling.models.trained import TOPICS, Corpus, Interval, Loaded, Step, Trained
from starling.settings import Settings

__all__ = ["compare", "score", "train"]

# Topics that the example is made of: words of many posts, so that none can be known again in it.
_EXAMPLE_TOPICS = 5


@dataclass(frozen=True)
class _Space:
    """The hashtags as vectors of terms, in alphabetical order, and the stages that make the same of posts."""

    names: Sequence[str]
    posts: Sequence[int]
    counts: sp.csr_array
    counting: CountVectorizerModel
    weighting: IDFModel
    rare: int
    wordless: int

    @property
    def idf(self) -> Floats:
        """By term."""
        found: Floats = self.weighting.idf.toArray()
        return found

    @property
    def points(self) -> Points:
        """What is clustered. A hashtag of 400 posts weighs as much as 20 of one: more than one, less than 400."""
        return Points(self.names, unit_tf_idf(self.counts, self.idf), np.sqrt(self.posts))

    def weights(self, clusters: Clusters, k: int) -> Floats:
        """TF-IDF of each term (column) in each cluster (row), its hashtags taken as one document."""
        places = np.arange(len(clusters))
        member = sp.csr_array((np.ones(len(clusters)), (clusters, places)), shape=(k, len(clusters)))
        weighted: Floats = (member @ self.counts).toarray() * self.idf
        return weighted

    def words(self, clusters: Clusters, k: int) -> list[Words]:
        """The heaviest terms of each cluster, heaviest first; of equals the more frequent."""
        rows = self.weights(clusters, k)
        return [[int(term) for term in np.argsort(-row, kind="stable")[:TOP_WORDS] if row[term] > 0] for row in rows]


def train(corpus: Corpus, settings: Settings, grid: Grid, champion: Loaded | None, taken: int, step: Step) -> Trained:
    """Topics of the corpus's hashtags; those that the champion has keep its numbers, others get ones above `taken`.

    Raises NotEnoughData.
    """
    step("words of the posts")
    with documents(corpus.posts, settings.topics) as found:
        space = _space(found, settings.topics.min_posts)
        training = cooccurrences(found.training, found.vocabulary)
        search = Search(space.points, space.words, training, settings.topics, grid, settings.models.seed)
        choice = search.run(found.posts.sparkSession, "hashtags", step)
        step("baselines")
        unseen = held_out(found.held_out, found.vocabulary)
        rivals = baselines(found.posts.sparkSession, space.counts, search, choice.best)
        step("topics")
        pipeline = PipelineModel([space.counting, space.weighting, _normalizer(), choice.best.model])
        identities = match(_hashtags_of(champion), _hashtags(space, choice.best), taken)
        described = _described(space, choice.best, unseen, identities)
        posts = _posts_by_topic(found, Loaded(TOPICS, 0, pipeline, {"topics": described}))
    named = [
        topic | {"posts": posts.get((False, topic["topic"]), 0) + posts.get((True, topic["topic"]), 0)}
        for topic in described
    ]
    return Trained(
        name=TOPICS,
        pipeline=pipeline,
        example=pd.DataFrame({"terms": [topic["words"] for topic in named[:_EXAMPLE_TOPICS]]}),
        outputs=(CLUSTER,),
        params=_params(settings, grid, choice),
        metrics=measured(choice.best, rivals, found, unseen) | _counted(space) | {"coverage": _coverage(posts)},
        leads={name: unseen.lead(choice.best.named, rival, settings.models.seed) for name, rival in rivals.items()},
        card={"topics": named},
        trials=choice.trials,
        tables=((topics.TABLE, _topic_rows(named)), (topic_lineage.TABLE, _lineage_rows(identities, champion))),
        figures=topic_figures(
            named,
            space.points,
            choice.best.clusters,
            Searched("hashtags", choice.trials, choice.best.k),
            settings.models.seed,
        ),
    )


def compare(challenger: Loaded, champion: Loaded, corpus: Corpus, settings: Settings) -> Interval:
    """By how much the challenger's mean NPMI is above the champion's on the same held-out posts."""
    ours, theirs = ([Said(each["words"], len(each["hashtags"])) for each in _topics(m)] for m in (challenger, champion))
    return lead(ours, theirs, corpus, settings)


def _space(found: Documents, min_posts: int) -> _Space:
    """Raises NotEnoughData where no hashtag has enough posts, or none a direction of its own."""
    hashtags = hashtag_documents(found.training).cache()
    try:
        counting = CountVectorizerModel.from_vocabulary(list(found.vocabulary), inputCol="terms", outputCol="counts")
        kept = counting.transform(hashtags.where(F.col("posts") >= min_posts))
        rows = kept.select("hashtag", "posts", "counts").orderBy("hashtag").collect()
        rare = hashtags.count() - len(rows)
        if not rows:
            raise NotEnoughData(
                f"not enough data: no hashtag is in {min_posts:,} distinct texts or more (topics.min_posts), and "
                f"{rare:,} are in fewer, of {found.training_posts:,} texts to learn from"
            )
        return _vectors(rows, rare, counting, IDF(inputCol="counts", outputCol="tf_idf").fit(kept))
    finally:
        hashtags.unpersist()


def _vectors(rows: Sequence[Row], rare: int, counting: CountVectorizerModel, weighting: IDFModel) -> _Space:
    idf = weighting.idf.toArray()
    # Without a term that tells it from others, a hashtag has no direction, and cosine no answer.
    kept = [row for row in rows if idf[row.counts.indices].any()]
    if not kept:
        raise NotEnoughData(f"not enough data: {len(rows):,} hashtags, and none is with words that others are not with")
    vectors = [
        sp.csr_array((r.counts.values, r.counts.indices, [0, r.counts.indices.size]), (1, r.counts.size)) for r in kept
    ]
    return _Space(
        names=[row.hashtag for row in kept],
        posts=[row.posts for row in kept],
        counts=sp.vstack(vectors).tocsr(),
        counting=counting,
        weighting=weighting,
        rare=rare,
        wordless=len(rows) - len(kept),
    )


def _normalizer() -> Normalizer:
    return Normalizer(inputCol="tf_idf", outputCol=FEATURES, p=2.0)


def _hashtags(space: _Space, best: Candidate) -> dict[int, dict[str, int]]:
    """By cluster: posts by hashtag, most first."""
    order = sorted(range(len(space.names)), key=lambda place: (-space.posts[place], space.names[place]))
    members: dict[int, dict[str, int]] = {cluster: {} for cluster in range(best.k)}
    for place in order:
        members[int(best.clusters[place])][space.names[place]] = space.posts[place]
    return members


def _hashtags_of(champion: Loaded | None) -> dict[int, dict[str, int]]:
    return {topic["topic"]: topic["hashtags"] for topic in _topics(champion)} if champion else {}


def _topics(model: Loaded) -> Sequence[Mapping[str, Any]]:
    described: Sequence[Mapping[str, Any]] = model.card["topics"]
    return described


def _described(space: _Space, best: Candidate, unseen: HeldOut, identities: Identities) -> list[dict[str, Any]]:
    """The topics by number, as the card has them, but for their posts."""
    vocabulary = space.counting.vocabulary
    terms = [[vocabulary[word] for word in words] for words in best.named.words]
    weights = space.weights(best.clusters, best.k)
    hashtags = _hashtags(space, best)
    described = [
        {
            "topic": identities.numbers[cluster],
            "cluster": cluster,
            "label": label,
            "words": terms[cluster],
            "weights": _shares(weights[cluster][list(best.named.words[cluster])]),
            "hashtags": hashtags[cluster],
            "npmi": unseen.cooccurrences.npmi(best.named.words[cluster]),
        }
        for cluster, label in enumerate(labels(terms))
    ]
    return sorted(described, key=lambda topic: topic["topic"])


def _shares(weights: Floats) -> list[float]:
    shares: list[float] = (weights / weights.sum()).tolist()
    return shares


def _posts_by_topic(found: Documents, model: Loaded) -> dict[tuple[bool, int | None], int]:
    """Distinct texts, by whether they are held out and by topic; None: they have no known term."""
    rows = score(found.posts, model).groupBy("held_out", "topic").count().collect()
    return {(row.held_out, row.topic): row["count"] for row in rows}


def _coverage(posts: Mapping[tuple[bool, int | None], int]) -> float:
    """Share of the held-out texts that have a topic."""
    unseen = {topic: count for (of_unseen, topic), count in posts.items() if of_unseen}
    return 1 - unseen.get(None, 0) / sum(unseen.values())


def _params(settings: Settings, grid: Grid, choice: Choice) -> dict[str, object]:
    tried = {"grid": grid, "k": choice.best.k, "start": choice.best.start, "seed": settings.models.seed}
    return settings.topics.model_dump() | tried


def _counted(space: _Space) -> dict[str, float]:
    """Hashtags by what became of them."""
    return {
        "hashtags": len(space.names),
        "rare_hashtags": space.rare,
        "wordless_hashtags": space.wordless,
    }


def _topic_rows(named: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    columns = [name for name in topics.TABLE.columns if name != "model_version"]
    return [{name: topic[name] for name in columns} | {"hashtags": list(topic["hashtags"])} for topic in named]


def _lineage_rows(identities: Identities, champion: Loaded | None) -> list[dict[str, Any]]:
    previous = champion.version if champion else None
    return [
        {
            "previous_version": previous,
            "topic": each.topic,
            "previous_topic": each.previous,
            "event": each.event,
            "overlap": each.overlap,
        }
        for each in identities.lineage
    ]
