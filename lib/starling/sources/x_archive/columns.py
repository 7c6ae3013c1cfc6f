"""Where a flat archive row holds a record's values."""

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, DataType, LongType, StringType, StructField, StructType, VariantType

from starling.sources import variant
from starling.sources.record import COUNT, FLAG, LIST, OBJECT, POST, REPOST, TEXT, Source

_COUNTS = {"likes": "favorite_count", "reposts": "retweet_count", "replies": "reply_count", "quotes": "quote_count"}
_LISTS = {"hashtags": "hashtags", "mentions": "mentions_screen_name", "urls": "urls_expanded_url"}
_IDS = ("status_id", "user_id", "reply_to_status_id", "retweet_status_id", "quoted_status_id")
_FLAGS = ("is_quote", "is_retweet")


def _fields(kind: DataType, *names: str) -> list[StructField]:
    return [StructField(name, kind) for name in names]


# Lists are read as VARIANT because R writes {} for an empty one, and the text because only a string is a text.
DOCUMENT = StructType(
    [
        *_fields(StringType(), *_IDS, "created_at", "lang"),
        *_fields(VariantType(), "text", *_LISTS.values()),
        *_fields(BooleanType(), *_FLAGS),
        *_fields(LongType(), "followers_count", *_COUNTS.values()),
    ]
)


def shared(document: Column) -> dict[str, Column]:
    """What several of the record's columns are made of."""
    return {
        "text_value": variant.string(document["text"]),
        **{f"{name}_values": variant.array(document[field], "string") for name, field in _LISTS.items()},
    }


def columns(document: Column) -> dict[str, Column]:
    """RECORD's columns. A repost's row brings its original's reposts, and no other count of it."""
    original_id = document["retweet_status_id"]
    is_repost = original_id.isNotNull() | F.coalesce(document["is_retweet"], F.lit(False))
    own = {name: document[field] for name, field in _COUNTS.items()}
    return {
        "kind": F.when(is_repost, REPOST).when(document["status_id"].isNotNull(), POST),
        "platform": F.when(document.isNotNull(), "x"),
        "record_id": document["status_id"],
        "post_id": F.when(is_repost, original_id).otherwise(document["status_id"]),
        "created_at_text": document["created_at"],
        "text": F.col("text_value"),
        "lang_given": document["lang"],
        "author_id": document["user_id"],
        "followers": document["followers_count"],
        **{f"{name}_given": F.filter(f"{name}_values", F.isnotnull) for name in _LISTS},
        "is_reply": document["reply_to_status_id"].isNotNull(),
        "is_quote": F.coalesce(document["is_quote"], document["quoted_status_id"].isNotNull()),
        **{name: count if name == "reposts" else F.when(~is_repost, count) for name, count in own.items()},
        "misfit": F.coalesce(
            variant.misfit(document["text"], F.col("text_value"), "$.text"),
            *(variant.misfit(document[field], F.col(f"{name}_values"), f"$.{field}") for name, field in _LISTS.items()),
        ),
    }


SOURCE = Source(
    name="x-archive",
    document=DOCUMENT,
    shared=shared,
    columns=columns,
    types={
        "$": OBJECT,
        "$.text": TEXT,
        **{f"$.{flag}": FLAG for flag in _FLAGS},
        **{f"$.{field}": LIST for field in _LISTS.values()},
        **{f"$.{field}": COUNT for field in ("followers_count", *_COUNTS.values())},
    },
)
