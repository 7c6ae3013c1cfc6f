"""What is behind a hashtag in a window: its hours beside what was expected of them, its posts, and what they share."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import numpy as np

from starling.models.stop_words import mllib_stop_words_unstarted
from starling.models.words import terms_in
from starling.serving.surprise import EPOCH, Cells, Past, Windows

MOST_SHOWN = 8
# Of how many texts of the window the words are counted.
_MOST_TEXTS = 120
_HOUR = timedelta(hours=1)
_LONGEST = timedelta(days=7)
_HERE = "created_at >= $since AND created_at < $until AND list_contains(tags, (SELECT code FROM tags WHERE tag = $tag))"
_TOTALS = f"""
WITH here AS MATERIALIZED (SELECT author, copy_key, created_at, compound FROM posts WHERE {_HERE}),
texts AS (SELECT copy_key, min(created_at) AS first FROM here GROUP BY copy_key),
firsts AS (
    SELECT copy_key, min(created_at) AS first FROM posts
    WHERE copy_key IN (SELECT copy_key FROM texts) GROUP BY copy_key
)
SELECT count(*), count(DISTINCT author), count(*) - (SELECT count(*) FROM texts JOIN firsts USING (copy_key, first)),
       count(compound), avg(compound)
FROM here
"""  # noqa: S608 -- our own words
_BESIDE = f"""
SELECT tag, count(*) AS posts FROM (SELECT unnest(tags) AS code FROM posts WHERE {_HERE}) JOIN tags USING (code)
WHERE tag <> $tag GROUP BY tag ORDER BY posts DESC, tag LIMIT {MOST_SHOWN}
"""  # noqa: S608
_TEXTS = f"""
SELECT any_value(text ORDER BY created_at), any_value(lang ORDER BY created_at), count(*) AS posts,
       count(DISTINCT author)
FROM posts WHERE {_HERE} GROUP BY copy_key ORDER BY posts DESC, copy_key LIMIT {_MOST_TEXTS}
"""  # noqa: S608
_HOURS = """
SELECT s.hour, s.posts::DOUBLE, coalesce(t.posts, 0)::DOUBLE, coalesce(t.authors, 0)::DOUBLE
FROM (SELECT hour, sum(posts) AS posts FROM sentiment_by_hour WHERE hour < $until GROUP BY hour) s
LEFT JOIN (
    SELECT hour, sum(posts) AS posts, sum(authors) AS authors FROM hashtag_trends
    WHERE hashtag = $tag AND hour < $until GROUP BY hour
) t USING (hour) ORDER BY s.hour
"""


@dataclass(frozen=True)
class Hour:
    """Posts of an hour; `expected` is None where too little is known of the time before."""

    hour: datetime
    posts: int
    expected: float | None


@dataclass(frozen=True)
class Copied:
    """A text that was written several times, but for its links."""

    text: str
    lang: str
    posts: int
    authors: int


@dataclass(frozen=True)
class Story:
    """The posts of a hashtag from `since` until before `until`."""

    hashtag: str
    since: datetime
    until: datetime
    posts: int
    authors: int
    copies: int
    scored: int
    mean_compound: float | None
    beside: Sequence[tuple[str, int]]  # hashtags in the same posts, and in how many
    words: Sequence[tuple[str, int]]  # words that its texts share, and how many texts
    copied: Sequence[Copied]
    hours: Sequence[Hour]  # from a window before until one after

    @property
    def copied_share(self) -> float:
        """Copies by posts, 0 to 1."""
        return self.copies / self.posts if self.posts else 0.0


def story(cursor: duckdb.DuckDBPyConnection, hashtag: str, since: datetime, until: datetime) -> Story:
    """What is behind the hashtag in this time."""
    known = {"tag": hashtag, "since": since, "until": until}
    ((posts, authors, copies, scored, mean),) = cursor.execute(_TOTALS, known).fetchall()
    texts = [Copied(*row) for row in cursor.execute(_TEXTS, known).fetchall()]
    return Story(
        *(hashtag, since, until, posts, authors, copies, scored, mean),
        beside=cursor.execute(_BESIDE, known).fetchall(),
        words=_words(texts),
        copied=[text for text in texts if text.posts > 1][:3],
        hours=hours_around(cursor, hashtag, since, until),
    )


def hours_around(cursor: duckdb.DuckDBPyConnection, hashtag: str, since: datetime, until: datetime) -> list[Hour]:
    """The hours from a day before until a day after, each beside what the hashtag's past lets expect of it."""
    first = _hour(since) - timedelta(days=1)
    last = min(_hour(until) + timedelta(days=1), first + _LONGEST)
    rows = np.array(
        cursor.execute(_HOURS, {"tag": hashtag, "until": last}).fetchall(),
        dtype=[("hour", "M8[us]"), ("all", "f8"), ("posts", "f8"), ("authors", "f8")],
    )
    number = ((rows["hour"] - np.datetime64(EPOCH)) // np.timedelta64(1, "h")).astype(np.int64)
    cells = Cells(np.zeros(len(rows), np.int64), number, rows["posts"], rows["authors"])
    past = Past(cells, Windows(1, number, np.ones(len(rows)), rows["all"]), np.arange(len(rows)))
    expected = np.where(past.judged, past.expected(cells.posts).mean, np.nan)
    known = {
        at: (int(posts), mean) for at, posts, mean in zip(rows["hour"].tolist(), rows["posts"], expected, strict=True)
    }
    found = []
    while first < last:
        posts, mean = known.get(first, (0, np.nan))
        found.append(Hour(first, posts, None if np.isnan(mean) else float(mean)))
        first += _HOUR
    return found


def _words(texts: Sequence[Copied]) -> list[tuple[str, int]]:
    """Words that are in several texts; a text that was copied counts once."""
    stop_words = mllib_stop_words_unstarted()
    counted = Counter(word for text in texts for word in terms_in(text.text, text.lang, (), stop_words))
    shared = [(word, count) for word, count in counted.items() if count > 1 and not word.startswith("#")]
    return sorted(shared, key=lambda one: (-one[1], one[0]))[:MOST_SHOWN]


def _hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)
