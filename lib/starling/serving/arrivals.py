"""What arrives: posts by the minute, the newest with the words of their scores, and how far behind the tables are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from starling.models.analysis.sentiment import sentiment_of
from starling.serving.explore import Post

ARRIVAL_MINUTES = 60
MOST_BATCHES = 60
_MOST_POSTS = 8
_MOST_WORDS = 8
# Rows of the ledger that the newest batches are looked for in: a row a partition.
_MOST_ENTRIES = 20 * MOST_BATCHES
_ARRIVALS = """
SELECT date_trunc('minute', ingested_at) AS minute, count(*) FROM posts WHERE ingested_at >= $since GROUP BY minute
"""
_NEWEST = f"""
SELECT platform, post_id, created_at, replace(author::VARCHAR, '-', ''), text, lang,
       coalesce((SELECT list(tag ORDER BY code) FROM tags WHERE list_contains(found.tags, code)), []),
       compound, sentiment, unscored_reason, topic, predicted
FROM (
    SELECT * FROM posts WHERE ingested_at >= $since
    ORDER BY ingested_at DESC, created_at DESC, post_id DESC LIMIT {_MOST_POSTS}
) AS found ORDER BY ingested_at DESC, created_at DESC, post_id DESC
"""  # noqa: S608
_BATCHES = f"""
SELECT min(started_at), max(written_at) AS written_at, max(newest_record_at), sum(records)::BIGINT,
       sum(posts)::BIGINT, sum(rejected)::BIGINT
FROM (SELECT * FROM batches ORDER BY written_at DESC LIMIT {_MOST_ENTRIES})
GROUP BY query_id, batch_id ORDER BY written_at DESC LIMIT {MOST_BATCHES}
"""  # noqa: S608


@dataclass(frozen=True)
class Arrivals:
    """Posts by the minute of their arrival, up to the newest."""

    newest: datetime | None
    minutes: Sequence[tuple[datetime, int]]


@dataclass(frozen=True)
class Driven:
    """A post, and the words that its score comes from, with their valence as VADER's rules leave it."""

    post: Post
    words: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Batch:
    """A micro-batch. Times are UTC without a zone."""

    started_at: datetime
    written_at: datetime
    newest_record_at: datetime
    records: int
    posts: int
    rejected: int

    @property
    def seconds(self) -> float:
        """From its start until all its rows were written."""
        return (self.written_at - self.started_at).total_seconds()

    @property
    def behind_seconds(self) -> float:
        """From when the broker took its newest record until all its rows were written."""
        return (self.written_at - self.newest_record_at).total_seconds()


@dataclass(frozen=True)
class Pace:
    """The newest batches, oldest first."""

    batches: Sequence[Batch]

    @property
    def records_a_second(self) -> float | None:
        """While a batch ran."""
        seconds = sum(batch.seconds for batch in self.batches)
        return sum(batch.records for batch in self.batches) / seconds if seconds else None

    @property
    def rejected_share(self) -> float | None:
        """Rejected records by all, 0 to 1."""
        records = sum(batch.records for batch in self.batches)
        return sum(batch.rejected for batch in self.batches) / records if records else None


def arrivals(cursor: duckdb.DuckDBPyConnection) -> Arrivals:
    """The last ARRIVAL_MINUTES minutes up to the newest arrival."""
    ((newest,),) = cursor.execute("SELECT max(ingested_at) FROM posts").fetchall()
    if newest is None:
        return Arrivals(None, [])
    minute = newest.replace(second=0, microsecond=0)
    minutes = [minute - timedelta(minutes=n) for n in reversed(range(ARRIVAL_MINUTES))]
    counted = dict(cursor.execute(_ARRIVALS, {"since": minutes[0]}).fetchall())
    return Arrivals(newest, [(each, counted.get(each, 0)) for each in minutes])


def newest_posts(cursor: duckdb.DuckDBPyConnection, arrived: Arrivals, max_characters: int) -> list[Driven]:
    """The posts that arrived last; `max_characters` of each were scored."""
    if arrived.newest is None:
        return []
    found = cursor.execute(_NEWEST, {"since": arrived.minutes[0][0]}).fetchall()
    return [_driven(Post(*row), max_characters) for row in found]


def _driven(post: Post, max_characters: int) -> Driven:
    if post.compound is None:
        return Driven(post, [])
    tokens = [token for token in sentiment_of(post.text, post.lang, max_characters).tokens if token.valence]
    weightiest = sorted(tokens, key=lambda token: -abs(token.valence))[:_MOST_WORDS]
    return Driven(post, [(token.text, token.valence) for token in sorted(weightiest, key=lambda token: token.start)])


def pace(cursor: duckdb.DuckDBPyConnection) -> Pace:
    """Of the newest MOST_BATCHES batches."""
    return Pace([Batch(*row) for row in reversed(cursor.execute(_BATCHES).fetchall())])
