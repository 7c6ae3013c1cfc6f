"""What a visitor wants to see, as a URL says it: checked, and turned into a condition on the index's posts."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

SENTIMENTS = ("positive", "neutral", "negative", "unscored")
NO_TOPIC = -1
_MOST_VALUES = 20
_MOST_CHARACTERS = 200


class BadFilter(ValueError):  # noqa: N818 -- what a visitor asks for is no error of ours
    """A filter that is not known or not understood: the message says which, and what is wanted."""


@dataclass(frozen=True)
class Filters:
    """Posts of any of the platforms, and any of the languages …; an empty tuple or None leaves that open.

    Times are UTC without a zone: `since` is part of the range, `until` is not.
    """

    since: datetime | None = None
    until: datetime | None = None
    platform: tuple[str, ...] = ()
    lang: tuple[str, ...] = ()
    hashtag: tuple[str, ...] = ()
    topic: tuple[int, ...] = ()
    sentiment: tuple[str, ...] = ()
    text: str = ""

    @classmethod
    def of(cls, arguments: Iterable[tuple[str, str]]) -> "Filters":
        """From a URL's names and values, in any order; a name may come several times. Raises BadFilter."""
        said: dict[str, list[str]] = {}
        for name, value in arguments:
            if name not in _READ:
                raise BadFilter(f"unknown filter {name[:40]!r}; known: {', '.join(_READ)}")
            if value.strip():
                said.setdefault(name, []).append(value.strip())
        for name, values in said.items():
            if len(values) > (1 if name in _SINGLE else _MOST_VALUES):
                raise BadFilter(
                    f"{name} is given {len(values)} times; at most {1 if name in _SINGLE else _MOST_VALUES}"
                )
        read = cls(**{name: _value(name, values) for name, values in said.items()})
        if read.since and read.until and read.since >= read.until:
            raise BadFilter(f"since ({said['since'][0]}) is not before until ({said['until'][0]})")
        return read

    @property
    def any(self) -> bool:
        """Whether anything is filtered at all."""
        return self != Filters()

    def query(self) -> str:
        """The URL's part after the question mark that says the same: always the same for the same filters."""
        return urlencode(list(self.pairs()))

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Name and value of each condition, as a URL says them."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, datetime):
                yield one.name, value.strftime("%Y-%m-%dT%H:%M")
            elif isinstance(value, str):
                yield from [(one.name, value)] if value else []
            else:
                yield from ((one.name, "none" if each == NO_TOPIC else str(each)) for each in value or ())

    def with_(self, **changes: Any) -> "Filters":
        """The same with other values."""
        return replace(self, **changes)

    def without(self, name: str, value: str) -> "Filters":
        """The same without one condition."""
        return Filters.of(pair for pair in self.pairs() if pair != (name, value))

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition on `posts`, and its parameters: no value of a visitor's is ever part of the SQL."""
        parts: list[str] = []
        if self.since:
            parts.append("created_at >= $since")
        if self.until:
            parts.append("created_at < $until")
        chosen = [name for name in ("platform", "lang", "sentiment") if getattr(self, name)]
        parts += [f"list_contains(${name}, {name})" for name in chosen]
        if self.hashtag:
            parts.append("list_has_any(tags, (SELECT list(code) FROM tags WHERE list_contains($hashtag, tag)))")
        if self.topic:
            parts.append(f"list_contains($topic, coalesce(topic, {NO_TOPIC}))")
        if self.text:
            parts.append("contains(folded, lower($text))")
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        known = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value}
        return " AND ".join(parts) or "true", known


def _value(name: str, said: list[str]) -> Any:
    found = tuple(dict.fromkeys(_READ[name](value) for value in said))
    return found[0] if name in _SINGLE else found


def _time(said: str) -> datetime:
    try:
        read = datetime.fromisoformat(said.removesuffix("Z"))
    except ValueError:
        raise BadFilter(
            f"{said[:40]!r} is no time; wanted a date such as 2021-06-30 or a time such as 2021-06-30T18:00, UTC"
        ) from None
    return read.astimezone(timezone.utc).replace(tzinfo=None) if read.tzinfo else read


def _word(name: str, pattern: str, wanted: str) -> Callable[[str], str]:
    def read(said: str) -> str:
        if not re.fullmatch(pattern, said):
            raise BadFilter(f"{name} {said[:40]!r} is not understood; wanted {wanted}")
        return said

    return read


def _hashtag(said: str) -> str:
    tag = said.removeprefix("#").lower()
    if not tag or len(tag) > _MOST_CHARACTERS or any(each.isspace() for each in tag):
        raise BadFilter(f"hashtag {said[:40]!r} is not understood; wanted one word such as #esa2019")
    return tag


def _topic(said: str) -> int:
    if said == "none":
        return NO_TOPIC
    if not re.fullmatch(r"[0-9]{1,6}", said):
        raise BadFilter(f"topic {said[:40]!r} is not understood; wanted a topic's number, or none")
    return int(said)


def _sentiment(said: str) -> str:
    if said not in SENTIMENTS:
        raise BadFilter(f"sentiment {said[:40]!r} is not known; known: {', '.join(SENTIMENTS)}")
    return said


def _text(said: str) -> str:
    if len(said) > _MOST_CHARACTERS:
        raise BadFilter(f"the text to look for has {len(said):,} characters; at most {_MOST_CHARACTERS}")
    return said


_SINGLE = ("since", "until", "text")
_READ: Mapping[str, Callable[[str], Any]] = {
    "since": _time,
    "until": _time,
    "platform": _word("platform", r"[a-z0-9_-]{1,30}", "a platform's name such as x"),
    "lang": _word("language", r"[a-z]{2,3}(-[A-Za-z]{2,4})?", "an ISO 639 code such as en, or und"),
    "hashtag": _hashtag,
    "topic": _topic,
    "sentiment": _sentiment,
    "text": _text,
}
