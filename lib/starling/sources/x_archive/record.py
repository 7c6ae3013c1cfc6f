"""What record a flat archive row is."""

from typing import Any

from starling.sources import values
from starling.sources.record import POST, REPOST, Record

_COUNTS = {"likes": "favorite_count", "reposts": "retweet_count", "replies": "reply_count", "quotes": "quote_count"}
_LISTS = {"hashtags": "hashtags", "mentions": "mentions_screen_name", "urls": "urls_expanded_url"}


def record(document: Any) -> Record:
    """The record that the document of a payload is. Raises WrongType.

    A repost's row brings its original's reposts, and no other count of it.
    """
    row = values.root(document)
    own_id, original_id = values.spelled(row, "status_id"), values.spelled(row, "retweet_status_id")
    is_repost = values.typed(row, "is_retweet", "$", bool) or original_id is not None
    is_quote = values.typed(row, "is_quote", "$", bool)
    counts: dict[str, Any] = {name: values.count(row, field, "$") for name, field in _COUNTS.items()}
    lists: dict[str, Any] = {name: values.words(row, field, "$") for name, field in _LISTS.items()}
    return Record(
        kind=REPOST if is_repost else POST if own_id is not None else None,
        platform="x",
        record_id=own_id,
        post_id=original_id if is_repost else own_id,
        created_at=values.spelled(row, "created_at"),
        text=values.typed(row, "text", "$", str),
        lang=values.spelled(row, "lang"),
        author_id=values.spelled(row, "user_id"),
        followers=values.count(row, "followers_count", "$"),
        **lists,
        is_reply=row.get("reply_to_status_id") is not None,
        is_quote=is_quote if is_quote is not None else row.get("quoted_status_id") is not None,
        **({"reposts": counts["reposts"]} if is_repost else counts),
    )
