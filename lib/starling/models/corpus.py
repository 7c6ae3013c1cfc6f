"""What topics and word clusters are trained on: distinct texts, and for every hashtag all that its posts say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from starling.errors import NotEnoughData
from starling.models.words import with_terms
from starling.settings import Topics

# A word of a single post is in company by chance.
MIN_WORD_POSTS = 2


@dataclass(frozen=True)
class Documents:
    """A corpus, cut once for all trainings: a text's part follows from its hash alone.

    `posts`, one row a distinct text: text_hash, terms, hashtags array<string>, held_out boolean. `vocabulary`: the most
    frequent terms of the training texts, most frequent first.
    """

    posts: DataFrame
    vocabulary: tuple[str, ...]
    training_posts: int
    held_out_posts: int

    @property
    def training(self) -> DataFrame:
        """The texts that models see."""
        return self.posts.where(~F.col("held_out"))

    @property
    def held_out(self) -> DataFrame:
        """The texts that coherence is measured on."""
        return self.posts.where("held_out")


@contextmanager
def documents(posts: DataFrame, settings: Topics) -> Iterator[Documents]:
    """The corpus of silver's posts, cached until the end of the block; raises NotEnoughData where a part is empty."""
    texts = distinct_texts(posts, settings.held_out_share).cache()
    try:
        yield _documents(texts, settings)
    finally:
        texts.unpersist()


def distinct_texts(posts: DataFrame, held_out_share: float) -> DataFrame:
    """One row a distinct text with terms: text_hash, terms, hashtags, held_out. Copies of a text count once.

    Reads: platform, post_id, created_at, text, lang, hashtags, text_hash. Of copies the first to be published is kept.
    """
    order = F.struct("created_at", "platform", "post_id")
    first = F.min_by(F.struct("text", "lang", "hashtags"), order).alias("first")
    return (
        posts.where(F.col("text").isNotNull())
        .groupBy("text_hash")
        .agg(first)
        .select("text_hash", "first.*")
        .transform(with_terms)
        .where(F.size("terms") > 0)
        .select("text_hash", "terms", "hashtags", is_held_out(held_out_share).alias("held_out"))
    )


def is_held_out(share: float) -> Column:
    """Whether a text is of the held-out `share`. SHA-256 is as good as chance, and says the same at every training."""
    eight_digits = F.conv(F.substring("text_hash", 1, 8), 16, 10).cast("long")
    return eight_digits < int(share * 16**8)


def hashtag_documents(training: DataFrame) -> DataFrame:
    """What is said with each hashtag. Grain: one row a hashtag of the training texts, rare ones too.

    Reads: hashtags, terms. Columns: hashtag, posts long, terms array<string>: those of its posts, without itself.
    """
    tagged = training.withColumn("hashtag", F.explode("hashtags"))
    others = F.array_remove("terms", F.concat(F.lit("#"), F.col("hashtag")))
    return tagged.groupBy("hashtag").agg(F.count("*").alias("posts"), F.flatten(F.collect_list(others)).alias("terms"))


def _documents(texts: DataFrame, settings: Topics) -> Documents:
    sizes = {row.held_out: row["count"] for row in texts.groupBy("held_out").count().collect()}
    found = Documents(
        posts=texts,
        vocabulary=_vocabulary(texts.where(~F.col("held_out")), settings.vocabulary),
        training_posts=sizes.get(False, 0),
        held_out_posts=sizes.get(True, 0),
    )
    if not found.held_out_posts or not found.vocabulary:
        raise NotEnoughData(
            f"not enough data: {found.training_posts:,} distinct texts to learn from and {found.held_out_posts:,} held "
            f"out, {len(found.vocabulary):,} words that two of them share"
        )
    return found


def _vocabulary(training: DataFrame, size: int) -> tuple[str, ...]:
    by_term = training.select(F.explode("terms").alias("term")).groupBy("term").count()
    frequent = by_term.where(F.col("count") >= MIN_WORD_POSTS).orderBy(F.desc("count"), "term").limit(size)
    return tuple(row.term for row in frequent.collect())
