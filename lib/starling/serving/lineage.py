"""What became of the topics from one version of the model to the next, told from the version that scores posts back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

EVENTS = ("kept", "born", "split", "merged", "died")
_LINEAGE = """
SELECT model_version, previous_version, topic, previous_topic, event, overlap FROM topic_lineage
ORDER BY model_version, topic NULLS LAST, previous_topic
"""
Labels = Mapping[tuple[int, int], str]  # by version and topic


@dataclass(frozen=True)
class Event:
    """What became of a topic in a version; `overlap` is of its hashtags, by posts, 0 to 1."""

    version: int
    previous_version: int | None
    topic: int | None
    previous_topic: int | None
    event: str
    overlap: float

    def concerns(self, topic: int) -> bool:
        """Whether it is about this topic, be it what it was or what it became."""
        return topic in (self.topic, self.previous_topic)

    def sentence(self, labels: Labels) -> str:
        """The event in words."""
        new, old = (
            _named(version, topic, labels)
            for version, topic in ((self.version, self.topic), (self.previous_version, self.previous_topic))
        )
        shared = f"{self.overlap:.0%} of their hashtags, by posts, are in both"
        if self.event == "born" and self.previous_version is None:
            return f"{new} was there from the beginning."
        if self.event == "born":
            return f"{new} was born: most of its hashtags were in no topic of version {self.previous_version}."
        if self.event == "kept":
            renamed = labels.get((self.version, self.topic or 0)) != labels.get(
                (self.previous_version or 0, self.previous_topic or 0)
            )
            return f"{new} was kept{f', before as {old}' if renamed else ''}: {shared}."
        if self.event == "split":
            return f"{new} split off {old}, which most of its hashtags come from: {shared}."
        if self.event == "merged":
            return f"{old} merged into {new}, which has most of its hashtags: {shared}."
        return f"{old} died: no topic of version {self.version} has most of its hashtags."


@dataclass(frozen=True)
class Step:
    """A version, the one that it followed, and what became of the topics between the two."""

    version: int
    previous_version: int | None
    events: Sequence[Event]

    @property
    def summary(self) -> str:
        """
        >>> Step(1, None, [Event(1, None, 1, None, "born", 0.0)]).summary
        'the first version: 1 born'
        """
        counted = [f"{n} {event}" for event in EVENTS if (n := sum(one.event == event for one in self.events))]
        followed = f"after version {self.previous_version}" if self.previous_version else "the first version"
        return f"{followed}: {', '.join(counted)}"


def history(cursor: duckdb.DuckDBPyConnection, version: int) -> list[Step]:
    """The version and those before it, newest first: each the champion that the next one was compared with."""
    by_version: dict[int, list[Event]] = {}
    for row in cursor.execute(_LINEAGE).fetchall():
        event = Event(*row)
        by_version.setdefault(event.version, []).append(event)
    steps: list[Step] = []
    at: int | None = version
    while at in by_version:
        events = by_version.pop(at)
        steps.append(Step(at, events[0].previous_version, events))
        at = events[0].previous_version
    return steps


def told(steps: Iterable[Step], topic: int) -> list[Event]:
    """What became of one topic, newest first."""
    return [event for step in steps for event in step.events if event.concerns(topic)]


def _named(version: int | None, topic: int | None, labels: Labels) -> str:
    if version is None or topic is None:
        return "a topic"
    label = labels.get((version, topic))
    return f"Topic {topic} “{label}”" if label else f"Topic {topic}"
