"""A draft as the post that it would become: what silver.posts would have in its columns, without Spark."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from starling import language, text
from starling.models.analysis.results import Draft, Guess, Language
from starling.models.analysis.sentiment import scores_of
from starling.models.engagement.inputs import Known
from starling.models.stop_words import StopWords
from starling.models.words import terms_in
from starling.settings import Settings

# What X writes in each link's place, and behind the text of a post with a picture: its links have ten letters and
# digits by chance. And what the link of a picture stands for.
_SHORT_LINK = "https://t.co/aB3dE5gHiJ"
_PICTURES_PLACE = "https://x.com/i/status/0/photo/1"
_X = "x"
_GUESSES = 3


@dataclass(frozen=True)
class Post:
    """A draft's text as it would be sent, and what is in it."""

    text: str
    hashtags: tuple[str, ...]
    not_hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    urls: tuple[str, ...]
    at: datetime


def post_of(draft: Draft) -> Post:
    """The post that the draft would become, now or when it says."""
    body = _readable(draft.text)
    there = set(text.folded(text.hashtags(body)))
    more, refused = _hashtags(draft.hashtags)
    missing = [tag for tag in more if tag not in there]
    written = _behind(body, [f"#{tag}" for tag in missing])
    return Post(
        text=written,
        hashtags=tuple(text.folded([*text.hashtags(body), *missing])),
        not_hashtags=tuple(refused),
        mentions=tuple(text.folded(text.mentions(body))),
        urls=tuple(dict.fromkeys(text.urls(written))),
        at=_in_utc(draft.at),
    )


def language_of(draft: Draft, post: Post, min_confidence: float) -> Language:
    """The language that the draft says, else the one that its text is found to be in."""
    given = language.given(draft.lang)
    if given is not None:
        return Language(given, "given", None, ())
    found = language.guesses(language.words(post.text), _GUESSES)
    guesses = tuple(Guess(code, min(probability, 1.0)) for code, probability in found)
    if not guesses:
        return Language(language.UNDETERMINED, "detected", None, ())
    best = guesses[0]
    code = best.code if best.probability >= min_confidence else language.UNDETERMINED
    return Language(code, "detected", best.probability, guesses)


def known_of(draft: Draft, post: Post, lang: str, settings: Settings, stop_words: StopWords) -> Known:
    """What the engagement model is told of the post: as its platform would send it, which on X shortens links."""
    sent = _with_short_links(post.text, draft.has_media) if draft.platform == _X else post.text
    compound, pos, neg = scores_of(sent, lang, settings.sentiment.max_characters)
    return Known(
        text=sent,
        created_at=post.at,
        hashtags=post.hashtags,
        mentions=post.mentions,
        urls=(*post.urls, _PICTURES_PLACE) if draft.has_media else post.urls,
        platform=draft.platform,
        lang=lang,
        is_reply=draft.is_reply,
        is_quote=draft.is_quote,
        followers=_followers(draft),
        compound=compound,
        pos=pos,
        neg=neg,
        author_posts=draft.author.posts,
        author_settled_posts=draft.author.settled_posts,
        author_mean_log=draft.author.mean_log_engagement,
        terms=terms_in(post.text, lang, post.hashtags, stop_words),
    )


def otherwise(known: Known, draft: Draft) -> Known:
    """The same for a draft that differs in neither text, hashtags, picture nor author."""
    return replace(
        known,
        created_at=_in_utc(draft.at),
        followers=_followers(draft),
        is_reply=draft.is_reply,
        is_quote=draft.is_quote,
    )


def _followers(draft: Draft) -> int | None:
    return draft.followers if draft.followers is not None and draft.followers >= 0 else None


def _with_short_links(written: str, has_media: bool) -> str:
    short = text.with_urls(written, _SHORT_LINK)
    return _behind(short, [_SHORT_LINK]) if has_media else short


def _readable(written: str) -> str:
    """Halves of surrogate pairs, which no column could hold, made whole where they meet, else marked as unreadable."""
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _hashtags(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """The hashtags among what was given, folded and without their signs, and what is none."""
    named: list[str] = []
    refused: list[str] = []
    for tag in (each for some in given for each in re.split(r"[\s,]+", _readable(some)) if each):
        bare = tag.lstrip("#\uff03")
        (named if text.hashtags(f"#{bare}") == [bare] else refused).append(bare or tag)
    return text.folded(named), refused


def _behind(body: str, words: Sequence[str]) -> str:
    """The text with the words behind it, where there is one; nothing is said of an empty list.

    >>> _behind("Hm", ["#a", "#b"]), _behind("", ["#a"]), _behind("Hm ", [])
    ('Hm #a #b', '#a', 'Hm ')
    """
    if not words:
        return body
    between = "" if not body or body[-1].isspace() else " "
    return f"{body}{between}{' '.join(words)}"


def _in_utc(at: datetime | None) -> datetime:
    if at is None:
        return datetime.now(timezone.utc)
    if at.tzinfo is None:
        return at.replace(tzinfo=timezone.utc)
    try:
        return at.astimezone(timezone.utc)
    except OverflowError:  # hours before the first year, or after the last
        return at.replace(tzinfo=timezone.utc)
