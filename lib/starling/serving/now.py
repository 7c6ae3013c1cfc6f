"""What is said now: how it reads, hashtags and languages, beside what arrives.

The tables' newest time is "now", never the clock: of posts that were published years ago, now is then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from starling.sentiment.agreement import LABELS
from starling.sentiment.correction import Shares, corrected
from starling.serving.arrivals import Arrivals, Driven, Pace, arrivals, newest_posts, pace
from starling.serving.surprise import EPOCH

# The spans before the shown one that rising hashtags are compared with.
COMPARED = 4
# Unless a visitor chooses, the shortest span is shown that has so many posts, or all there are.
ENOUGH_POSTS = 1_000
_MOST_HASHTAGS = 10
_MOST_LANGUAGES = 10
_SENTIMENT = """
SELECT time_bucket($bar, hour) AS bar, sum(posts)::BIGINT, sum(positive)::BIGINT, sum(neutral)::BIGINT,
       sum(negative)::BIGINT
FROM sentiment_by_hour WHERE hour >= $since AND hour < $until GROUP BY bar ORDER BY bar
"""
_HASHTAGS = """
SELECT hashtag, coalesce(sum(posts) FILTER (hour >= $since), 0)::BIGINT AS posts,
       coalesce(sum(posts) FILTER (hour < $since), 0)::DOUBLE AS before
FROM hashtag_trends WHERE hour >= $earliest AND hour < $until GROUP BY hashtag HAVING posts > 0
ORDER BY posts DESC, hashtag
"""
_BEFORE = """
SELECT count(DISTINCT (epoch_us($since) - epoch_us(hour) - 1) // epoch_us($length)) FROM sentiment_by_hour
WHERE hour >= $earliest AND hour < $since
"""
_LANGUAGES = f"""
SELECT lang, count(*) AS posts FROM posts WHERE created_at >= $since AND created_at < $until
GROUP BY lang ORDER BY posts DESC, lang LIMIT {_MOST_LANGUAGES}
"""  # noqa: S608 -- our own words


@dataclass(frozen=True)
class Kind:
    """A length of time to show, in bars of another; `name` is its name in an address."""

    name: str
    length: timedelta
    bar: timedelta
    words: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("day", timedelta(days=1), timedelta(hours=1), "24 hours"),
        Kind("week", timedelta(days=7), timedelta(hours=6), "7 days"),
        Kind("month", timedelta(days=28), timedelta(days=1), "28 days"),
        Kind("year", timedelta(days=364), timedelta(days=7), "52 weeks"),
    )
}


@dataclass(frozen=True)
class Span:
    """The newest time of publication: whole bars from `since` until before `until`, of which the last may be begun."""

    kind: Kind
    since: datetime
    until: datetime

    @property
    def earliest(self) -> datetime:
        """Since when rising hashtags are compared with."""
        return self.since - COMPARED * self.kind.length


@dataclass(frozen=True)
class Bar:
    """Posts of a bar, and their shares of positive and of negative ones; None where none is scored."""

    start: datetime
    posts: int
    scored: int
    counts: tuple[int, ...]  # of scored posts, by LABELS
    positive: Shares | None
    negative: Shares | None


@dataclass(frozen=True)
class Rising:
    """A hashtag's posts beside the mean of the spans before; `score` is how far above, in a Poisson count's spreads."""

    hashtag: str
    posts: int
    usual: float

    @property
    def score(self) -> float:
        """As gold.hashtag_trends.burst_score: (posts - usual) / sqrt(usual + 1)."""
        return (self.posts - self.usual) / float((self.usual + 1) ** 0.5)


@dataclass(frozen=True)
class Hashtags:
    """The most used hashtags and the most rising; `compared` is how many spans before had any posts."""

    top: Sequence[tuple[str, int]]
    rising: Sequence[Rising]
    compared: int


def span(cursor: duckdb.DuckDBPyConnection, chosen: str | None = None) -> Span | None:
    """The span that is shown: that of KINDS, or the shortest that says enough; None where there are no posts."""
    ((newest, everything),) = cursor.execute("SELECT max(hour), sum(posts) FROM sentiment_by_hour").fetchall()
    if newest is None:
        return None
    spans = [_ending(kind, newest) for kind in KINDS.values() if chosen in (None, kind.name)]
    for one in spans[:-1]:
        ((posts,),) = cursor.execute("SELECT sum(posts) FROM sentiment_by_hour WHERE hour >= ?", [one.since]).fetchall()
        if posts >= min(ENOUGH_POSTS, everything):
            return one
    return spans[-1]


def _ending(kind: Kind, newest: datetime) -> Span:
    until = EPOCH + ((newest - EPOCH) // kind.bar + 1) * kind.bar
    return Span(kind, until - kind.length, until)


def sentiment(cursor: duckdb.DuckDBPyConnection, shown: Span) -> list[Bar]:
    """How the posts of each bar read; a bar without posts is there too."""
    known = {"bar": shown.kind.bar, "since": shown.since, "until": shown.until}
    rows = {start: row for start, *row in cursor.execute(_SENTIMENT, known).fetchall()}
    starts = [shown.since + n * shown.kind.bar for n in range(shown.kind.length // shown.kind.bar)]
    return [_bar(start, *rows.get(start, (0, 0, 0, 0))) for start in starts]


def total(bars: Sequence[Bar]) -> Bar:
    """All bars as one, from their counts."""
    counts = (sum(bar.counts[place] for bar in bars) for place in range(len(LABELS)))
    return _bar(bars[0].start, sum(bar.posts for bar in bars), *counts)


def _bar(start: datetime, posts: int, *counts: int) -> Bar:
    return Bar(start, posts, sum(counts), counts, corrected("positive", counts), corrected("negative", counts))


def hashtags(cursor: duckdb.DuckDBPyConnection, shown: Span) -> Hashtags:
    """The top ones and the rising ones."""
    times = {"since": shown.since, "earliest": shown.earliest}
    asked = _BEFORE.replace("epoch_us($length)", str(int(shown.kind.length / timedelta(microseconds=1))))
    ((compared,),) = cursor.execute(asked, times).fetchall()
    rows = cursor.execute(_HASHTAGS, {**times, "until": shown.until}).fetchall()
    rising = [Rising(tag, posts, before / compared) for tag, posts, before in rows] if compared else []
    above = sorted((one for one in rising if one.posts > one.usual + 1), key=lambda one: -one.score)
    return Hashtags([(tag, posts) for tag, posts, _ in rows[:_MOST_HASHTAGS]], above[:_MOST_HASHTAGS], compared)


def languages(cursor: duckdb.DuckDBPyConnection, shown: Span) -> list[tuple[str, int]]:
    """Codes of the most used languages, and in how many posts."""
    found: list[tuple[str, int]] = cursor.execute(_LANGUAGES, {"since": shown.since, "until": shown.until}).fetchall()
    return found


@dataclass(frozen=True)
class Now:
    """All of it; without `span` there are no posts yet."""

    span: Span | None
    arrivals: Arrivals
    newest: Sequence[Driven]
    pace: Pace
    sentiment: Sequence[Bar]
    hashtags: Hashtags
    languages: Sequence[tuple[str, int]]


def look(cursor: duckdb.DuckDBPyConnection, max_characters: int, chosen: str | None = None) -> Now:
    """All of it, in the span that is chosen of KINDS, or in one that says enough."""
    shown, arrived = span(cursor, chosen), arrivals(cursor)
    return Now(
        span=shown,
        arrivals=arrived,
        newest=newest_posts(cursor, arrived, max_characters),
        pace=pace(cursor),
        sentiment=sentiment(cursor, shown) if shown else [],
        hashtags=hashtags(cursor, shown) if shown else Hashtags([], [], 0),
        languages=languages(cursor, shown) if shown else [],
    )
