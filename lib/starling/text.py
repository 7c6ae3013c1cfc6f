"""What a post's text holds: hashtags, mentions, links, and a hash that its copies share. Column → Column.

Hashtags and mentions follow X's published rules (twitter-text): a hashtag is letters, marks, digits and a few joiners
of any script, at least one of them not a digit, and does not start inside a word or after "&".
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

_TAG = r"\p{L}\p{M}\p{Nd}_\x{200c}\x{200d}\x{a67e}\x{05be}\x{05f3}\x{05f4}\x{ff5e}\x{301c}\x{309b}\x{309c}\x{30a0}\x{30fb}\x{3003}\x{0f0b}\x{0f0c}\x{00b7}"
# The atomic group keeps "#foo#bar" from matching as "#fo".
HASHTAG = (
    rf"(?<=^|[\x{{fe0e}}\x{{fe0f}}]|[^&{_TAG}])[#＃](?![\x{{fe0f}}\x{{20e3}}])"
    rf"((?>[{_TAG}]*[\p{{L}}\p{{M}}][{_TAG}]*))(?![#＃]|://)"
)
# "RT@name" is a mention too, although a letter stands before the sign.
MENTION = (
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=(?:^|[^A-Za-z0-9_+~.-])[rR][tT]:?))"
    r"[@＠]((?>[A-Za-z0-9_]{1,20}))(?![A-Za-z0-9_@＠\x{c0}-\x{24f}]|://)"
)
URL = r"https?://[^\s<>\x{22}]+"
_URL_TAIL = r"[.,;:!?'\)\]\}…]+$"


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
    return F.transform(found, lambda url: F.regexp_replace(url, _URL_TAIL, ""))


def folded(words: Column) -> Column:
    """array<string> in lower case, each word once, in the order of first appearance: #Esa and #ESA are one tag."""
    return F.array_distinct(F.transform(words, F.lower))


def text_hash(text: Column) -> Column:
    """SHA-256 (hex) of the text in lower case without links and with white space folded: equal for copies of a text."""
    plain = F.trim(F.regexp_replace(F.lower(without_urls(text)), r"(?U)\s+", " "))
    return F.sha2(plain, 256)
