"""The terms a post is described by: its words, without those that every text of its language has, and its hashtags.

The words are NLTK's, whose TweetTokenizer knows mentions, emoticons and letters repeated for emphasis (Bird, S., Loper,
E. & Klein, E.: Natural Language Processing with Python). Stop words are MLlib's lists, which are NLTK's, for the
languages that it has, and those of stopwords-iso: with NLTK's alone, "great", "come" and "see" would name topics.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

import pyarrow as pa
import pyspark
import stopwordsiso
from nltk.tokenize import TweetTokenizer
from pyspark.ml.feature import StopWordsRemover
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, StringType

from starling.errors import ModelError

# Bounds on hostile texts: what is read of a text, and the longest thing that is still a word.
MAX_CHARACTERS = 10_000
MAX_WORD_CHARACTERS = 40

StopWords = Mapping[str, frozenset[str]]

_MLLIB_LANGUAGES = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
_LISTS_IN_JAR = "org/apache/spark/ml/feature/stopwords"
_WORD_LISTS = ArrayType(StringType())
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
# Signs that have a form the tokenizer does not know: the apostrophe of phones, and East Asia's # and @.
_PLAIN = str.maketrans({"\u2019": "'", "\uff03": "#", "\uff20": "@"})
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


@cache
def mllib_stop_words() -> StopWords:
    """MLlib's stop words by language code: read once, on the driver, for they come from the JVM."""
    load = StopWordsRemover.loadDefaultStopWords
    return {code: frozenset(_plain(load(name))) for code, name in _MLLIB_LANGUAGES.items()}


@cache
def mllib_stop_words_unstarted() -> StopWords:
    """The same, read from MLlib's jar, for those who start no JVM. Raises ModelError where there is no such jar."""
    # PySpark's package holds the jars, or lies somewhere in the Spark that does, in spark-submit as an archive.
    above = Path(pyspark.__file__).parents
    jar = next((jar for folder in above for jar in folder.glob("jars/spark-mllib_*.jar")), None)
    if jar is None:
        raise ModelError(f"MLlib's stop words are missing: there is no jars/spark-mllib_*.jar in {above[0]} or above")
    with zipfile.ZipFile(jar) as files:
        return {code: frozenset(_plain(_listed(files, name))) for code, name in _MLLIB_LANGUAGES.items()}


def _listed(files: zipfile.ZipFile, language: str) -> Sequence[str]:
    with files.open(f"{_LISTS_IN_JAR}/{language}.txt") as file:
        return io.TextIOWrapper(file, encoding="utf-8").read().removesuffix("\n").split("\n")


def terms_in(text: str, lang: str, hashtags: Iterable[str], stop_words: StopWords) -> list[str]:
    """What `with_terms` says of one text."""
    return list(dict.fromkeys([*found_in(text, lang, stop_words), *(f"#{tag}" for tag in hashtags)]))


def found_in(text: str | None, lang: str | None, stop_words: StopWords) -> Iterator[str]:
    """What `words` says of one text.

    >>> list(found_in("@ann I don't enjoy Mondays!!! #monday https://t.co/x", "en", {"en": frozenset({"i", "don't"})}))
    ['enjoy', 'mondays']
    """
    plain = _URL.sub(" ", (text or "")[:MAX_CHARACTERS].translate(_PLAIN))
    left_out = _of_language(lang, stop_words)
    for token in dict.fromkeys(map(str.lower, _tokenizer().tokenize(plain))):
        if _is_word(token) and token not in left_out:
            yield token


def _of_language(lang: str | None, stop_words: StopWords) -> frozenset[str]:
    """Those of both sources; where neither has the language, or nobody knows it, all that the first one has."""
    if lang is None or not (lang in stop_words or stopwordsiso.has_lang(lang)):
        return _union(tuple(stop_words.values()))
    return _union((stop_words.get(lang, frozenset()), _iso_stop_words(lang)))


@cache
def _iso_stop_words(lang: str) -> frozenset[str]:
    return frozenset(_plain(stopwordsiso.stopwords(lang) if stopwordsiso.has_lang(lang) else ()))


@cache
def _union(lists: tuple[frozenset[str], ...]) -> frozenset[str]:
    return frozenset().union(*lists)


def _plain(words: Iterable[str]) -> Iterator[str]:
    return (word.lower().translate(_PLAIN) for word in words)


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
def _tokenizer() -> TweetTokenizer:
    """One a worker process. It keeps the case, for else it looks for emoticons in every token, and none is a word."""
    return TweetTokenizer(preserve_case=True, reduce_len=True, strip_handles=True)
