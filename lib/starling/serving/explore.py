"""What the filtered posts add up to, and the posts themselves."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import duckdb

from starling.serving.filters import NO_TOPIC, SENTIMENTS, Filters

PAGE = 20
MOST_PAGES = 500
_MOST_HASHTAGS = 15
_MOST_BARS = 60
# How wide a bar of the time line may be: the first that makes at most _MOST_BARS of them.
_WIDTHS = tuple(
    timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 720, 1440, 7 * 1440, 28 * 1440, 91 * 1440, 364 * 1440)
)
ORDERS = {
    "newest": "created_at DESC, post_id DESC",
    "oldest": "created_at, post_id",
    "positive": "compound DESC NULLS LAST, created_at DESC, post_id DESC",
    "negative": "compound NULLS LAST, created_at DESC, post_id DESC",
    "engagement": "predicted DESC NULLS LAST, created_at DESC, post_id DESC",
}
# One pass over the posts: every chart's groups at once. `bar` is the start of a bar of the time line. The posts are
# grouped by all of it first: each grouping set would else look at each post.
_GROUPS = """
WITH cells AS (
    SELECT time_bucket($width, created_at) AS bar, platform, lang, coalesce(topic, {no_topic}) AS topic, sentiment,
           count(*) AS posts, count(compound) AS scored, sum(compound) AS compound
    FROM {table} WHERE {where} GROUP BY ALL
)
SELECT bar, platform, lang, topic, sentiment, grouping(bar, platform, lang, topic, sentiment) AS kind,
       coalesce(sum(posts), 0)::BIGINT AS posts, coalesce(sum(scored), 0)::BIGINT AS scored, sum(compound) AS compound
FROM cells GROUP BY GROUPING SETS ((bar, sentiment), (platform), (lang), (topic), (sentiment), ())
"""
_HASHTAGS = """
WITH found AS (SELECT unnest(tags) AS code, compound FROM {table} WHERE {where})
SELECT tag, posts, scored, compound
FROM (SELECT code, count(*) AS posts, count(compound) AS scored, sum(compound) AS compound FROM found GROUP BY code)
JOIN tags USING (code) ORDER BY posts DESC, tag LIMIT {most}
"""
_SET_ASIDE = """
CREATE OR REPLACE TEMP TABLE found AS
SELECT created_at, platform, lang, topic, sentiment, compound, tags FROM posts WHERE {where}
"""
_POSTS = """
SELECT platform, post_id, created_at, replace(author::VARCHAR, '-', '') AS author, text, lang, tags, compound,
       sentiment, unscored_reason, topic, predicted
FROM posts WHERE {where} ORDER BY {order} LIMIT {page} OFFSET $skip
"""


@dataclass(frozen=True)
class Group:
    """Posts that share a value: how many, how many of them scored, and their mean compound score, -1 to 1."""

    value: Any
    posts: int
    scored: int
    mean_compound: float | None


@dataclass(frozen=True)
class Summary:
    """What the filtered posts add up to. Groups are the largest first, but for bars, which are in order of time."""

    whole: Group
    width: timedelta
    bars: Sequence[tuple[datetime, dict[str, int]]]  # posts by sentiment
    platforms: Sequence[Group]
    languages: Sequence[Group]
    topics: Sequence[Group]
    sentiments: Sequence[Group]
    hashtags: Sequence[Group]


@dataclass(frozen=True)
class Post:
    """A post as a page shows it."""

    platform: str
    post_id: str
    created_at: datetime
    author: str | None
    text: str
    lang: str
    hashtags: Sequence[str]
    compound: float | None
    sentiment: str
    unscored_reason: str | None
    topic: int | None
    predicted: float | None


def summary(cursor: duckdb.DuckDBPyConnection, filters: Filters) -> Summary:
    """What the posts add up to."""
    with _found(cursor, filters) as (table, where, known):
        width = _width(cursor, table, where, known)
        asked = _GROUPS.format(no_topic=NO_TOPIC, table=table, where=where)
        rows = cursor.execute(asked, {**known, "width": width}).fetchall()
        hashtags = cursor.execute(_HASHTAGS.format(table=table, where=where, most=_MOST_HASHTAGS), known).fetchall()
    by_kind: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_kind.setdefault(row[5], []).append(row)
    return Summary(
        whole=_group(None, *by_kind[0b11111][0][6:]),
        width=width,
        bars=_bars(by_kind.get(0b01110, []), width),
        platforms=_groups(by_kind.get(0b10111, []), 1),
        languages=_groups(by_kind.get(0b11011, []), 2),
        topics=_groups(by_kind.get(0b11101, []), 3),
        sentiments=_groups(by_kind.get(0b11110, []), 4),
        hashtags=[_group(*row) for row in hashtags],
    )


def posts(cursor: duckdb.DuckDBPyConnection, filters: Filters, order: str = "newest", page: int = 1) -> list[Post]:
    """PAGE of the posts in one of the ORDERS; `page` counts from 1."""
    where, known = filters.where()
    asked = _POSTS.format(where=where, order=ORDERS[order], page=PAGE)
    rows = cursor.execute(asked, {**known, "skip": PAGE * (page - 1)}).fetchall()
    names = _names(cursor, {code for row in rows for code in row[6]})
    return [_post(row, names) for row in rows]


def _post(row: tuple[Any, ...], names: Mapping[int, str]) -> Post:
    named = dict(zip((one.name for one in fields(Post)), row, strict=True))
    return Post(**{**named, "hashtags": [names[code] for code in named["hashtags"]]})


def _names(cursor: duckdb.DuckDBPyConnection, codes: set[int]) -> dict[int, str]:
    asked = "SELECT code, tag FROM tags WHERE list_contains(?::INTEGER[], code)"
    return dict(cursor.execute(asked, [list(codes)]).fetchall())


@contextmanager
def _found(cursor: duckdb.DuckDBPyConnection, filters: Filters) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The table that has the posts, the condition that chooses them, and its parameters.

    To look for a text or a hashtag takes longest: those with it are set aside once, and not looked for by each chart.
    """
    where, known = filters.where()
    if not filters.text and not filters.hashtag:
        yield "posts", where, known
        return
    cursor.execute(_SET_ASIDE.format(where=where), known)
    try:
        yield "found", "true", {}
    finally:
        cursor.execute("DROP TABLE found")


def _width(cursor: duckdb.DuckDBPyConnection, table: str, where: str, known: dict[str, Any]) -> timedelta:
    asked = f"SELECT min(created_at), max(created_at) FROM {table} WHERE {where}"  # noqa: S608 -- our own words
    ((first, last),) = cursor.execute(asked, known).fetchall()
    span = last - first if first else timedelta(0)
    return next((width for width in _WIDTHS if span / width < _MOST_BARS), _WIDTHS[-1])


def _bars(rows: Sequence[tuple[Any, ...]], width: timedelta) -> list[tuple[datetime, dict[str, int]]]:
    """Every bar from the first to the last, those without posts as well."""
    counted: dict[datetime, dict[str, int]] = {}
    for bar, _, _, _, sentiment, _, count, *_ in rows:
        counted.setdefault(bar, dict.fromkeys(SENTIMENTS, 0))[sentiment] = count
    bars, at = [], min(counted, default=None)
    while at is not None and at <= max(counted):
        bars.append((at, counted.get(at) or dict.fromkeys(SENTIMENTS, 0)))
        at += width
    return bars


def _groups(rows: Sequence[tuple[Any, ...]], place: int) -> list[Group]:
    groups = [_group(row[place], *row[6:]) for row in rows]
    return sorted(groups, key=lambda group: (-group.posts, str(group.value)))


def _group(value: Any, posts: int, scored: int, compound: float | None) -> Group:
    return Group(value, posts, scored, compound / scored if scored and compound is not None else None)
