"""What would change a prediction: the draft otherwise, one thing at a time, and asked of the model again."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, timedelta

from starling import text
from starling.models.analysis.drafts import Post
from starling.models.analysis.results import Draft

# A hashtag that no model has learnt: what it changes, the number of hashtags changes.
NEW_HASHTAG = "starlingstarling"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS, _DAYS = 24, 7
_FOLLOWERS, _MORE_FOLLOWERS = 1_000, 10
_LINK = "https://example.org"
# Words that are worth being cut into halves.
_LONG = 10


@dataclass(frozen=True)
class Variant:
    """A draft that differs in one thing. Of the variants with one `choice` the best and the worst are told."""

    name: str
    what: str
    draft: Draft
    choice: bool = False

    def has_text_of(self, draft: Draft) -> bool:
        """Whether no more than time, audience or kind differs."""
        return all(getattr(self.draft, name) == getattr(draft, name) for name in ("text", "hashtags", "has_media"))


def variants(draft: Draft, post: Post, topic_hashtags: Sequence[str]) -> Iterator[Variant]:
    """All that is tried; `topic_hashtags` are those of the draft's topic, the one of most posts first.

    Beside time and followers, which any draft has, each is tried where it makes a difference.
    """
    at = replace(draft, at=post.at)  # the same moment for all of them
    yield from _times(at, post)
    yield from _audience(at)
    yield from _kinds(at)
    yield from _hashtags(at, post, topic_hashtags)
    yield from _texts(at)


def _times(draft: Draft, post: Post) -> Iterator[Variant]:
    """Other hours of the day, and other days of the week."""
    for hour in range(_HOURS):
        if hour != post.at.hour:
            yield Variant("hour", f"sent at {hour:02}:00 UTC", replace(draft, at=post.at.replace(hour=hour)), True)
    for days in range(1, _DAYS):
        at = post.at + timedelta(days=days if post.at.year < MAXYEAR else -days)
        yield Variant("weekday", f"sent on a {_WEEKDAYS[at.weekday()]}", replace(draft, at=at), True)


def _audience(draft: Draft) -> Iterator[Variant]:
    known = draft.followers is not None and draft.followers >= 0
    more = max(draft.followers or 0, 1) * _MORE_FOLLOWERS if known else _FOLLOWERS
    yield Variant("followers", f"with {more:,} followers", replace(draft, followers=more))


def _kinds(draft: Draft) -> Iterator[Variant]:
    """What the post is, beside its words."""
    media = "without a picture or video" if draft.has_media else "with a picture"
    yield Variant("media", media, replace(draft, has_media=not draft.has_media))
    reply = "not as a reply" if draft.is_reply else "as a reply"
    yield Variant("reply", reply, replace(draft, is_reply=not draft.is_reply))
    quote = "without quoting a post" if draft.is_quote else "quoting a post"
    yield Variant("quote", quote, replace(draft, is_quote=not draft.is_quote))


def _hashtags(draft: Draft, post: Post, topic_hashtags: Sequence[str]) -> Iterator[Variant]:
    yield Variant("hashtag more", "with one hashtag more", replace(draft, hashtags=(*draft.hashtags, NEW_HASHTAG)))
    for tag in [tag for tag in topic_hashtags if tag not in post.hashtags][:1]:
        yield Variant("topic hashtag", f"with #{tag}", replace(draft, hashtags=(*draft.hashtags, tag)))
    if post.hashtags:
        *others, last = post.hashtags
        without = _without(draft.text, lambda found: found.lower() == last)
        yield Variant("hashtag less", f"without #{last}", replace(draft, text=without, hashtags=tuple(others)))


def _texts(draft: Draft) -> Iterator[Variant]:
    """The same said in other words."""
    said = draft.text
    if text.urls(said):
        yield Variant("link", "without its links", replace(draft, text=_tidy(text.without_urls(said))))
    else:
        yield Variant("link", "with a link", replace(draft, text=f"{said} {_LINK}".lstrip()))
    if len(words := said.split()) >= _LONG:
        half = len(words) // 2
        yield Variant("shorter", f"its first {half} words alone", replace(draft, text=_first(said, half)))
    if said.startswith("@"):
        alone = re.sub(r"^(?:@\w+\s*)+", "", said)
        yield Variant("mention first", "without the mentions at its beginning", replace(draft, text=alone))
    if "?" not in said:
        yield Variant("question", "with a question mark", replace(draft, text=f"{said}?"))
    if "!" in said:
        yield Variant("exclamation", "without exclamation marks", replace(draft, text=said.replace("!", "")))
    else:
        yield Variant("exclamation", "with an exclamation mark", replace(draft, text=f"{said}!"))


def _first(said: str, words: int) -> str:
    """So many words of a text, with the white space between them."""
    return said[: [found.end() for found in re.finditer(r"\S+", said)][words - 1]]


def _without(said: str, leave: Callable[[str], bool]) -> str:
    return _tidy(text.HASHTAG.sub(lambda found: " " if leave(found[1]) else found[0], said))


def _tidy(said: str) -> str:
    """Without the spaces that something has left."""
    return re.sub(r" {2,}", " ", said).strip(" ")
