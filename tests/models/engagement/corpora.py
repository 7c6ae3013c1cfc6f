"""Posts made up so that it is known what they earn by: followers, a word, pictures, and chance."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession

from starling.models.trained import Corpus

START = datetime(2021, 6, 1, tzinfo=timezone.utc)
SEEN = datetime(2021, 9, 1, tzinfo=timezone.utc)
POSTS = (
    "platform string, post_id string, author string, followers long, created_at timestamp, text string, lang string, "
    "hashtags array<string>, mentions array<string>, urls array<string>, is_reply boolean, is_quote boolean, "
    "text_hash string, compound double, pos double, neg double"
)
OBSERVATIONS = (
    "platform string, post_id string, observed_at timestamp, likes long, reposts long, replies long, quotes long"
)
_WORDS = ["kite", "lark", "crow", "heron", "finch", "robin", "egret", "swift", "plover", "avocet"]

Post = dict[str, Any]


def made_up(count: int = 800, authors: int = 160, seed: int = 2) -> list[Post]:
    """Posts in the order of their time, an hour apart, with `likes` as what was seen of them long after."""
    random = np.random.default_rng(seed)
    followers = np.exp(random.normal(6, 2, authors)).astype(int)
    return [_post(n, int(random.integers(0, authors)), followers, random) for n in range(count)]


def _post(number: int, author: int, followers: np.ndarray, random: np.random.Generator) -> Post:
    words = [*random.choice(_WORDS, 4), f"word{number}"]
    has_picture = bool(random.random() < 0.3)
    level = 0.6 * np.log1p(followers[author]) - 1 + 1.5 * has_picture + ("kite" in words) + random.normal(0, 0.5)
    english = bool(random.random() < 0.7)
    text = " ".join(words)
    return {
        "platform": "x",
        "post_id": f"{number:05}",
        "author": f"author {author}",
        "followers": int(followers[author]) if author % 9 else None,
        "created_at": START + timedelta(hours=number),
        "text": text,
        "lang": "en" if english else "es",
        "hashtags": ["birds"] if number % 3 else [],
        "mentions": [],
        "urls": ["https://x.test/a/photo/1"] if has_picture else [],
        "is_reply": bool(random.random() < 0.2),
        "is_quote": False,
        "text_hash": hashlib.sha256(text.encode()).hexdigest(),
        "compound": 0.5 if english else None,
        "pos": 0.2 if english else None,
        "neg": 0.1 if english else None,
        "likes": int(np.expm1(max(level, 0))),
    }


def corpus(spark: SparkSession, posts: list[Post], seen: Callable[[Post], datetime] = lambda post: SEEN) -> Corpus:
    """The tables of these posts; `seen` says when a post's likes were counted."""
    observed = [
        ("x", post["post_id"], seen(post), post["likes"], 0, None, None) for post in posts if post["likes"] is not None
    ]
    return Corpus(
        posts=posts_of(spark, posts),
        engagement=spark.createDataFrame(observed, OBSERVATIONS),
        versions={"silver.posts": 1, "silver.engagement": 2},
    )


def posts_of(spark: SparkSession, posts: list[Post]) -> DataFrame:
    """silver.posts' columns that the model reads."""
    names = [column.split()[0] for column in POSTS.split(", ")]
    return spark.createDataFrame([tuple(post[name] for name in names) for post in posts], POSTS)
