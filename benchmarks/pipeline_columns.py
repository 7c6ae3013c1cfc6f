"""What those whom the pipeline is compared with make of a post, a post at a time, where their library has no word."""

import hashlib
import hmac
import re
from functools import cache
from typing import Any

KEY = b"a key of the benchmark"
SCORER = "vaderSentiment 3.3.2"
SCORES = ("compound", "pos", "neu", "neg")
THRESHOLD = 0.05
MAX_CHARACTERS = 8_000
HASHTAG, MENTION, URL = r"#(\w+)", r"@(\w{1,20})", r"https?://\S+"
_URL = re.compile(URL)

Scores = tuple[float | None, float | None, float | None, float | None]
_UNSCORED: Scores = (None, None, None, None)


def pseudonym(author_id: str) -> str:
    """The author's keyed pseudonym."""
    return hmac.digest(KEY, f"x:{author_id}".encode(), hashlib.sha256).hex()[:32]


def text_hash(text: str) -> str:
    """SHA-256 of the text in lower case, without links, with white space folded."""
    return hashlib.sha256(" ".join(_URL.sub(" ", text).lower().split()).encode()).hexdigest()


def scores(text: str, lang: str | None) -> Scores:
    """The reference's four scores of an English text."""
    if lang != "en":
        return _UNSCORED
    found = _analyzer().polarity_scores(text[:MAX_CHARACTERS])
    return found["compound"], found["pos"], found["neu"], found["neg"]


@cache
def _analyzer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
