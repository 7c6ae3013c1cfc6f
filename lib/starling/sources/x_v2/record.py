"""What record an X API v2 message is."""

from typing import Any

from starling.sources import values
from starling.sources.record import DELETION, POST, REPOST, Record
from starling.sources.values import Object

_METRICS = {"likes": "like_count", "reposts": "retweet_count", "replies": "reply_count", "quotes": "quote_count"}
_LISTS = {"hashtags": "tag", "mentions": "username", "urls": "expanded_url"}
_DATA, _ENTITIES, _COUNTED = "$.data", "$.data.entities", "$.data.public_metrics"


def record(document: Any) -> Record:
    """The record that the document of a payload is. Raises WrongType.

    A repost brings its original's counts, from `includes` where the original is there.
    """
    message = values.root(document)
    data, includes = values.typed(message, "data", "$", dict) or {}, values.typed(message, "includes", "$", dict) or {}
    if "delete" in data and (deletion := _deletion(data)) is not None:
        return deletion
    own_id, author_id = values.spelled(data, "id"), values.spelled(data, "author_id")
    references = values.objects(data, "referenced_tweets", _DATA) or []
    original_id = _referred_to(references, "retweeted")
    return Record(
        kind=REPOST if original_id is not None else POST if own_id is not None else None,
        platform="x",
        record_id=own_id,
        post_id=own_id if original_id is None else original_id,
        created_at=values.spelled(data, "created_at"),
        text=values.typed(data, "text", _DATA, str),
        lang=values.spelled(data, "lang"),
        author_id=author_id,
        followers=_followers(includes, author_id),
        **_lists(data),
        is_reply=_referred_to(references, "replied_to") is not None,
        is_quote=_referred_to(references, "quoted") is not None,
        **_counts(data, includes, original_id),
    )


def _deletion(data: Object) -> Record | None:
    event = values.typed(data, "delete", _DATA, dict) or {}
    deleted = values.spelled(values.typed(event, "tweet", "$.data.delete", dict) or {}, "id")
    at = values.spelled(event, "event_at")
    return None if deleted is None else Record(DELETION, "x", deleted, deleted, created_at=at)


def _referred_to(references: list[Object], how: str) -> str | None:
    """The id of the first post that is referred to in the given way."""
    for reference in references:
        if reference.get("type") == how:
            return values.spelled(reference, "id")
    return None


def _followers(includes: Object, author_id: str | None) -> int | None:
    for user in values.objects_if_any(includes, "users"):
        if values.spelled(user, "id") == author_id:
            return values.count_if_any(values.inner_if_any(user, "public_metrics"), "followers_count")
    return None


def _lists(data: Object) -> dict[str, Any]:
    """X leaves a list out where a post has none of the kind: only a post without `entities` does not say."""
    entities = values.typed(data, "entities", _DATA, dict)
    if entities is None:
        return {}
    return {name: _words(entities, name, key) for name, key in _LISTS.items()}


def _words(entities: Object, name: str, key: str) -> list[str]:
    found = values.objects(entities, name, _ENTITIES) if name in entities else None
    words = [values.spelled(one, key) for one in found] if found else []
    return [word for word in words if word is not None]


def _counts(data: Object, includes: Object, original_id: str | None) -> dict[str, Any]:
    """Of a repost's own counts only the reposts are its original's; its likes are zero and say nothing."""
    metrics = values.typed(data, "public_metrics", _DATA, dict) or {}
    own = {name: values.count(metrics, metric, _COUNTED) for name, metric in _METRICS.items()}
    if original_id is None:
        return own
    originals = (one for one in values.objects_if_any(includes, "tweets") if values.spelled(one, "id") == original_id)
    original = values.inner_if_any(next(originals, {}), "public_metrics")
    theirs = {name: values.count_if_any(original, metric) for name, metric in _METRICS.items()}
    return theirs if theirs["reposts"] is not None else theirs | {"reposts": own["reposts"]}
