"""What a post's text holds: hashtags, mentions, links, and a hash that its copies share. Column → Column.

Hashtags and mentions follow X's published rules (twitter-text): a hashtag is letters, marks, digits and a few joiners
of any script, at least one of them not a digit, and does not start inside a word or after "&".

Of one text in Python the functions that end in `_in` say the same, but for letters that are newer than the JVM.
"""

import re
from functools import cache

import regex  # type: ignore[import-untyped]  # its classes are Unicode's, as Java's are and those of `re` are not
from pyspark.sql import Column
from pyspark.sql import functions as F

_HASH, _AT = r"#\x{ff03}", r"@\x{ff20}"  # the signs, and their full-width forms
# Characters of a hashtag: letters, marks, digits, and X's list of joiners of various scripts.
_TAG = (
    r"\p{L}\p{M}\p{Nd}_\x{200c}\x{200d}\x{a67e}\x{05be}\x{05f3}\x{05f4}\x{ff5e}\x{301c}"
    r"\x{309b}\x{309c}\x{30a0}\x{30fb}\x{3003}\x{0f0b}\x{0f0c}\x{00b7}"
)
# A letter beyond the first plane. Java looks behind by halves of such characters, which are no letters, unless one
# stands in the pattern itself.
_BEYOND = "\U00010000"
# The atomic group keeps "#foo#bar" from matching as "#fo".
HASHTAG = (
    rf"(?<=^|[\x{{fe0e}}\x{{fe0f}}]|[^&{_TAG}{_BEYOND}])[{_HASH}](?![\x{{fe0f}}\x{{20e3}}])"
    rf"((?>[{_TAG}]*[\p{{L}}\p{{M}}][{_TAG}]*))(?![{_HASH}]|://)"
)
# "RT@name" is a mention too, although a letter stands before the sign.
MENTION = (
    rf"(?:(?<![A-Za-z0-9_!#$%&*{_AT}])|(?<=(?:^|[^A-Za-z0-9_+~.-])[rR][tT]:?))"
    rf"[{_AT}]((?>[A-Za-z0-9_]{{1,20}}))(?![A-Za-z0-9_{_AT}\x{{c0}}-\x{{24f}}]|://)"
)
# What ends a link: spaces of any kind, marks of direction, brackets, quotes, and the punctuation of East Asia.
_URL_END = r"\s\p{Z}\p{Cf}<>\x{22}\x{ab}\x{bb}\x{201c}\x{201d}\x{3001}-\x{303f}\x{ff00}-\x{ff65}"
URL = rf"(?i:https?)://[^{_URL_END}\p{{P}}][^{_URL_END}]*"
# The lookbehind lets each run of punctuation be tried once, not once a character.
_URL_TAIL = r"(?<![.,;:!?'\x{2019})\]}…])[.,;:!?'\x{2019})\]}…]++$"

_OPEN_BRACKET = r"\([^()]*$"
WHITE_SPACE = r"(?U)\s+"  # of all scripts


def without_urls(text: Column) -> Column:
    """The text with a space in each link's place: what stands in a link is no hashtag."""
    return F.regexp_replace(text, URL, " ")


def hashtags(text: Column) -> Column:
    """array<string>: the hashtags in order, as written, without the sign."""
    return F.regexp_extract_all(without_urls(text), F.lit(HASHTAG), F.lit(1))


def mentions(text: Column) -> Column:
    """array<string>: the mentioned handles in order, as written, without the sign."""
    return F.regexp_extract_all(without_urls(text), F.lit(MENTION), F.lit(1))


def urls(text: Column) -> Column:
    """array<string>: the links in order, without the punctuation that follows them."""
    found = F.regexp_extract_all(text, F.lit(URL), F.lit(0))
    return F.transform(found, _without_tail)


def _without_tail(url: Column) -> Column:
    """A bracket that closes one within the link belongs to it: …/wiki/Kite_(bird)."""
    cut = F.regexp_replace(url, _URL_TAIL, "")
    closed = F.concat(cut, F.lit(")"))
    return F.when(cut.rlike(_OPEN_BRACKET) & url.startswith(closed), closed).otherwise(cut)


def folded(words: Column) -> Column:
    """array<string> in lower case, each word once, in the order of first appearance: #Esa and #ESA are one tag."""
    return F.array_distinct(F.transform(words, F.lower))


def text_hash(text: Column) -> Column:
    """SHA-256 (hex) of the text in lower case without links and with white space folded: equal for copies of a text."""
    plain = F.trim(F.regexp_replace(F.lower(without_urls(text)), WHITE_SPACE, " "))
    return F.sha2(plain, 256)


# --- the same of one text, without Spark


def without_urls_in(text: str) -> str:
    """The text with a space in each link's place."""
    return str(in_python(URL).sub(" ", text))


def hashtags_in(text: str) -> list[str]:
    """The hashtags in order, as written, without the sign.

    >>> hashtags_in("#Kite &#nbsp; #2021 https://t.co/#x \uff03東京")
    ['Kite', '東京']
    """
    return [found[1] for found in in_python(HASHTAG).finditer(without_urls_in(text))]


def mentions_in(text: str) -> list[str]:
    """The mentioned handles in order, as written, without the sign.

    >>> mentions_in("RT@ann: me@example.org @bob")
    ['ann', 'bob']
    """
    return [found[1] for found in in_python(MENTION).finditer(without_urls_in(text))]


def urls_in(text: str) -> list[str]:
    """The links in order, without the punctuation that follows them.

    >>> urls_in("(see https://x.org/Kite_(bird)), http://y.org/!")
    ['https://x.org/Kite_(bird)', 'http://y.org/']
    """
    return [_without_tail_in(found[0]) for found in in_python(URL).finditer(text)]


def with_urls_in(text: str, url: str) -> str:
    """The text with another link in each link's place; the punctuation that follows one stays.

    >>> with_urls_in("See https://x.org/a, now!", "https://t.co/b")
    'See https://t.co/b, now!'
    """
    return str(in_python(URL).sub(lambda found: url + found[0][len(_without_tail_in(found[0])) :], text))


def _without_tail_in(url: str) -> str:
    cut = str(in_python(_URL_TAIL).sub("", url))
    closed = f"{cut})"
    return closed if in_python(_OPEN_BRACKET).search(cut) and url.startswith(closed) else cut


def folded_in(words: list[str]) -> list[str]:
    """In lower case, each word once, in the order of first appearance."""
    return list(dict.fromkeys(map(str.lower, words)))


@cache
def in_python(pattern: str) -> regex.Pattern[str]:
    """A pattern of Java's for Python.

    In Java `\\s` is ASCII's white space unless it is told otherwise, `(?i)` knows ASCII's letters alone, and `$` stands
    before a last line's end of any kind.
    """
    said = pattern.replace(WHITE_SPACE, r"\p{White_Space}+").replace(r"\s", r" \t\n\x0b\f\r")
    said = said.replace("(?i:https?)", "[hH][tT][tT][pP][sS]?")
    if said.endswith("$"):
        said = said[:-1] + r"(?=(?:\r\n|[\n\r\x85\u2028\u2029])?\Z)"
    return regex.compile(re.sub(r"\\x\{([0-9a-f]+)\}", lambda found: rf"\U{int(found[1], 16):08x}", said))
