"""silver.posts: one row a post, however often and however late it is delivered."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DoubleType, LongType, StringType, StructType, TimestampType

from starling import language, text
from starling.bronze.events import COORDINATE_COLUMNS, INGESTED_AT
from starling.pseudonyms import pseudonyms
from starling.sentiment import vader
from starling.settings import Settings
from starling.sources.record import POST
from starling.tables import Table, column

# The languages whose texts VADER's lexicon is made for.
SCORED_LANGUAGES = ("en",)
# The lists of what a text holds, which `limits.max_entities` cuts.
_ENTITIES = ("hashtags", "mentions", "urls")

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


def with_post(records: DataFrame, settings: Settings, pseudonym_key: bytes) -> DataFrame:
    """Adds silver.posts' columns, which mean something in the rows of good posts alone. Grain: one row a record.

    Reads: RECORD's columns, reason. What makes them costs most of a record's time, so other rows' texts are left out.
    """
    is_post = F.col("reason").isNull() & (F.col("kind") == POST)
    return (
        records.withColumn("body", F.when(is_post, F.col("text")))
        .transform(_with_language, settings.language.min_confidence)
        .transform(_with_sentiment, settings.sentiment.max_characters)
        .transform(_with_words, settings.limits.max_entities)
        .withColumn("author", pseudonyms(pseudonym_key)(F.col("platform"), F.when(is_post, F.col("author_id"))))
        .drop("body", "author_id", "lang_given", "hashtags_given", "mentions_given", "urls_given")
    )


def _with_language(records: DataFrame, min_confidence: float) -> DataFrame:
    # + lang, lang_source
    said = records.withColumn("lang_given", language.given(F.col("lang_given")))
    unsaid = language.detected(F.when(F.col("lang_given").isNull(), F.col("body")), min_confidence)
    source = F.when(F.col("lang_given").isNotNull(), "payload").otherwise("detected")
    return said.withColumns({"lang": F.coalesce("lang_given", unsaid), "lang_source": source})


def _with_sentiment(records: DataFrame, max_characters: int) -> DataFrame:
    # + compound, pos, neu, neg, sentiment, unscored_reason, sentiment_cut, scorer
    reason = _unscored_reason()
    scorable = F.when(reason.isNull(), F.substring("body", 1, max_characters))
    scored = records.withColumn("scores", vader.scores(scorable)).select("*", "scores.*").drop("scores")
    return scored.withColumns(
        {
            "sentiment": vader.label(F.col("compound")),
            "unscored_reason": reason,
            "sentiment_cut": reason.isNull() & (F.length("body") > max_characters),
            "scorer": F.when(reason.isNull(), vader.SCORER),
        }
    )


def _unscored_reason() -> Column:
    """VADER reads English; another language's words would all count as neutral."""
    return F.when(F.trim("body") == "", "no text").when(
        ~F.col("lang").isin(*SCORED_LANGUAGES), F.concat(F.lit("language: "), F.col("lang"))
    )


def _with_words(records: DataFrame, max_entities: int) -> DataFrame:
    # + hashtags, mentions, urls, entities_cut, text_hash; is_reply and is_quote without nulls
    body = F.col("body")
    found = records.withColumns(
        {
            "hashtags": text.folded(F.coalesce("hashtags_given", text.hashtags(body))),
            "mentions": text.folded(F.coalesce("mentions_given", text.mentions(body))),
            "urls": F.array_distinct(F.coalesce("urls_given", text.urls(body))),
            "text_hash": text.text_hash(body),
            "is_reply": F.coalesce("is_reply", F.lit(False)),
            "is_quote": F.coalesce("is_quote", F.lit(False)),
        }
    )
    # In a step of their own: Spark would look for the words once a use.
    return found.withColumns(
        {
            "entities_cut": F.greatest(*(F.size(name) for name in _ENTITIES)) > max_entities,
            **{name: F.slice(name, 1, max_entities) for name in _ENTITIES},
        }
    )


def posts(records: DataFrame) -> DataFrame:
    """silver.posts' rows from records `with_post`."""
    return records.select(*TABLE.columns)
