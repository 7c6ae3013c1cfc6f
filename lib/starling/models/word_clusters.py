"""Word clusters: words that are used together or alike, from the vectors of two rivals; the more coherent is kept.

The rivals are TF-IDF and Word2Vec. Which is better is decided in the training posts, and told by the held-out ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from pyspark.ml import PipelineModel

from starling.gold import word_clusters
from starling.models.baselines import baselines, measured
from starling.models.cluster_plots import Searched
from starling.models.clustering import CLUSTER, Choice, Grid, Search
from starling.models.coherence import TOP_WORDS, Cooccurrences, HeldOut, Model, cooccurrences, held_out
from starling.models.comparison import Said, lead
from starling.models.corpus import Documents, documents
from starling.models.labels import labels
from starling.models.topic_plots import word_figures
from starling.models.trained import WORDS, Corpus, Interval, Loaded, Step, Trained, Trial
from starling.models.word_vectors import Space, tf_idf, word2vec
from starling.settings import Settings

__all__ = ["compare", "train"]

_EXAMPLE_CLUSTERS = 5


@dataclass(frozen=True)
class _Rival:
    """One way to make vectors of words, and the best clusters that were found with it."""

    space: Space
    search: Search
    choice: Choice

    @property
    def name(self) -> str:
        """Of the vectors."""
        return self.space.name

    @property
    def named(self) -> Model:
        """The words that speak for its clusters, each cluster counting once for each of its words."""
        return self.choice.best.named

    @property
    def trials(self) -> Iterator[Trial]:
        """Those of its search, under its name."""
        for trial in self.choice.trials:
            yield replace(trial, name=f"{self.name} {trial.name}", params={"vectors": self.name, **trial.params})

    @property
    def searched(self) -> Searched:
        """Its search, to be drawn."""
        return Searched(self.name, self.choice.trials, self.choice.best.k)


def train(corpus: Corpus, settings: Settings, grid: Grid, step: Step) -> Trained:
    """Clusters of the corpus's words; raises NotEnoughData."""
    step("words of the posts")
    with documents(corpus.posts, settings.topics) as found:
        training = cooccurrences(found.training, found.vocabulary)
        better, worse = _rivals(found, training, settings, grid, step)
        step("baselines")
        unseen = held_out(found.held_out, found.vocabulary)
        counts = training.counts[list(better.space.places)]
        others = baselines(found.posts.sparkSession, counts, better.search, better.choice.best)
    clusters = _described(better, unseen)
    seed = settings.models.seed
    return Trained(
        name=WORDS,
        pipeline=PipelineModel([*better.space.stages, better.choice.best.model]),
        example=pd.DataFrame({"terms": [each["words"][:TOP_WORDS] for each in clusters[:_EXAMPLE_CLUSTERS]]}),
        outputs=(CLUSTER,),
        params=_params(settings, grid, better),
        metrics=measured(better.choice.best, others, found, unseen)
        | {"words": len(better.space.places)}
        | _beside(better, worse, training, unseen, seed),
        leads={name: unseen.lead(better.named, other, seed) for name, other in others.items()},
        card={"clusters": clusters},
        trials=[*better.trials, *worse.trials],
        tables=((word_clusters.TABLE, clusters),),
        figures=word_figures(
            clusters, better.space.points, better.choice.best.clusters, [better.searched, worse.searched], seed
        ),
    )


def compare(challenger: Loaded, champion: Loaded, corpus: Corpus, settings: Settings) -> Interval:
    """By how much the challenger's mean NPMI is above the champion's on the same held-out posts."""
    ours, theirs = (
        [Said(each["words"][:TOP_WORDS], len(each["words"])) for each in model.card["clusters"]]
        for model in (challenger, champion)
    )
    return lead(ours, theirs, corpus, settings)


def _rivals(
    found: Documents, training: Cooccurrences, settings: Settings, grid: Grid, step: Step
) -> tuple[_Rival, _Rival]:
    """The two, the one first that is more coherent in the posts that it was trained on."""
    counted = tf_idf(found, training)
    step("word vectors")
    learnt = word2vec(found, training, counted.places, settings.models.seed)
    rivals = [_searched(space, found, training, settings, grid, step) for space in (counted, learnt)]
    better, worse = sorted(rivals, key=lambda rival: -training.mean_npmi(rival.named))
    return better, worse


def _searched(
    space: Space, found: Documents, training: Cooccurrences, settings: Settings, grid: Grid, step: Step
) -> _Rival:
    def of_space(name: str) -> None:
        step(f"{space.name}: {name}")

    search = Search(space.points, space.words, training, settings.topics, grid, settings.models.seed)
    return _Rival(space, search, search.run(found.posts.sparkSession, "words", of_space))


def _described(rival: _Rival, unseen: HeldOut) -> list[dict[str, Any]]:
    """The clusters, as the card and the table have them."""
    best, names = rival.choice.best, rival.space.points.names
    cosines = rival.space.cosines(best.clusters, best.k)
    members = rival.space.members(best.clusters, best.k)
    words = [[names[point] for point in points] for points in members]
    return [
        {
            "cluster": cluster,
            "label": label,
            "words": words[cluster],
            "weights": cosines[members[cluster]].tolist(),
            "npmi": unseen.cooccurrences.npmi(best.named.words[cluster]),
        }
        for cluster, label in enumerate(labels(words))
    ]


def _params(settings: Settings, grid: Grid, rival: _Rival) -> dict[str, object]:
    best = rival.choice.best
    tried = {"grid": grid, "vectors": rival.name, "k": best.k, "start": best.start, "seed": settings.models.seed}
    return settings.topics.model_dump(exclude={"min_posts"}) | tried


def _beside(better: _Rival, worse: _Rival, training: Cooccurrences, unseen: HeldOut, seed: int) -> dict[str, float]:
    """Both rivals under their names, and by how much the one is ahead in the held-out posts: it need not be."""
    ahead = unseen.lead(better.named, worse.named, seed)
    both = {
        f"{rival.name}_{metric}": value
        for rival in (better, worse)
        for metric, value in (
            ("k", rival.choice.best.k),
            ("npmi_training", training.mean_npmi(rival.named)),
            ("npmi", unseen.cooccurrences.mean_npmi(rival.named)),
        )
    }
    return both | {"rival_lead": ahead.estimate, "rival_lead_low": ahead.low, "rival_lead_high": ahead.high}
