"""What a draft will earn by the champion of engagement, how sure that is, and what the model says of it otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import groupby
from typing import Any

import numpy as np

from starling.errors import ModelError
from starling.models import facts
from starling.models.analysis.changes import Variant
from starling.models.analysis.results import Change, Engagement, FeatureChange, Interval
from starling.models.engagement.features import INPUTS, TERMS
from starling.models.engagement.forests import CHANCES, PREDICTED
from starling.models.engagement.inputs import Known, inputs_of, scaled
from starling.models.engagement.intervals import Bounds
from starling.models.engagement.stages import SCALING
from starling.models.mllib.arrays import Columns, Step, applied, inputs, step
from starling.models.mllib.saved import Stage, stages
from starling.models.registry import Fetched
from starling.models.verified import SPARK_FILES

_RETRAIN = "./spark-submit.sh jobs/train.py engagement --promote"
# A post like any other, to try a model on.
_EXAMPLE = Known(
    text="An example of a post #example",
    created_at=datetime(2021, 1, 1, tzinfo=timezone.utc),
    hashtags=["example"],
    mentions=[],
    urls=[],
    platform="x",
    lang="en",
    is_reply=False,
    is_quote=False,
    followers=1,
    compound=0.0,
    pos=0.0,
    neg=0.0,
    author_posts=0,
    author_settled_posts=0,
    author_mean_log=None,
    terms=["example", "#example"],
)


@dataclass(frozen=True)
class Said:
    """What the model says of one post: log1p of its engagement, and its chance to be among the top quarter."""

    log: float
    chance: float

    @property
    def earned(self) -> float:
        """As a count."""
        return float(np.expm1(max(self.log, 0.0)))


@dataclass(frozen=True, eq=False)
class EngagementModel:
    """The fitted stages behind the first, the words that they know, and how far what they say is from what is true."""

    steps: Sequence[Step]
    vocabulary: frozenset[str]
    bounds: Bounds | None

    @classmethod
    def of(cls, files: Fetched) -> "EngagementModel":
        """The verified version. Raises ModelError where it cannot be applied here."""
        scaling, *saved = stages(files.folder / SPARK_FILES)
        if scaling.params.get("statement") != SCALING:
            raise ModelError(f"its first stage is not this version's of Starling; train again: {_RETRAIN}")
        if unknown := set(inputs(saved)) - set(scaled([])):
            raise ModelError(f"its stages read {', '.join(sorted(unknown))}, which nothing here makes")
        bounds = Bounds.of_card(facts.read(files.folder).card)
        made = cls([step(stage) for stage in saved], _vocabulary(saved), bounds)
        made.said([_EXAMPLE])  # what is wrong with it shows now
        return made

    def said(self, posts: Sequence[Known]) -> list[Said]:
        """Of each post what gold.post_scores would have, with the predictions still as logarithms."""
        return self._said([inputs_of(post) for post in posts])

    def engagement(self, post: Known, others: Sequence[tuple[Variant, Known]]) -> Engagement:
        """Of a post, and of what differs from it in one thing each."""
        first = inputs_of(post)
        told = [first, *(inputs_of(other, first if _alike(post, other) else None) for _, other in others)]
        ours, *theirs = self._said(told)
        changes = [
            _change(variant, self._differences(first, inputs), ours, said)
            for (variant, _), inputs, said in zip(others, told[1:], theirs, strict=True)
        ]
        kept = _of_choices(list(zip([variant for variant, _ in others], changes, strict=True)))
        return Engagement(
            predicted=ours.earned,
            interval=self._interval(ours),
            interval_reason=None if self.bounds else f"this version was trained before intervals were kept: {_RETRAIN}",
            top_quarter_probability=ours.chance,
            reason=None,
            changes=tuple(sorted(kept, key=lambda change: -abs(np.log(change.factor)))),
            features={name: first[name] for name in INPUTS},
        )

    def _said(self, told: Sequence[Mapping[str, Any]]) -> list[Said]:
        columns: Columns = applied(scaled(told), self.steps)
        pairs = zip(columns[PREDICTED].tolist(), columns[CHANCES][:, 1].tolist(), strict=True)
        return [Said(log, chance) for log, chance in pairs]

    def _interval(self, said: Said) -> Interval | None:
        if self.bounds is None:
            return None
        low, high = (float(np.expm1(bound)) for bound in self.bounds.around(said.log))
        basis = f"{self.bounds.posts:,} held-out posts of {self.bounds.authors:,} authors"
        return Interval(low, high, self.bounds.level, self.bounds.coverage, basis)

    def _differences(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FeatureChange]:
        """The features that differ; of the terms those that the model knows, 0 or 1."""
        for name in INPUTS:
            if name != TERMS and before[name] != after[name]:
                yield FeatureChange(name, before[name], after[name])
        for term in sorted(self.vocabulary & (set(before[TERMS]) ^ set(after[TERMS]))):
            yield FeatureChange(term, int(term in before[TERMS]), int(term in after[TERMS]))


def _alike(one: Known, other: Known) -> bool:
    """Whether what is read of the texts is the same."""
    return all(getattr(one, name) is getattr(other, name) for name in ("text", "hashtags", "mentions", "urls"))


def _vocabulary(saved: Sequence[Stage]) -> frozenset[str]:
    counting = [stage for stage in saved if stage.params.get("inputCol") == TERMS]
    return frozenset(word for stage in counting for word in stage.learnt_row()["vocabulary"])


def _change(variant: Variant, features: Iterator[FeatureChange], ours: Said, theirs: Said) -> Change:
    return Change(
        name=variant.name,
        what=variant.what,
        features=tuple(features),
        predicted=theirs.earned,
        difference=theirs.earned - ours.earned,
        factor=(1 + theirs.earned) / (1 + ours.earned),
        top_quarter_probability=theirs.chance,
    )


def _of_choices(tried: Sequence[tuple[Variant, Change]]) -> Iterator[Change]:
    """Each change that says something, and of a choice among many the best and the worst one."""
    for is_choice, some in groupby(tried, key=lambda pair: pair[0].name if pair[0].choice else None):
        changes = [change for _, change in some if change.factor != 1]
        if is_choice and changes:
            ends = [extreme(changes, key=lambda change: change.factor) for extreme in (max, min)]
            yield from dict.fromkeys(ends)
        else:
            yield from changes


def no_engagement(reason: str) -> Engagement:
    """Why there is none."""
    return Engagement(None, None, reason, None, reason, (), {})
