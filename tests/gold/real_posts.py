"""A bundled file's posts as silver.posts has them, made in plain Python."""

from datetime import datetime, timezone
from functools import cache
from typing import NamedTuple

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from samples import bundled

COLUMNS = (
    "platform string, created_at timestamp, author string, hashtags array<string>, compound double, sentiment string"
)


class Post(NamedTuple):
    """What gold reads of a post."""

    platform: str
    created_at: datetime
    author: str | None
    hashtags: list[str]
    compound: float | None
    sentiment: str | None


@cache
def real_posts() -> list[Post]:
    """The posts of a conference week; those of every seventh author as of another platform, some without author."""
    analyzer = SentimentIntensityAnalyzer()
    return [_post(row, analyzer) for row in bundled("x_archive_esa2019")]


def _post(row: dict, analyzer: SentimentIntensityAnalyzer) -> Post:
    compound = analyzer.polarity_scores(row["text"])["compound"] if row["lang"] == "en" else None
    author = int(row["user_id"])
    return Post(
        platform="mastodon" if author % 7 == 0 else "x",
        created_at=datetime.strptime(row["created_at"], "%Y-%m-%dT%H:%M:%S%z").astimezone(timezone.utc),
        author=None if author % 11 == 0 else row["user_id"],
        hashtags=list(dict.fromkeys(tag.lower() for tag in row["hashtags"] if tag)),
        compound=compound,
        sentiment=None if compound is None else _label(compound),
    )


def _label(compound: float) -> str:
    return "positive" if compound >= 0.05 else "negative" if compound <= -0.05 else "neutral"
