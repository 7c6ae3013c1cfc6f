"""How many posts each topic has, when, and how they read: counted in one pass over all posts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from starling.serving.filters import NO_TOPIC

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# A span of more days than this is counted by day, which 48 bars show no finer.
_MOST_DAYS = 7
_WIDTHS = tuple(timedelta(hours=hours) for hours in (1, 3, 12, 24, 7 * 24, 28 * 24, 91 * 24, 364 * 24))
_MONDAY = datetime(2000, 1, 3)  # noqa: DTZ001 -- as the index has its times; its buckets begin there, too
MOST_BARS = 48
_COUNTED = f"""
SELECT coalesce(topic, {NO_TOPIC}) AS topic, time_bucket($width, created_at) AS bar, sentiment, count(*) AS posts,
       coalesce(sum(compound), 0) AS compound
FROM posts GROUP BY ALL
"""  # noqa: S608 -- our own words


@dataclass(frozen=True)
class Counts:
    """Posts, and how those that are scored read."""

    posts: int = 0
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    compound: float = 0.0  # sum

    @classmethod
    def of(cls, sentiment: str, posts: int, compound: float) -> "Counts":
        """Posts that all read the same: positive, neutral, negative, or unscored."""
        return cls(posts, compound=compound, **({} if sentiment == "unscored" else {sentiment: posts}))

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            self.posts + other.posts,
            self.positive + other.positive,
            self.neutral + other.neutral,
            self.negative + other.negative,
            self.compound + other.compound,
        )

    @property
    def scored(self) -> int:
        """Posts with a sentiment score."""
        return self.positive + self.neutral + self.negative

    @property
    def unscored(self) -> int:
        """Posts without one."""
        return self.posts - self.scored

    @property
    def mean_compound(self) -> float | None:
        """-1 to 1; None where nothing is scored."""
        return self.compound / self.scored if self.scored else None

    def share(self, sentiment: str) -> float | None:
        """Of the scored posts, those of that sentiment, 0 to 1; None where nothing is scored."""
        of_it: int = getattr(self, sentiment)
        return of_it / self.scored if self.scored else None


Bars = Mapping[datetime, Counts]


@dataclass(frozen=True)
class Times:
    """By topic's number (NO_TOPIC: posts without), the counts of each time in which it has posts."""

    by_topic: Mapping[int, Bars]
    counted_by: timedelta = _HOUR

    def whole(self, topic: int) -> Counts:
        """All of a topic's posts."""
        return _sum(self.by_topic.get(topic, {}).values())

    @property
    def all_posts(self) -> int:
        """Posts, with a topic or without."""
        return sum(self.whole(topic).posts for topic in self.by_topic)

    def width(self, topics: Iterable[int]) -> timedelta:
        """How long a bar is to be, for these topics' posts to be in at most MOST_BARS of them."""
        times = {at for topic in topics for at in self.by_topic.get(topic, {})}
        widths = [width for width in _WIDTHS if width >= self.counted_by]
        return next((width for width in widths if len({start(at, width) for at in times}) <= MOST_BARS), widths[-1])

    def starts(self, topics: Iterable[int], width: timedelta) -> list[datetime]:
        """The bars in which any of these topics has posts, in order of time."""
        return sorted({start(at, width) for topic in topics for at in self.by_topic.get(topic, {})})

    def bars(self, topic: int, width: timedelta) -> Bars:
        """A topic's counts in bars of that width, in order of time: those that have posts."""
        found: dict[datetime, Counts] = {}
        for at, counts in self.by_topic.get(topic, {}).items():
            bar = start(at, width)
            found[bar] = found.get(bar, Counts()) + counts
        return dict(sorted(found.items()))


def times(cursor: duckdb.DuckDBPyConnection) -> Times:
    """All posts counted. A look at each of them: to be kept until the index changes."""
    ((first, last),) = cursor.execute("SELECT min(created_at), max(created_at) FROM posts").fetchall()
    width = _HOUR if first is not None and last - first <= _MOST_DAYS * _DAY else _DAY
    by_topic: dict[int, dict[datetime, Counts]] = {}
    for topic, bar, sentiment, posts, compound in cursor.execute(_COUNTED, {"width": width}).fetchall():
        bars = by_topic.setdefault(topic, {})
        bars[bar] = bars.get(bar, Counts()) + Counts.of(sentiment, posts, compound)
    return Times(by_topic, width)


def start(at: datetime, width: timedelta) -> datetime:
    """The start of the bar that a time is in.

    >>> start(datetime(2021, 6, 30, 12), timedelta(days=7))
    datetime.datetime(2021, 6, 28, 0, 0)
    """
    return _MONDAY + (at - _MONDAY) // width * width


def _sum(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())
