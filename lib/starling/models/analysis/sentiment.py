"""A text's sentiment as silver.posts has it, and what each piece of the text has in it.

A token's valence is what VADER's rules leave of its words' valences in the lexicon, after boosters, negations,
capitals, idioms and "but" (Hutto & Gilbert 2014, as vaderSentiment carries it out). With the marks' emphasis, which
goes with the sign of their sum, the valences sum up to what is normalised to the compound score. So a negation or a
booster has none itself: it is in that of the word it is about. What it does shows in the effect, the compound score
less that of the text without it; effects of several words overlap, and do not sum up to anything.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from starling.models.analysis.results import Sentiment, Token
from starling.sentiment import columnar, scalar
from starling.sentiment.tables import spelled, tables, words
from starling.sentiment.vader import SCORER, THRESHOLD
from starling.silver.posts import SCORED_LANGUAGES

# To leave each token out in turn costs the square of their number.
MOST_TRIED_TOKENS = 200


@dataclass(frozen=True)
class _Piece:
    """A place in the text, and VADER's words there."""

    start: int
    end: int
    words: tuple[str, ...]


def sentiment_of(text: str, lang: str, max_characters: int) -> Sentiment:
    """What silver.posts would say of a post with this text in this language, and of its first characters' tokens."""
    reason = unscored_reason(text, lang)
    if reason is not None:
        return Sentiment(None, None, None, None, None, reason, False, 0.0, (), SCORER)
    read = text[:max_characters]
    scores = scalar.score(read)
    pieces = list(_pieces(read))
    valences = _valences(pieces)
    emphasis = _emphasis(read, sum(valences))
    return Sentiment(
        **scores,
        label=_label(scores["compound"]),
        reason=None,
        cut=len(text) > max_characters,
        emphasis=emphasis,
        tokens=tuple(_tokens(read, scores["compound"], pieces, valences, emphasis)),
        scorer=SCORER,
    )


def scores_of(text: str, lang: str, max_characters: int) -> tuple[float | None, float | None, float | None]:
    """Compound score, positive and negative share alone."""
    if unscored_reason(text, lang) is not None:
        return None, None, None
    scores = scalar.score(text[:max_characters])
    return scores["compound"], scores["pos"], scores["neg"]


def unscored_reason(text: str, lang: str) -> str | None:
    """Why silver.posts would have no score, in its words.

    >>> unscored_reason("  ", "en"), unscored_reason("Hola", "es"), unscored_reason("Hi", "en")
    ('no text', 'language: es', None)
    """
    if not text.strip(" "):  # Spark's trim takes spaces alone
        return "no text"
    return None if lang in SCORED_LANGUAGES else f"language: {lang}"


def _label(compound: float) -> str:
    return "positive" if compound >= THRESHOLD else "negative" if compound <= -THRESHOLD else "neutral"


def _emphasis(text: str, valence: float) -> float:
    """What the marks add to the sum: with its sign."""
    read = spelled(text)
    size = scalar.emphasis(read.count("!"), read.count("?"))
    return size if valence > 0 else -size if valence < 0 else 0.0


def _pieces(text: str) -> Iterator[_Piece]:
    """The text between white space, and before an emoji, where VADER begins a word."""
    emoji = tables().emoji
    for token in re.finditer(r"\S+", text):
        starts = [token.start(), *(at for at in range(token.start() + 1, token.end()) if ord(text[at]) in emoji)]
        for start, end in zip(starts, [*starts[1:], token.end()], strict=True):
            yield _Piece(start, end, tuple(words(spelled(text[start:end]))))


def _valences(pieces: Sequence[_Piece]) -> list[float]:
    """By piece, the sum of its words'."""
    each = iter(scalar.valences([word for piece in pieces for word in piece.words]))
    return [sum(next(each) for _ in piece.words) for piece in pieces]


def _tokens(
    text: str, compound: float, pieces: Sequence[_Piece], valences: Sequence[float], emphasis: float
) -> Iterator[Token]:
    sizes = sum(map(abs, valences)) + abs(emphasis)
    effects = _effects(text, compound, pieces)
    for piece, valence, effect in zip(pieces, valences, effects, strict=True):
        share = valence / sizes if sizes else 0.0
        yield Token(text[piece.start : piece.end], piece.start, piece.end, piece.words, valence, share, effect)


def _effects(text: str, compound: float, pieces: Sequence[_Piece]) -> Sequence[float | None]:
    """By piece, what the compound score would lose without its characters."""
    if len(pieces) > MOST_TRIED_TOKENS:
        return [None] * len(pieces)
    # In its place stays white space: its neighbours do not become one word.
    without = [f"{text[: piece.start]} {text[piece.end :]}" for piece in pieces]
    scores = columnar.scores(pa.array(without, pa.string())).to_pylist()
    return [round(compound - one["compound"], 4) for one in scores]
