"""Where an X API v2 message holds a record's values."""

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType, VariantType

from starling.sources import variant
from starling.sources.record import COUNT, DELETION, LIST, OBJECT, POST, REPOST, TEXT, Source

_METRICS = {"likes": "like_count", "reposts": "retweet_count", "replies": "reply_count", "quotes": "quote_count"}
_LISTS = {"hashtags": "tag", "mentions": "username", "urls": "expanded_url"}


def _struct(**fields: object) -> StructType:
    return StructType([StructField(name, kind) for name, kind in fields.items()])  # type: ignore[arg-type]


# Lists are read as VARIANT because R writes {} for an empty one, and the text because only a string is a text.
DOCUMENT = _struct(
    data=_struct(
        id=StringType(),
        author_id=StringType(),
        text=VariantType(),
        created_at=StringType(),
        lang=StringType(),
        referenced_tweets=VariantType(),
        entities=_struct(**{name: VariantType() for name in _LISTS}),
        public_metrics=_struct(**{metric: LongType() for metric in _METRICS.values()}),
        delete=_struct(tweet=_struct(id=StringType()), event_at=StringType()),
    ),
    includes=_struct(users=VariantType(), tweets=VariantType()),
)


def shared(document: Column) -> dict[str, Column]:
    """What several of the record's columns are made of."""
    return {
        "text_value": variant.string(document["data"]["text"]),
        "references": variant.array(document["data"]["referenced_tweets"], "struct<type string, id string>"),
        "posts": variant.array(
            document["includes"]["tweets"],
            f"struct<id string, public_metrics struct<{', '.join(f'{m} bigint' for m in _METRICS.values())}>>",
        ),
        **{
            f"{name}_values": variant.array(_entity(document, name), f"struct<{key} string>")
            for name, key in _LISTS.items()
        },
    }


def columns(document: Column) -> dict[str, Column]:
    """RECORD's columns. A repost brings its original's counts, from `includes` where the original is there."""
    data, deleted = document["data"], document["data"]["delete"]["tweet"]["id"]
    original_id = _referenced("retweeted")
    return {
        "kind": F.when(deleted.isNotNull(), DELETION)
        .when(original_id.isNotNull(), REPOST)
        .when(data["id"].isNotNull(), POST),
        "platform": F.when(document.isNotNull(), "x"),
        "record_id": F.coalesce(data["id"], deleted),
        "post_id": F.coalesce(original_id, data["id"], deleted),
        "created_at_text": F.coalesce(data["created_at"], data["delete"]["event_at"]),
        "text": F.col("text_value"),
        "lang_given": data["lang"],
        "author_id": data["author_id"],
        "followers": _followers(document),
        **{f"{name}_given": _values(document, name, key) for name, key in _LISTS.items()},
        "is_reply": _referenced("replied_to").isNotNull(),
        "is_quote": _referenced("quoted").isNotNull(),
        **_counts(data, original_id),
        "misfit": _misfit(document),
    }


def _entity(document: Column, name: str) -> Column:
    return document["data"]["entities"][name]


def _referenced(how: str) -> Column:
    """The id of the first post that is referred to in the given way."""
    return F.get(F.filter("references", lambda reference: reference["type"] == how), 0)["id"]


def _followers(document: Column) -> Column:
    users = variant.array(
        document["includes"]["users"], "struct<id string, public_metrics struct<followers_count bigint>>"
    )
    author_id = document["data"]["author_id"]
    return F.get(F.filter(users, lambda user: user["id"] == author_id), 0)["public_metrics"]["followers_count"]


def _values(document: Column, name: str, key: str) -> Column:
    """X leaves a list out where a post has none of the kind: only a post without `entities` does not say."""
    values = F.filter(F.transform(f"{name}_values", lambda entity: entity[key]), F.isnotnull)
    return F.when(document["data"]["entities"].isNotNull(), F.coalesce(values, F.array().cast("array<string>")))


def _counts(data: Column, original_id: Column) -> dict[str, Column]:
    """Of a repost's own counts only the reposts are its original's; its likes are zero and say nothing."""
    original = F.get(F.filter("posts", lambda post: post["id"] == original_id), 0)["public_metrics"]
    own = {name: data["public_metrics"][metric] for name, metric in _METRICS.items()}
    theirs = {name: original[metric] for name, metric in _METRICS.items()}
    theirs["reposts"] = F.coalesce(theirs["reposts"], own["reposts"])
    return {name: F.when(original_id.isNull(), own[name]).otherwise(theirs[name]) for name in _METRICS}


def _misfit(document: Column) -> Column:
    lists = (
        variant.misfit(_entity(document, name), F.col(f"{name}_values"), f"$.data.entities.{name}") for name in _LISTS
    )
    return F.coalesce(
        variant.misfit(document["data"]["text"], F.col("text_value"), "$.data.text"),
        variant.misfit(document["data"]["referenced_tweets"], F.col("references"), "$.data.referenced_tweets"),
        *lists,
    )


SOURCE = Source(
    name="x-v2",
    document=DOCUMENT,
    shared=shared,
    columns=columns,
    types={
        "$": OBJECT,
        "$.data": OBJECT,
        "$.data.text": TEXT,
        "$.data.referenced_tweets": LIST,
        "$.data.entities": OBJECT,
        **{f"$.data.entities.{name}": LIST for name in _LISTS},
        "$.data.public_metrics": OBJECT,
        **{f"$.data.public_metrics.{metric}": COUNT for metric in _METRICS.values()},
        "$.data.delete": OBJECT,
        "$.includes": OBJECT,
    },
)
