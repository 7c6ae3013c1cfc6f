"""What a post's text holds: hashtags, mentions, links, and a hash that its copies share. Column → Column.

Hashtags and mentions follow X's published rules (twitter-text): a hashtag is letters, marks, digits and a few joiners
of any script, at least one of them not a digit, and does not start inside a word or after "&".
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

_HASH, _AT = r"#\x{ff03}", r"@\x{ff20}"  # the signs, and their full-width forms
# Characters of a hashtag: letters, marks, digits, and X's list of joiners of various scripts.
_TAG = (
    r"\p{L}\p{M}\p{Nd}_\x{200c}\x{200d}\x{a67e}\x{05be}\x{05f3}\x{05f4}\x{ff5e}\x{301c}"
    r"\x{309b}\x{309c}\x{30a0}\x{30fb}\x{3003}\x{0f0b}\x{0f0c}\x{00b7}"
)
# The atomic group keeps "#foo#bar" from matching as "#fo".
HASHTAG = (
    rf"(?<=^|[\x{{fe0e}}\x{{fe0f}}]|[^&{_TAG}])[{_HASH}](?![\x{{fe0f}}\x{{20e3}}])"
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
    return F.when(cut.rlike(r"\([^()]*$") & url.startswith(closed), closed).otherwise(cut)


def folded(words: Column) -> Column:
    """array<string> in lower case, each word once, in the order of first appearance: #Esa and #ESA are one tag."""
    return F.array_distinct(F.transform(words, F.lower))


def text_hash(text: Column) -> Column:
    """SHA-256 (hex) of the text in lower case without links and with white space folded: equal for copies of a text."""
    plain = F.trim(F.regexp_replace(F.lower(without_urls(text)), r"(?U)\s+", " "))
    return F.sha2(plain, 256)
