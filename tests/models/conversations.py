"""Posts of four conversations that share nothing but small talk: what their topics are is known."""

import hashlib
import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from pyspark.sql import DataFrame, SparkSession

from starling.models.trained import Corpus
from starling.settings import Models, Settings, Topics

WORDS = {
    "sky": ["planet", "telescope", "orbit", "comet", "galaxy", "nebula"],
    "food": ["recipe", "oven", "flour", "butter", "garlic", "pasta"],
    "ball": ["goalkeeper", "striker", "referee", "penalty", "stadium", "offside"],
    "soil": ["tulip", "compost", "seedling", "shovel", "greenhouse", "weeds"],
}
TAGS = {name: [f"{name}{letter}" for letter in "abcd"] for name in WORDS}
SMALL_TALK = ["weekend", "photo", "coffee"]
SETTINGS = Settings(
    topics=Topics(min_posts=5, vocabulary=100, min_clusters=3, max_clusters=5, held_out_share=0.25),
    models=Models(seed=11),
)
COLUMNS = (
    "platform string, post_id string, created_at timestamp, text string, lang string, hashtags array<string>, "
    "text_hash string"
)
Post = tuple[str | None, list[str] | None]


def conversations(names: Sequence[str] = tuple(WORDS), each: int = 60, seed: int = 1) -> list[Post]:
    """Texts with their hashtags."""
    chance = random.Random(seed)
    posts = []
    for name in names:
        for number in range(each):
            words = [*chance.sample(WORDS[name], 3), chance.choice(SMALL_TALK)]
            tags = chance.sample(TAGS[name], chance.choice([1, 2]))
            posts.append((f"{' '.join(words)} {seed}{number}", tags))
    return posts


def silver(spark: SparkSession, posts: Sequence[Post], lang: str = "en") -> DataFrame:
    """The posts as silver.posts has them."""
    start = datetime(2021, 6, 1, tzinfo=timezone.utc)
    rows = [
        ("x", str(number), start + timedelta(minutes=number), text, lang, tags, digest(text))
        for number, (text, tags) in enumerate(posts)
    ]
    return spark.createDataFrame(rows, COLUMNS)


def digest(text: str | None) -> str | None:
    """As silver hashes a text."""
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def corpus(spark: SparkSession, posts: Sequence[Post]) -> Corpus:
    """What a training is given."""
    frame = silver(spark, posts)
    return Corpus(posts=frame, engagement=frame, versions={})


def no_step(name: str) -> None:
    """Tells nobody."""
