"""How a training went, for the person who started it: beside every baseline, with intervals."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starling.models.promotion import Decision
from starling.models.trained import ENGAGEMENT, TOPICS, WORDS, Interval
from starling.models.vader_evaluation import VaderEvaluation
from starling.plaintext import printable, table
from starling.sentiment.agreement import LABELS
from starling.training.trainer import Outcome

_MOST_CLUSTERS = 12
# What the metrics and leads call a baseline, in words.
_BASELINES = {
    "raw_counts": "k-means on raw counts",
    "random": "random clusters",
    "mean": "the mean",
    "author_mean": "the author's mean",
    "followers": "followers alone",
    "boosted_trees": "gradient-boosted trees",
    "base_rate": "the base rate",
    "followers_chance": "followers alone, of the chance",
}
_EARNED = ("rmse", "mae", "r2", "spearman")
_CHANCE = ("pr_auc", "f1", "accuracy")


def of_training(outcome: Outcome) -> Iterator[str]:
    """A version, what it found, and its lead over the baselines and the champion."""
    facts = outcome.facts
    yield ""
    yield f"{_KINDS[facts.name].title}: version {outcome.version} of {facts.name}"
    yield from _KINDS[facts.name].body(facts.card, facts.metrics)
    leads = dict(facts.leads)
    if facts.against:
        leads[f"version {facts.against[0]}, the champion"] = facts.against[1]
    yield from _leads(_KINDS[facts.name].measure, leads)
    yield from outcome.problems


def of_decision(name: str, decision: Decision) -> Iterator[str]:
    """What the gate said, and why."""
    yield ""
    yield f"{name}: {'promoted to champion' if decision.promote else 'not promoted'}"
    yield from (f"  {reason}" for reason in decision.reasons)


def of_champion(name: str, version: int | None) -> Iterator[str]:
    """Which version is champion, where there was nothing to decide."""
    yield ""
    yield f"{name}: version {version} is champion" if version else f"{name}: there is no champion"


def of_sentiment(found: VaderEvaluation) -> Iterator[str]:
    """How far VADER agrees with people, and what that makes of the posts."""
    agreement = found.agreement
    yield ""
    yield f"Sentiment: VADER beside people's ratings of {agreement.texts:,} tweets, r = {agreement.correlation:.3f}"
    yield from table(
        ["People \\ VADER", *LABELS, "recall"],
        [
            [label, *(f"{count:,}" for count in row), f"{agreement.recall(label):.1%}"]
            for label, row in zip(LABELS, agreement.confusion, strict=True)
        ],
    )
    if not found.shares:
        return
    yield from table(
        [f"Of {found.scored:,} scored posts", "VADER", "corrected", "95 % interval"],
        [
            [label, f"{share.raw:.1%}", f"{share.corrected.estimate:.1%}", _percent(share.corrected)]
            for label, share in found.shares.items()
        ],
    )


def _topics(card: Mapping[str, Any], metrics: Mapping[str, float]) -> Iterator[str]:
    yield (
        f"  {metrics['hashtags']:,.0f} hashtags in {metrics['k']:.0f} topics, {metrics['rare_hashtags']:,.0f} rarer "
        f"ones left out; {metrics['coverage']:.0%} of unseen posts have a topic"
    )
    topics = sorted(card["topics"], key=lambda each: -each["posts"])
    rows = [
        [_named(each["topic"], each), f"{len(each['hashtags']):,}", f"{each['posts']:,}", _npmi(each)]
        for each in topics[:_MOST_CLUSTERS]
    ]
    yield from table(["Topic", "hashtags", "posts", "NPMI"], rows)
    yield from _more(topics)


def _words(card: Mapping[str, Any], metrics: Mapping[str, float]) -> Iterator[str]:
    yield f"  {metrics['words']:,.0f} words in {metrics['k']:.0f} clusters"
    clusters = sorted(card["clusters"], key=lambda each: -len(each["words"]))
    rows = [
        [_named(each["cluster"], each), f"{len(each['words']):,}", _npmi(each)] for each in clusters[:_MOST_CLUSTERS]
    ]
    yield from table(["Word cluster", "words", "NPMI"], rows)
    yield from _more(clusters)


def _engagement(card: Mapping[str, Any], metrics: Mapping[str, float]) -> Iterator[str]:
    held_out = metrics["held_out_posts"]
    yield (
        f"  {metrics['training_posts']:,.0f} posts to learn from; {held_out:,.0f} of other authors, and later, to be "
        "judged by"
    )
    yield from table(
        ["log1p(likes + reposts + replies)", "RMSE", "MAE", "R²", "Spearman"],
        [["random forest", *_measured(metrics, "", _EARNED)], *_baselines(metrics, _EARNED)],
    )
    yield from _interval("R²", metrics, "r2")
    yield from table(
        ["In the top quarter", "PR-AUC", "F1", "accuracy"],
        [["random forest", *_measured(metrics, "", _CHANCE)], *_baselines(metrics, _CHANCE)],
    )
    yield from _interval("PR-AUC", metrics, "pr_auc")


def _baselines(metrics: Mapping[str, float], names: Sequence[str]) -> list[list[str]]:
    """Those that were measured so."""
    return [
        [said, *_measured(metrics, f"{baseline}_", names)]
        for baseline, said in _BASELINES.items()
        if f"{baseline}_{names[0]}" in metrics
    ]


def _measured(metrics: Mapping[str, float], of: str, names: Sequence[str]) -> list[str]:
    return [f"{metrics[of + name]:.3f}" for name in names]


def _interval(said: str, metrics: Mapping[str, float], name: str) -> Iterator[str]:
    low, high = metrics[f"{name}_low"], metrics[f"{name}_high"]
    yield f"  {said} of the random forest: {low:.3f} to {high:.3f} (95 % interval)"


def _named(number: int, cluster: Mapping[str, Any]) -> str:
    return f"{number:>3} {printable(cluster['label'])}"


def _npmi(cluster: Mapping[str, Any]) -> str:
    return f"{cluster['npmi']:+.3f}"


def _more(clusters: Sequence[object]) -> Iterator[str]:
    if len(clusters) > _MOST_CLUSTERS:
        yield f"  {len(clusters) - _MOST_CLUSTERS} more"


def _leads(measure: str, leads: Mapping[str, Interval]) -> Iterator[str]:
    known = [name for name in _BASELINES if name in leads]
    rows = [
        [
            _BASELINES.get(name, name),
            f"{leads[name].estimate:+.3f}",
            f"{leads[name].low:+.3f} to {leads[name].high:+.3f}",
        ]
        for name in [*known, *(name for name in leads if name not in known)]
    ]
    yield from table([measure, "lead", "95 % interval"], rows)


def _percent(interval: Interval) -> str:
    return f"{interval.low:.1%} to {interval.high:.1%}"


@dataclass(frozen=True)
class _Kind:
    """How one kind of model is told: `measure` is what its leads are differences of."""

    title: str
    body: Callable[[Mapping[str, Any], Mapping[str, float]], Iterator[str]]
    measure: str


_KINDS = {
    TOPICS: _Kind("Hashtag topics", _topics, "Coherence (NPMI) over"),
    WORDS: _Kind("Word clusters", _words, "Coherence (NPMI) over"),
    ENGAGEMENT: _Kind("Engagement", _engagement, "Squared error less than"),
}
