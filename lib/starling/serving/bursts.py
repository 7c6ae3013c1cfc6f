"""Bursts: windows in which a hashtag was used far more than its own past lets expect, by posts and by authors.

`surprise` says how surprising a count is. A hashtag's p-value in a window is the larger of that of its posts and that
of its authors, so that both must rise, and 1 where it has fewer than LEAST_POSTS posts or LEAST_AUTHORS authors. Of all
hashtags in all windows, those are bursts whose false discovery rate is at most FALSE (Benjamini & Hochberg 1995).

gold.hashtag_trends has the distinct authors of each hour, whose sum over a window counts some authors again. So what
the sums make a discovery of is looked up post by post: the window's distinct authors are judged against the sums
expected, and the uncertainty of what is expected is taken in. Both can only raise p-values, and raising them can make
no discovery of another cell: the outcome is that of looking everything up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from starling.serving.surprise import EPOCH, Cells, Expected, Past, Windows, q_values

# By its name in an address, the hours of a window.
WINDOWS = {"hour": 1, "6h": 6, "day": 24}
LEAST_POSTS = 10
LEAST_AUTHORS = 5
FALSE = 0.05
_ORIGIN_HOURS = int((EPOCH - datetime(1970, 1, 1)) / timedelta(hours=1))  # noqa: DTZ001 -- UTC, without a zone
_NUMBER = "(epoch_us({time}) // 3600000000 - $origin) // $hours"
_WINDOWS = f"""
SELECT {_NUMBER.format(time="hour")} AS number, count(DISTINCT hour)::DOUBLE AS hours, sum(posts)::DOUBLE AS posts
FROM sentiment_by_hour GROUP BY number ORDER BY number
"""  # noqa: S608 -- our own words
_CELLS = f"""
SELECT code::BIGINT AS code, {_NUMBER.format(time="hour")} AS number, sum(posts)::DOUBLE AS posts,
       sum(authors)::DOUBLE AS authors, sum(scored) AS scored, sum(mean_compound * scored) AS compound
FROM hashtag_trends JOIN tags ON tag = hashtag
WHERE hour IN (SELECT hour FROM sentiment_by_hour)
GROUP BY ALL
"""  # noqa: S608
# Of each of the cells that are looked up: posts, distinct authors, and the texts that nobody had written before.
_LOOKED_UP = f"""
WITH near AS (
    SELECT tags, {_NUMBER.format(time="created_at")} AS number, author, copy_key, created_at FROM posts
    WHERE created_at >= $first AND created_at < $last AND len(tags) > 0
      AND {_NUMBER.format(time="created_at")} IN (SELECT number FROM cells)
),
hits AS MATERIALIZED (
    SELECT place, author, copy_key, created_at
    FROM (SELECT unnest(tags) AS code, number, author, copy_key, created_at FROM near) JOIN cells USING (code, number)
),
texts AS (SELECT place, copy_key, min(created_at) AS first FROM hits GROUP BY ALL),
firsts AS (
    SELECT copy_key, min(created_at) AS first FROM posts
    WHERE copy_key IN (SELECT copy_key FROM texts) GROUP BY copy_key
),
originals AS (SELECT place, count(*) AS originals FROM texts JOIN firsts USING (copy_key, first) GROUP BY place)
SELECT place, count(*), count(DISTINCT author), any_value(coalesce(originals, 0))
FROM hits LEFT JOIN originals USING (place) GROUP BY place
"""  # noqa: S608


@dataclass(frozen=True)
class Burst:
    """A hashtag in a window, from `since` until before `until`, UTC without a zone."""

    hashtag: str
    since: datetime
    until: datetime
    posts: int
    expected_posts: float
    authors: int  # distinct
    expected_authors: float
    copies: int  # posts whose text was written before, in this burst or at any time
    scored: int
    mean_compound: float | None
    q: float

    @property
    def surplus(self) -> float:
        """Posts beyond those expected: how strong the burst is."""
        return self.posts - self.expected_posts

    @property
    def factor(self) -> float:
        """How many times the expected posts there are."""
        return self.posts / self.expected_posts

    @property
    def copied_share(self) -> float:
        """Copies by posts, 0 to 1."""
        return self.copies / self.posts


@dataclass(frozen=True)
class Found:
    """All bursts, the strongest first. Of `tested` hashtags in `windows` windows; `since`: of the first one judged."""

    hours: int
    bursts: Sequence[Burst]
    tested: int
    windows: int
    since: datetime | None
    last: datetime | None  # the start of the newest hour with posts

    def strongest(self) -> list[tuple[Burst, int]]:
        """Of each hashtag the strongest burst, with how many others it has."""
        by_hashtag: dict[str, list[Burst]] = {}
        for one in self.bursts:
            by_hashtag.setdefault(one.hashtag, []).append(one)
        return [(first, len(others)) for first, *others in by_hashtag.values()]

    def newest(self) -> list[Burst]:
        """All of them, the newest first."""
        return sorted(self.bursts, key=lambda one: (one.since, one.surplus), reverse=True)

    def of(self, hashtag: str) -> list[Burst]:
        """Those of a hashtag, the strongest first."""
        return [one for one in self.bursts if one.hashtag == hashtag]


@dataclass(frozen=True)
class _Counted:
    """The cells with what else gold knows of them, and their windows."""

    cells: Cells
    windows: Windows
    scored: npt.NDArray[np.int64]
    compound: npt.NDArray[np.float64]


def find(cursor: duckdb.DuckDBPyConnection, hours: int) -> Found:
    """All bursts in windows of so many hours, one of WINDOWS."""
    counted = _counted(cursor, hours)
    cells, windows = counted.cells, counted.windows
    large = np.flatnonzero((cells.posts >= LEAST_POSTS) & (cells.authors >= LEAST_AUTHORS))
    past = Past(cells, windows, large)
    tested = past.tested()
    posts, authors = past.expected(cells.posts), past.expected(cells.authors)
    least = np.maximum(posts.least_chance(cells.posts[large]), authors.least_chance(cells.authors[large]))
    screened = np.flatnonzero(past.judged & (q_values(np.where(past.judged, least, 1.0), tested) <= FALSE))
    chosen, posts, authors = large[screened], posts.of(screened), authors.of(screened)
    known = _looked_up(cursor, counted, chosen)
    q = q_values(_chance(known, posts, authors), tested)
    bursts = _bursts(cursor, counted, chosen, known, (posts.mean, authors.mean), q)
    ((last,),) = cursor.execute("SELECT max(hour) FROM sentiment_by_hour").fetchall()
    judged = windows.number[past.enough]
    since = windows.start(judged[0]) if len(judged) else None
    return Found(hours, sorted(bursts, key=lambda one: -one.surplus), tested, len(judged), since, last)


def _counted(cursor: duckdb.DuckDBPyConnection, hours: int) -> _Counted:
    known = {"hours": hours, "origin": _ORIGIN_HOURS}
    windows = _columns(cursor, _WINDOWS, known)
    found = _columns(cursor, _CELLS, known)
    return _Counted(
        Cells(found["code"], found["number"], found["posts"], found["authors"]),
        Windows(hours, windows["number"], windows["hours"], windows["posts"]),
        found["scored"].astype(np.int64),
        np.nan_to_num(found["compound"].astype(np.float64)),
    )


def _columns(cursor: duckdb.DuckDBPyConnection, asked: str, known: dict[str, Any]) -> dict[str, Any]:
    columns = cursor.execute(asked, known).fetchnumpy()
    return {name: np.ma.getdata(column) for name, column in columns.items()}


def _looked_up(cursor: duckdb.DuckDBPyConnection, counted: _Counted, chosen: npt.NDArray[np.int64]) -> Any:
    """By cell, an array of posts, distinct authors and original texts."""
    known = np.zeros((len(chosen), 3))
    if not len(chosen):
        return known
    code, number = counted.cells.hashtag[chosen], counted.cells.window[chosen]
    cells = pa.table({"place": np.arange(len(chosen)), "code": code, "number": number})
    times = {"first": counted.windows.start(number.min()), "last": counted.windows.start(number.max() + 1)}
    cursor.register("cells", cells)
    rows = cursor.execute(
        _LOOKED_UP, {"hours": counted.windows.hours_each, "origin": _ORIGIN_HOURS, **times}
    ).fetchnumpy()
    cursor.unregister("cells")
    place, *columns = (np.ma.getdata(column) for column in rows.values())
    known[place] = np.stack(columns, axis=1)
    return known


def _chance(known: Any, posts: Expected, authors: Expected) -> npt.NDArray[np.float64]:
    """The p-values of cells that were looked up."""
    enough = (known[:, 0] >= LEAST_POSTS) & (known[:, 1] >= LEAST_AUTHORS)
    chance = np.maximum(posts.chance(known[:, 0]), authors.chance(known[:, 1]))
    return np.where(enough, chance, 1.0)


def _bursts(
    cursor: duckdb.DuckDBPyConnection, counted: _Counted, chosen: Any, known: Any, expected: Any, q: Any
) -> list[Burst]:
    codes = sorted({int(code) for code in counted.cells.hashtag[chosen]})
    named = "SELECT code, tag FROM tags WHERE code IN (SELECT unnest(?::INTEGER[]))"
    names = dict(cursor.execute(named, [codes]).fetchall())
    bursts = []
    for place in np.flatnonzero(q <= FALSE):
        cell = chosen[place]
        since, scored = counted.windows.start(counted.cells.window[cell]), int(counted.scored[cell])
        posts, authors, originals = map(int, known[place])
        bursts.append(
            Burst(
                hashtag=names[int(counted.cells.hashtag[cell])],
                since=since,
                until=since + counted.windows.length,
                posts=posts,
                expected_posts=float(expected[0][place]),
                authors=authors,
                expected_authors=float(expected[1][place]),
                copies=posts - originals,
                scored=scored,
                mean_compound=float(counted.compound[cell]) / scored if scored else None,
                q=float(q[place]),
            )
        )
    return bursts
