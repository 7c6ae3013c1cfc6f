"""A challenger beside the champion, on posts that neither has seen."""

from datetime import datetime

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling.gold.earned import POST
from starling.models.engagement.features import CATEGORIES, INPUTS
from starling.models.engagement.forests import PREDICTED
from starling.models.engagement.measures import Bootstrap, authors
from starling.models.engagement.rows import known_when_sent
from starling.models.engagement.split import TEST, TRAIN, Boundary, with_sides
from starling.models.engagement.stages import LABEL
from starling.models.trained import Corpus, Interval, Loaded
from starling.models.words import with_terms
from starling.settings import Settings


def compare(challenger: Loaded, champion: Loaded, corpus: Corpus, settings: Settings) -> Interval:
    """By how much the challenger's mean squared error of log_engagement is smaller than the champion's.

    On the challenger's held-out rows, without those whose text the champion may have trained on: neither knows them.
    Where there is no such row, there is no lead.
    """
    known = known_when_sent(corpus.posts, corpus.engagement, settings.engagement.settle_hours)
    settled = known.where(F.col(LABEL).isNotNull()).cache()
    unseen = _unseen(settled, boundary_of(challenger), boundary_of(champion)).transform(with_terms).cache()
    try:
        found = _said(unseen, challenger).merge(_said(unseen, champion), on=list(POST), suffixes=("", "_champion"))
    finally:
        unseen.unpersist()
        settled.unpersist()
    if found.empty:
        return Interval(0.0, 0.0, 0.0)
    found = found.sort_values(list(POST))
    true, ours, theirs = (found[name].to_numpy(float) for name in (LABEL, PREDICTED, f"{PREDICTED}_champion"))
    return Bootstrap.of(authors(found), settings.models.seed).lead(true, ours, theirs)


def boundary_of(model: Loaded) -> Boundary:
    """Where the model's training was cut."""
    said = model.card["boundary"]
    return Boundary(said["held_out_authors"], datetime.fromisoformat(said["held_out_from"]))


def _unseen(settled: DataFrame, challengers: Boundary, champions: Boundary) -> DataFrame:
    held_out = settled.transform(with_sides, challengers).where(F.col("side") == TEST)
    trained = settled.transform(with_sides, champions).where(F.col("side") == TRAIN)
    return held_out.join(trained.select("text_hash"), "text_hash", "left_anti")


def _said(rows: DataFrame, model: Loaded) -> pd.DataFrame:
    kept = [name for name in (*POST, "author", LABEL) if name not in CATEGORIES]
    return model.pipeline.transform(rows.select(*kept, *INPUTS)).select(*POST, "author", LABEL, PREDICTED).toPandas()
