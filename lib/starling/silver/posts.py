"""silver.posts: one row a post, however often and however late it is delivered."""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from starling import language, text
from starling.arrow import Columns, arrays
from starling.bronze.events import COORDINATE_COLUMNS, INGESTED_AT
from starling.pseudonyms import pseudonym
from starling.sentiment import vader
from starling.sentiment.columnar import SCORES
from starling.settings import Settings
from starling.sources.parse import Parsed
from starling.sources.record import POST, Record
from starling.tables import Table, column

# The languages whose texts VADER's lexicon is made for.
SCORED_LANGUAGES = ("en",)

TABLE = Table(
    name="silver.posts",
    comment="One row a (platform, post_id): who wrote what, when, and how it reads",
    schema=StructType(
        [
            column("platform", StringType(), "where the post was published: x", nullable=False),
            column("post_id", StringType(), "the platform's id of the post", nullable=False),
            column("author", StringType(), "keyed pseudonym of the author, 32 hex digits"),
            column("followers", LongType(), "followers of the author when the post was collected"),
            column("created_at", TimestampType(), "when the post was published, UTC", nullable=False),
            column("text", StringType(), "the text as the source sent it", nullable=False),
            column("lang", StringType(), "language of the text, ISO 639; und where undetermined", nullable=False),
            column("lang_source", StringType(), "who said so: payload or detected", nullable=False),
            column("hashtags", ArrayType(StringType()), "distinct hashtags in lower case, without #", nullable=False),
            column("mentions", ArrayType(StringType()), "distinct handles in lower case, without @", nullable=False),
            column("urls", ArrayType(StringType()), "links, expanded where the source does so", nullable=False),
            column(
                "entities_cut",
                BooleanType(),
                "whether one of these lists was cut (limits.max_entities); null in older rows",
            ),
            column("is_reply", BooleanType(), "whether it answers a post", nullable=False),
            column("is_quote", BooleanType(), "whether it quotes a post", nullable=False),
            column("text_hash", StringType(), "SHA-256 of the folded text: equal for copies", nullable=False),
            column("compound", DoubleType(), "VADER's compound score, -1 to 1; null where unscored"),
            column("pos", DoubleType(), "VADER's positive share, 0 to 1"),
            column("neu", DoubleType(), "VADER's neutral share, 0 to 1"),
            column("neg", DoubleType(), "VADER's negative share, 0 to 1"),
            column("sentiment", StringType(), "positive from 0.05 on, negative from -0.05 down, else neutral"),
            column("unscored_reason", StringType(), "why there is no score: not English, or no text"),
            column("sentiment_cut", BooleanType(), "whether only the beginning was scored", nullable=False),
            column("scorer", StringType(), "what scored the text, with its version; null where unscored"),
            column("source", StringType(), "which parser read the record", nullable=False),
            *COORDINATE_COLUMNS,
            column("collected_at", TimestampType(), "when the source was read, UTC"),
            INGESTED_AT,
        ]
    ),
    keys=("platform", "post_id"),
    statistics=("platform", "post_id", "created_at", "topic", "partition", "offset"),
)


def described(records: Sequence[Parsed], settings: Settings, pseudonym_key: bytes) -> Columns:
    """DESCRIPTION of each record, in their order; nulls for what is no good post."""
    about = [_about(one.record, settings, pseudonym_key) if _is_post(one) else None for one in records]
    longest = settings.sentiment.max_characters
    scorable = [each.text[:longest] if each and each.scorer else None for each in about]
    return [*arrays(_ABOUT, (each or _NOTHING for each in about)), *_sentiment(pa.array(scorable, pa.string()))]


def _is_post(one: Parsed) -> bool:
    return one.reason is None and one.record.kind == POST


class _About(NamedTuple):
    """What plain Python says of a post: the values of _ABOUT."""

    author: str | None
    followers: int | None
    text: str
    lang: str
    lang_source: str
    hashtags: list[str]
    mentions: list[str]
    urls: list[str]
    entities_cut: bool
    is_reply: bool
    is_quote: bool
    text_hash: str
    unscored_reason: str | None
    sentiment_cut: bool
    scorer: str | None


_NOTHING = (None,) * len(_About._fields)
_ABOUT = StructType([TABLE.schema[name] for name in _About._fields])
_SENTIMENT = StructType([TABLE.schema[name] for name in (*SCORES, "sentiment")])
# The columns of silver.posts that say something of a post, and not where it comes from.
DESCRIPTION = StructType([StructField(field.name, field.dataType) for field in (*_ABOUT, *_SENTIMENT)])


def _about(post: Record, settings: Settings, pseudonym_key: bytes) -> _About:
    body, most = post.text or "", settings.limits.max_entities
    lang, said_by = _language(post, body, settings.language.min_confidence)
    hashtags = text.folded(text.hashtags(body) if post.hashtags is None else post.hashtags)
    mentions = text.folded(text.mentions(body) if post.mentions is None else post.mentions)
    urls = list(dict.fromkeys(text.urls(body) if post.urls is None else post.urls))
    unscored = _unscored_reason(body, lang)
    return _About(
        author=_author(post, pseudonym_key),
        followers=post.followers,
        text=body,
        lang=lang,
        lang_source=said_by,
        hashtags=hashtags[:most],
        mentions=mentions[:most],
        urls=urls[:most],
        entities_cut=max(len(hashtags), len(mentions), len(urls)) > most,
        is_reply=post.is_reply,
        is_quote=post.is_quote,
        text_hash=text.text_hash(body),
        unscored_reason=unscored,
        sentiment_cut=unscored is None and len(body) > settings.sentiment.max_characters,
        scorer=vader.SCORER if unscored is None else None,
    )


def _author(post: Record, pseudonym_key: bytes) -> str | None:
    return None if post.author_id is None else pseudonym(pseudonym_key, post.platform or "", post.author_id)


def _language(post: Record, body: str, min_confidence: float) -> tuple[str, str]:
    given = language.given(post.lang)
    if given is not None:
        return given, "payload"
    return language.detect(language.words(body), min_confidence), "detected"


def _unscored_reason(body: str, lang: str) -> str | None:
    """VADER reads English; another language's words would all count as neutral."""
    if not body.strip(" "):
        return "no text"
    return None if lang in SCORED_LANGUAGES else f"language: {lang}"


def _sentiment(texts: pa.Array) -> Columns:
    scores = vader.scores(texts).flatten()
    return [*scores, vader.labels(scores[SCORES.index("compound")])]


def posts(records: DataFrame) -> DataFrame:
    """silver.posts' rows from the records of good posts, with COLUMNS and DESCRIPTION."""
    return records.select(*TABLE.columns)
