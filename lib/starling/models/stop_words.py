"""The stop words of the languages that posts are in: the words that every text has, and that tell nothing.

MLlib's lists, which are NLTK's, for the languages that it has, and those of stopwords-iso: with NLTK's alone, "great",
"come" and "see" would name topics.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pyspark
import stopwordsiso

from starling.errors import ModelError

StopWords = Mapping[str, frozenset[str]]  # by language code

# Signs that have a form neither the lists nor the tokenizer know: the apostrophe of phones, and East Asia's # and @.
PLAIN = str.maketrans({"\u2019": "'", "\uff03": "#", "\uff20": "@"})

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


@cache
def mllib_stop_words() -> StopWords:
    """MLlib's stop words, read once, on the driver: from MLlib's jar, else from the JVM, word by word."""
    try:
        return mllib_stop_words_unstarted()
    except ModelError:
        return mllib_stop_words_of_jvm()


@cache
def mllib_stop_words_unstarted() -> StopWords:
    """The same, for those who start no JVM. Raises ModelError where MLlib's jar is not to be found."""
    # PySpark's package holds the jars, or lies somewhere in the Spark that does, in spark-submit as an archive.
    above = Path(pyspark.__file__).parents
    jar = next((jar for folder in above for jar in folder.glob("jars/spark-mllib_*.jar")), None)
    if jar is None:
        raise ModelError(f"MLlib's stop words are missing: there is no jars/spark-mllib_*.jar in {above[0]} or above")
    with zipfile.ZipFile(jar) as files:
        return {code: frozenset(_plain(_listed(files, name))) for code, name in _MLLIB_LANGUAGES.items()}


def mllib_stop_words_of_jvm() -> StopWords:
    """The same, of a Spark that runs."""
    from pyspark.ml.feature import StopWordsRemover  # and with it SciPy, which a Python worker need not wait for

    load = StopWordsRemover.loadDefaultStopWords
    return {code: frozenset(_plain(load(name))) for code, name in _MLLIB_LANGUAGES.items()}


def of_language(lang: str | None, stop_words: StopWords) -> frozenset[str]:
    """Those of MLlib's and stopwords-iso's; where neither has the language, or nobody knows it, all of MLlib's."""
    if lang is None or not (lang in stop_words or stopwordsiso.has_lang(lang)):
        return _union(tuple(stop_words.values()))
    return _union((stop_words.get(lang, frozenset()), _iso_stop_words(lang)))


@cache
def _iso_stop_words(lang: str) -> frozenset[str]:
    return frozenset(_plain(stopwordsiso.stopwords(lang) if stopwordsiso.has_lang(lang) else ()))


@cache
def _union(lists: tuple[frozenset[str], ...]) -> frozenset[str]:
    return frozenset().union(*lists)


def _listed(files: zipfile.ZipFile, language: str) -> Sequence[str]:
    with files.open(f"{_LISTS_IN_JAR}/{language}.txt") as file:
        return io.TextIOWrapper(file, encoding="utf-8").read().removesuffix("\n").split("\n")


def _plain(words: Iterable[str]) -> Iterator[str]:
    return (word.lower().translate(PLAIN) for word in words)
