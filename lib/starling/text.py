"""What a post's text holds: hashtags, mentions, links, and a hash that its copies share.

Hashtags and mentions follow X's published rules (twitter-text): a hashtag is letters, marks, digits and a few joiners
of any script, at least one of them not a digit, and does not start inside a word or after "&".
"""

import hashlib
from collections.abc import Iterable

import regex  # type: ignore[import-untyped]  # for the classes of Unicode, which `re` does not know

_HASH, _AT = "#\uff03", "@\uff20"  # the signs, and their full-width forms
# Characters of a hashtag: letters, marks, digits, and X's list of joiners of various scripts.
_TAG = (
    r"\p{L}\p{M}\p{Nd}_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c"
    r"\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
# The atomic group keeps "#foo#bar" from matching as "#fo".
_HASHTAG = (
    rf"(?<=^|[\ufe0e\ufe0f]|[^&{_TAG}])[{_HASH}](?![\ufe0f\u20e3])"
    rf"((?>[{_TAG}]*[\p{{L}}\p{{M}}][{_TAG}]*))(?![{_HASH}]|://)"
)
# "RT@name" is a mention too, although a letter stands before the sign.
_MENTION = (
    rf"(?:(?<![A-Za-z0-9_!#$%&*{_AT}])|(?<=(?:^|[^A-Za-z0-9_+~.-])[rR][tT]:?))"
    rf"[{_AT}]((?>[A-Za-z0-9_]{{1,20}}))(?![A-Za-z0-9_{_AT}\u00c0-\u024f]|://)"
)
# What ends a link: spaces of any kind, marks of direction, brackets, quotes, and the punctuation of East Asia.
_URL_END = r"\s\p{Z}\p{Cf}<>\x22\xab\xbb\u201c\u201d\u3001-\u303f\uff00-\uff65"
_URL = rf"[hH][tT][tT][pP][sS]?://[^{_URL_END}\p{{P}}][^{_URL_END}]*"
# The lookbehind lets each run of punctuation be tried once, not once a character.
_URL_TAIL = r"(?<![.,;:!?'\u2019)\]}…])[.,;:!?'\u2019)\]}…]++\Z"

HASHTAG: regex.Pattern[str] = regex.compile(_HASHTAG)
URL: regex.Pattern[str] = regex.compile(_URL)
_MENTIONED: regex.Pattern[str] = regex.compile(_MENTION)
_NAMES: regex.Pattern[str] = regex.compile(f"{_MENTION}|{_HASHTAG}")
_TAIL: regex.Pattern[str] = regex.compile(_URL_TAIL)
_OPEN_BRACKET: regex.Pattern[str] = regex.compile(r"\([^()]*\Z")
# Without these no text holds a link, a hashtag or a handle: to look for them is cheap, and most texts lack one.
_LINKED = "://"


def without_urls(text: str) -> str:
    """The text with a space in each link's place: what stands in a link is no hashtag."""
    return str(URL.sub(" ", text)) if _LINKED in text else text


def hashtags(text: str) -> list[str]:
    """The hashtags in order, as written, without the sign.

    >>> hashtags("#Kite &#nbsp; #2021 https://t.co/#x \uff03東京")
    ['Kite', '東京']
    """
    return [found[1] for found in HASHTAG.finditer(without_urls(text))] if _has(text, _HASH) else []


def mentions(text: str) -> list[str]:
    """The mentioned handles in order, as written, without the sign.

    >>> mentions("RT@ann: me@example.org @bob")
    ['ann', 'bob']
    """
    return [found[1] for found in _MENTIONED.finditer(without_urls(text))] if _has(text, _AT) else []


def urls(text: str) -> list[str]:
    """The links in order, without the punctuation that follows them.

    >>> urls("(see https://x.org/Kite_(bird)), http://y.org/!")
    ['https://x.org/Kite_(bird)', 'http://y.org/']
    """
    return [_without_tail(found[0]) for found in URL.finditer(text)] if _LINKED in text else []


def with_urls(text: str, url: str) -> str:
    """The text with another link in each link's place; the punctuation that follows one stays.

    >>> with_urls("See https://x.org/a, now!", "https://t.co/b")
    'See https://t.co/b, now!'
    """
    return str(URL.sub(lambda found: url + found[0][len(_without_tail(found[0])) :], text))


def without_names(text: str) -> str:
    """The text with a space in the place of each handle and hashtag."""
    return str(_NAMES.sub(" ", text)) if _has(text, _HASH + _AT) else text


def _has(text: str, signs: str) -> bool:
    return any(sign in text for sign in signs)


def _without_tail(url: str) -> str:
    """A bracket that closes one within the link belongs to it: …/wiki/Kite_(bird)."""
    cut = str(_TAIL.sub("", url))
    closed = f"{cut})"
    return closed if url.startswith(closed) and _OPEN_BRACKET.search(cut) else cut


def folded(words: Iterable[str]) -> list[str]:
    """In lower case, each word once, in the order of first appearance: #Esa and #ESA are one tag."""
    return list(dict.fromkeys(map(str.lower, words)))


def in_one_line(text: str) -> str:
    """The text with a space in the place of each run of white space of any script, and none at its ends.

    >>> in_one_line(" so\\n\\u3000 good ")
    'so good'
    """
    return " ".join(text.split())


def text_hash(text: str) -> str:
    """SHA-256 (hex) of the text in lower case without links and with white space folded: equal for copies of a text."""
    return hashlib.sha256(in_one_line(without_urls(text).lower()).encode()).hexdigest()
