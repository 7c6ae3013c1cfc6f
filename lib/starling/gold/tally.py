"""An hour's posts counted one by one, for an hour that still grows: what gold says of it, as Spark counts it too.

Sums are whole numbers, and a mean is divided as Spark divides it: so both find the same, to the last digit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from starling.arrow import arrays
from starling.gold import hashtag_trends, sentiment_by_hour
from starling.gold.sentiment_by_hour import exact
from starling.hours import EPOCH
from starling.sentiment.agreement import LABELS

_MICROSECOND = timedelta(microseconds=1)
_TEN_THOUSANDTHS = 10_000  # a compound has four decimals


@dataclass(slots=True)
class _Count:
    posts: int = 0
    scored: int = 0
    total: int = 0  # of their compounds, in ten-thousandths

    def add(self, compound: int | None) -> None:
        self.posts += 1
        if compound is not None:
            self.scored += 1
            self.total += compound

    @property
    def mean(self) -> float | None:
        return self.total / _TEN_THOUSANDTHS / self.scored if self.scored else None


@dataclass(slots=True)
class _OfPlatform(_Count):
    labels: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LABELS, 0))


@dataclass(slots=True)
class _OfHashtag(_Count):
    authors: set[str] = field(default_factory=set)


class Tally:
    """The posts of one hour so far."""

    def __init__(self) -> None:
        """Of no posts."""
        self.posts = 0
        self._platforms: dict[str, _OfPlatform] = {}
        self._hashtags: dict[tuple[str, str], _OfHashtag] = {}

    @property
    def size(self) -> int:
        """How much is kept: hashtags, and authors of each."""
        return sum(1 + len(one.authors) for one in self._hashtags.values())

    def add(
        self, platform: str, author: str | None, hashtags: list[str], compound: int | None, sentiment: str | None
    ) -> None:
        """Counts a post, whose compound is in ten-thousandths."""
        self.posts += 1
        of_platform = self._platforms.setdefault(platform, _OfPlatform())
        of_platform.add(compound)
        if sentiment in of_platform.labels:
            of_platform.labels[sentiment] += 1
        for hashtag in hashtags:
            of_hashtag = self._hashtags.setdefault((platform, hashtag), _OfHashtag())
            of_hashtag.add(compound)
            if author is not None:
                of_hashtag.authors.add(author)

    def sentiment(self, hour_us: int) -> Iterator[tuple[object, ...]]:
        """sentiment_by_hour's rows, of the hour that begins so many microseconds after 1970."""
        for platform, count in self._platforms.items():
            labels = [count.labels[name] for name in LABELS]
            shares = sentiment_by_hour.shares(labels)
            yield platform, hour_us, count.posts, count.scored, *labels, count.mean, *shares

    def hashtags(self, hour_us: int) -> Iterator[tuple[object, ...]]:
        """hashtag_counts' rows, of the hour that begins so many microseconds after 1970."""
        for (platform, hashtag), count in self._hashtags.items():
            yield platform, hour_us, hashtag, count.posts, len(count.authors), count.scored, count.mean


def readings(posts: DataFrame) -> DataFrame:
    """What `add_all` reads of silver.posts' rows: platform, hour, author, hashtags, compound, sentiment.

    hour is the hour's start, microseconds since 1970; compound a whole number of ten-thousandths.
    """
    return posts.select(
        "platform",
        F.unix_micros(F.date_trunc("hour", "created_at")).alias("hour"),
        "author",
        "hashtags",
        (exact("compound") * _TEN_THOUSANDTHS).cast("long").alias("compound"),
        "sentiment",
    )


def add_all(tallies: Mapping[datetime, Tally], rows: pa.Table) -> None:
    """Counts those of the `readings` that are of these hours."""
    of_hours = {_microseconds(hour): tally for hour, tally in tallies.items()}
    columns = ("hour", "platform", "author", "hashtags", "compound", "sentiment")
    for hour_us, *post in zip(*(rows[name].to_pylist() for name in columns), strict=True):
        if tally := of_hours.get(hour_us):
            tally.add(*post)


def sentiment(tallies: Mapping[datetime, Tally]) -> pa.Table:
    """gold.sentiment_by_hour's rows of these hours."""
    rows = (row for hour, tally in tallies.items() for row in tally.sentiment(_microseconds(hour)))
    return _table(sentiment_by_hour.TABLE.schema, rows)


def hashtags(tallies: Mapping[datetime, Tally]) -> pa.Table:
    """gold.hashtag_trends' rows of these hours, but for their burst scores."""
    rows = (row for hour, tally in tallies.items() for row in tally.hashtags(_microseconds(hour)))
    return _table(StructType(hashtag_trends.TABLE.schema.fields[:-1]), rows)


def _microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - EPOCH) // _MICROSECOND


def _table(schema: StructType, rows: Iterator[tuple[object, ...]]) -> pa.Table:
    return pa.table(list(arrays(schema, rows)), schema.names)
