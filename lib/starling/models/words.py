"""The terms a post is described by: its words, without those that every text of its language has, and its hashtags.

The words are NLTK's, whose TweetTokenizer knows mentions, emoticons and letters repeated for emphasis (Bird, S., Loper,
E. & Klein, E.: Natural Language Processing with Python).
"""

import re
import sys
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, StringType

from starling.models.stop_words import PLAIN, StopWords, mllib_stop_words, of_language

if TYPE_CHECKING:
    from nltk.tokenize import TweetTokenizer

# Bounds on hostile texts: what is read of a text, and the longest thing that is still a word.
MAX_CHARACTERS = 10_000
MAX_WORD_CHARACTERS = 40

_WORD_LISTS = ArrayType(StringType())
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
# Scripts that are written without spaces, where a run of letters is a clause and not a word: Thai, Lao, Burmese, Khmer,
# and the characters and kana of Chinese and Japanese.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


def with_terms(posts: DataFrame) -> DataFrame:
    """Adds what a post is described by. Grain: one row a post, still; batches and micro-batches alike.

    Reads: text string, lang string, hashtags array<string>.
    Adds: terms array<string>: the text's words, then its hashtags as "#tag", each once; empty where there are none.
    """
    tags = F.transform(F.coalesce("hashtags", F.array().cast(_WORD_LISTS)), lambda tag: F.concat(F.lit("#"), tag))
    found = words(F.col("text"), F.col("lang"), mllib_stop_words())
    return posts.withColumn("terms", F.array_distinct(F.array_compact(F.concat(found, tags))))


def words(text: Column, lang: Column, stop_words: StopWords) -> Column:
    """array<string>: the distinct words of a text in lower case and in order, without the stop words of its language.

    A word has two letters or more, and is no link, mention, hashtag or number. Scripts without spaces (Chinese,
    Japanese, Thai, …) have no words here: such a post is described by its hashtags. Null and empty texts have none.
    """

    def find_all(texts: pa.Array, langs: pa.Array) -> pa.Array:
        known: dict[tuple[str | None, str | None], list[str]] = {}  # copies of a text are read once
        pairs = list(zip(texts.to_pylist(), langs.to_pylist(), strict=True))
        for pair in pairs:
            if pair not in known:
                known[pair] = list(found_in(*pair, stop_words))
        return pa.array([known[pair] for pair in pairs], pa.list_(pa.string()))

    udf = arrow_udf(find_all, _WORD_LISTS)  # type: ignore[call-overload]
    found: Column = udf(text, lang)
    return found


def terms_in(text: str, lang: str, hashtags: Iterable[str], stop_words: StopWords) -> list[str]:
    """What `with_terms` says of one text."""
    return list(dict.fromkeys([*found_in(text, lang, stop_words), *(f"#{tag}" for tag in hashtags)]))


def found_in(text: str | None, lang: str | None, stop_words: StopWords) -> Iterator[str]:
    """What `words` says of one text.

    >>> list(found_in("@ann I don't enjoy Mondays!!! #monday https://t.co/x", "en", {"en": frozenset({"i", "don't"})}))
    ['enjoy', 'mondays']
    """
    plain = _URL.sub(" ", (text or "")[:MAX_CHARACTERS].translate(PLAIN))
    left_out = of_language(lang, stop_words)
    for token in dict.fromkeys(map(str.lower, _tokenizer().tokenize(plain))):
        if _is_word(token) and token not in left_out:
            yield token


@lru_cache(maxsize=100_000)
def _is_word(token: str) -> bool:
    """Letters with their marks, and the apostrophes and hyphens between them.

    >>> [token for token in ("ok", "a", "l'été", "नमस्ते", "c3po", ":-)", "--", "#tag", "東京") if _is_word(token)]
    ['ok', "l'été", 'नमस्ते']
    """
    if not 2 <= len(token) <= MAX_WORD_CHARACTERS or _UNSPACED.search(token):
        return False
    kinds = [unicodedata.category(character)[0] for character in token]
    joined = all(kind in "LM" or character in "'-" for kind, character in zip(kinds, token, strict=True))
    return joined and kinds[0] == "L" and kinds.count("L") >= 2


@cache
def _tokenizer() -> "TweetTokenizer":
    """One a process. It keeps the case, for else it looks for emoticons in every token, and none is a word."""
    # Whatever NLTK has for other packages, where they are: to import these too takes 1.5 s instead of 0.3.
    with _hidden("sklearn", "scipy", "scipy.stats"):
        from nltk.tokenize import TweetTokenizer

    return TweetTokenizer(preserve_case=True, reduce_len=True, strip_handles=True)


@contextmanager
def _hidden(*modules: str) -> Iterator[None]:
    """Has modules that are not imported yet seem not to be installed, where no other thread could be misled: in a
    Python worker, that is, and not in a driver."""
    alone = threading.active_count() == 1
    hidden = [name for name in modules if alone and name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python says it
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
