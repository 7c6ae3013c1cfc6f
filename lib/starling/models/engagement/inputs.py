"""What the pipeline reads of posts that are not sent yet, without Spark: `features.with_inputs`, and its first stage.

Equal to what Spark says, but for letters and digits that are newer than the JVM.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np

from starling.models.coherence import Floats
from starling.models.engagement.features import (
    CATEGORIES,
    EMOJI,
    FOLLOWERS,
    GAPPED,
    HOUR,
    MEDIA,
    PLAIN,
    SKEWED,
    TERMS,
    WEEKDAY,
)
from starling.models.engagement.stages import LOG_FOLLOWERS

# Java's `(?i)` and `\d` know ASCII alone.
_MEDIA = re.compile(MEDIA, re.ASCII)
_EMOJI = re.compile(re.sub(r"\\x\{(\w+)\}", lambda code: chr(int(code[1], 16)), EMOJI))


@dataclass(frozen=True)
class Known:
    """A post as silver.posts has it, its author's record, and its terms."""

    text: str
    created_at: datetime
    hashtags: Sequence[str]
    mentions: Sequence[str]
    urls: Sequence[str]
    platform: str
    lang: str
    is_reply: bool
    is_quote: bool
    followers: int | None
    compound: float | None
    pos: float | None
    neg: float | None
    author_posts: int
    author_settled_posts: int
    author_mean_log: float | None
    terms: Sequence[str]


def inputs_of(post: Known, alike: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """INPUTS by name; None where something is not known. `alike` are those of a post with the same text and lists."""
    said = _of_text(post.text) | _of_lists(post) if alike is None else alike
    return {**said, **_as_given(post), **_of_time(post.created_at)}


def _as_given(post: Known) -> dict[str, Any]:
    names = ("is_reply", "is_quote", "author_posts", "author_settled_posts", *GAPPED, *CATEGORIES, TERMS)
    return {name: getattr(post, name) for name in names}


def _of_text(text: str) -> dict[str, Any]:
    kinds = Counter(map(unicodedata.category, text))
    letters = sum(count for kind, count in kinds.items() if kind[0] == "L")
    return {
        "characters": len(text),
        "lines": text.count("\n") + 1,
        "digits": kinds["Nd"],
        "emoji": len(_EMOJI.findall(text)),
        "exclamations": text.count("!"),
        "questions": text.count("?"),
        "upper_share": kinds["Lu"] / letters if letters else 0.0,
        "starts_with_mention": text.startswith("@"),
    }


def _of_lists(post: Known) -> dict[str, Any]:
    return {
        "hashtag_count": len(post.hashtags),
        "link_count": len(post.urls),
        "mention_count": len(post.mentions),
        "has_media": any(map(_MEDIA.search, post.urls)),
    }


def _of_time(at: datetime) -> dict[str, Any]:
    there = at.astimezone(timezone.utc)
    return {HOUR: there.hour, WEEKDAY: there.weekday()}


def scaled(posts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns that the first stage makes of INPUTS, and those of them that later stages read as they are.

    Numbers with NaN for what is not known, words as lists: what `mllib.arrays` reads.
    """
    given = {name: _numbers(posts, name) for name in (*PLAIN, HOUR, WEEKDAY, *SKEWED, *GAPPED)}
    return {
        **{name: given[name] for name in GAPPED},
        **{f"{name}_number": np.nan_to_num(given[name]) for name in (*PLAIN, HOUR, WEEKDAY)},
        **{f"log_{name}": _log1p(np.nan_to_num(given[name])) for name in SKEWED},
        LOG_FOLLOWERS: _log1p(given[FOLLOWERS]),
        **{f"no_{name}": np.isnan(given[name]).astype(float) for name in GAPPED},
        "categories": [[f"{name}={post[name]}" for name in CATEGORIES if post[name] is not None] for post in posts],
        TERMS: [post[TERMS] for post in posts],
    }


def _numbers(posts: Sequence[Mapping[str, Any]], name: str) -> Floats:
    return np.array([np.nan if post[name] is None else float(post[name]) for post in posts])


def _log1p(values: Floats) -> Floats:
    """As the C library has it: the JVM's but for the last bit of one in ten thousand. Numpy's differs often."""
    return np.array([math.log1p(value) for value in values])
