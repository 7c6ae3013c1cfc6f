"""What a visitor says of a post that is not sent yet: checked, and turned into a draft that the champions judge."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from starling.models.analysis import Draft

MOST_CHARACTERS = 5_000
_MOST_HASHTAGS = 30
_MOST_FOLLOWERS = 10**10


class BadDraft(ValueError):  # noqa: N818 -- what a visitor asks for is no error of ours
    """Something in a draft is not understood: the message says what, and what is wanted."""


def draft_of(said: Mapping[str, Any]) -> Draft:
    """The draft that a JSON object describes. Raises BadDraft for what is unknown or not understood."""
    for name in said:
        if name not in _READ:
            raise BadDraft(f"unknown field {str(name)[:40]!r}; known: {', '.join(_READ)}")
    if "text" not in said:
        raise BadDraft("text is missing: the post to analyse")
    return Draft(**{name: _READ[name](name, value) for name, value in said.items() if value is not None})


def draft_of_form(said: Mapping[str, str]) -> Draft:
    """The draft that a form's fields describe, all of them words; an empty one says nothing. Raises BadDraft."""
    known: dict[str, Any] = {"text": said.get("text", "")}
    if hashtags := said.get("hashtags", "").replace(",", " ").split():
        known["hashtags"] = hashtags
    if followers := said.get("followers", "").strip().replace(",", ""):
        if not (followers.isascii() and followers.isdecimal()):
            raise BadDraft(f"followers {followers[:20]!r} is no number; wanted a whole number such as 250")
        known["followers"] = int(followers)
    if at := said.get("at", "").strip():
        known["at"] = at
    known |= {name: True for name in ("has_media", "is_reply") if said.get(name)}
    return draft_of(known)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, value, "a text")
    if len(value) > MOST_CHARACTERS:
        raise BadDraft(f"{name} has {len(value):,} characters; at most {MOST_CHARACTERS:,}")
    return value.replace("\r\n", "\n")


def _hashtags(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(name, value, "a list of words")
    if len(value) > _MOST_HASHTAGS:
        raise BadDraft(f"{name} are {len(value)}; at most {_MOST_HASHTAGS}")
    if any(len(each) > 100 for each in value):
        raise BadDraft(f"one of the {name} has more than 100 characters")
    return tuple(value)


def _followers(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_FOLLOWERS:
        raise _wrong(name, value, f"a whole number from 0 to {_MOST_FOLLOWERS:,}")
    return value


def _time(name: str, value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value.removesuffix("Z") + ("+00:00" if value.endswith("Z") else ""))
    except (AttributeError, ValueError):
        raise _wrong(name, value, "a time such as 2026-06-30T18:00Z") from None


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, value, "true or false")
    return value


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isalnum() or len(value) > 30:
        raise _wrong(name, value, "a word such as " + {"lang": "en", "platform": "x"}[name])
    return value.lower()


def _wrong(name: str, value: Any, wanted: str) -> BadDraft:
    return BadDraft(f"{name} is {str(value)[:40]!r}; wanted {wanted}")


_READ: Mapping[str, Callable[[str, Any], Any]] = {
    "text": _text,
    "hashtags": _hashtags,
    "platform": _word,
    "lang": _word,
    "followers": _followers,
    "at": _time,
    "is_reply": _flag,
    "is_quote": _flag,
    "has_media": _flag,
}
FIELDS: Iterable[str] = tuple(_READ)
