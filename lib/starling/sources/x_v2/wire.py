"""An X API v2 message: one post `{data, includes}`, one compliance event, or a page of posts to be taken apart."""

from typing import Any

from starling.sources.shift import Shift, Unshiftable, post_id
from starling.sources.timestamps import time_ms
from starling.sources.wire import Message, Wire, read_json, read_object, write_json, write_object

# The kinds of things in `includes`, and what each is referred to by.
_INCLUDED = {"users": "id", "tweets": "id", "media": "media_key", "polls": "id", "places": "id"}
_ById = dict[str, dict[str, dict[str, Any]]]


def recognises(value: Any) -> bool:
    """True for what has its post, its posts or its event in `data`."""
    return isinstance(value, dict) and isinstance(value.get("data"), dict | list)


def messages(line: bytes) -> list[Message]:
    """The message itself as it is, or one new message for each post of a page."""
    try:
        value = read_json(line)
        data = value.get("data") if isinstance(value, dict) else None
        if isinstance(data, list):
            return [_message(write_json(one), one["data"]) for one in split(value)]
    except ValueError:
        return [Message(line, None, None)]
    return [_message(line, data)]


def _message(payload: bytes, data: object) -> Message:
    if not isinstance(data, dict):
        return Message(payload, None, None)
    event = _event(data)
    if event is not None:
        return Message(payload, post_id(_object(event, "tweet").get("id")), time_ms(event["event_at"]))
    return Message(payload, post_id(data.get("id")), time_ms(data.get("created_at")))


def _event(data: dict[str, Any]) -> dict[str, Any] | None:
    """The compliance event: `data` then holds nothing but its kind, and in it the time."""
    if len(data) != 1:
        return None
    (event,) = data.values()
    return event if isinstance(event, dict) and "event_at" in event else None


def deletion(deleted_id: str, event_at: str) -> bytes:
    """The compliance event that says that a post is deleted.

    >>> deletion("20", "2026-01-02T03:04:05.678Z").decode()
    '{"data":{"delete":{"tweet":{"id":"20"},"event_at":"2026-01-02T03:04:05.678Z"}}}'
    """
    return write_json({"data": {"delete": {"tweet": {"id": deleted_id}, "event_at": event_at}}})


def split(page: dict[str, Any]) -> list[dict[str, Any]]:
    """One message a post of the page, each with no more of `includes` than it refers to.

    >>> split({"data": [{"id": "1", "author_id": "7"}], "includes": {"users": [{"id": "7"}, {"id": "8"}]}})
    [{'data': {'id': '1', 'author_id': '7'}, 'includes': {'users': [{'id': '7'}]}}]
    """
    includes = _object(page, "includes")
    by_id = {kind: {str(one.get(key)): one for one in _objects(includes, kind)} for kind, key in _INCLUDED.items()}
    return [{"data": post, "includes": _referred_to(post, by_id)} for post in page["data"]]


def _referred_to(post: object, by_id: _ById) -> dict[str, list[dict[str, Any]]]:
    """What is included of a post: the posts it reposts, quotes or answers, all their authors, and what is attached."""
    if not isinstance(post, dict):
        return {}
    posts = _found(by_id["tweets"], [reference.get("id") for reference in _objects(post, "referenced_tweets")])
    attachments = _object(post, "attachments")
    referred_to = {
        "users": _found(by_id["users"], [one.get("author_id") for one in (post, *posts)]),
        "tweets": posts,
        "media": _found(by_id["media"], attachments.get("media_keys")),
        "polls": _found(by_id["polls"], attachments.get("poll_ids")),
        "places": _found(by_id["places"], [_object(post, "geo").get("place_id")]),
    }
    return {kind: ones for kind, ones in referred_to.items() if ones}


def _found(by_id: dict[str, dict[str, Any]], ids: object) -> list[dict[str, Any]]:
    """Each once, in the order of the ids."""
    wanted = dict.fromkeys(str(one) for one in ids if isinstance(one, str | int)) if isinstance(ids, list) else {}
    return [by_id[one] for one in wanted if one in by_id]


def _object(value: dict[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _objects(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in a list; R writes an empty one as {}."""
    inner = value.get(name)
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def shifted(payload: bytes, shift: Shift) -> Message:
    """The message as a new post or event, with the posts that it includes.

    Users' ids and times stay, and so do texts, links and poll ids. Raises Unshiftable with the reason.
    """
    message = read_object(payload)
    data = _object(message, "data")
    _, old_id, old_time = _message(payload, data)
    if old_id is None:
        raise Unshiftable("no id of a post")
    if old_time is None:
        raise Unshiftable("no created_at or event_at that is an ISO 8601 time")
    event = _event(data)
    if event is None:
        _shift_post(data, shift)
    else:
        event["event_at"] = shift.time(event["event_at"])
        event["tweet"]["id"] = shift.reference(event["tweet"]["id"])
    for post in _objects(_object(message, "includes"), "tweets"):
        _shift_post(post, shift)
    return Message(write_object(message), str(shift.post_id(int(old_id))), shift.ms(old_time))


def _shift_post(post: dict[str, Any], shift: Shift) -> None:
    for holder in (post, *_objects(post, "referenced_tweets")):
        holder.update({name: shift.reference(holder[name]) for name in ("id", "conversation_id") if name in holder})
    if isinstance(post.get("edit_history_tweet_ids"), list):
        post["edit_history_tweet_ids"] = [shift.reference(one) for one in post["edit_history_tweet_ids"]]
    for holder, name in ((post, "created_at"), (_object(post, "edit_controls"), "editable_until")):
        if holder.get(name) is not None:
            holder[name] = shift.time(holder[name])


WIRE = Wire(source="x-v2", platform="x", recognises=recognises, messages=messages, shifted=shifted)
