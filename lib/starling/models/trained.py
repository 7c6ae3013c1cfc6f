"""What every training hands over, whatever it trained: a fitted pipeline, and all that is to be kept of how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starling.steps import Step as Step
from starling.tables import Table

if TYPE_CHECKING:  # a stream without a champion would wait for them in vain, and one that applies models draws nothing
    import pandas as pd
    from matplotlib.figure import Figure
    from pyspark.ml import PipelineModel
    from pyspark.sql import DataFrame

TOPICS = "starling-hashtag-topics"
WORDS = "starling-word-clusters"
ENGAGEMENT = "starling-engagement"


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Trial:
    """One setting that a search tried: a nested run."""

    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Trained:
    """A model that may be registered.

    `example` holds a few rows of what the pipeline reads, and `outputs` names the columns that it adds and that count:
    what they say of `example` is kept, and must be the same after loading. `leads` says, for every baseline, by how
    much the model is better on the held-out rows, with its interval: above zero is better. `card` is what applying
    and comparing the model takes beside the pipeline, as JSON values. `tables` are rows of gold without model_version.
    """

    name: str
    pipeline: PipelineModel
    example: pd.DataFrame
    outputs: Sequence[str]
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    leads: Mapping[str, Interval]
    card: Mapping[str, Any]
    trials: Sequence[Trial] = ()
    tables: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]] = ()
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluated:
    """Something that was measured, and made no model."""

    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A registered version, loaded again and verified: the pipeline and the card that were `Trained`.

    `files` is where MLlib has saved the pipeline, on this machine; None for a model that is not registered yet. Equal
    to itself alone, so that what follows from it can be kept by it.
    """

    name: str
    version: int
    pipeline: PipelineModel
    card: Mapping[str, Any]
    files: Path | None = None


@dataclass(frozen=True)
class Corpus:
    """What a training reads: silver's tables at the versions that the run records."""

    posts: DataFrame
    engagement: DataFrame
    versions: Mapping[str, int]
