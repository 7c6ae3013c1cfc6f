"""The reference itself, and texts made to find where a scorer of our own would differ from it."""

import random
import struct
from collections.abc import Iterable, Mapping

import pyarrow as pa
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

from starling.sentiment import columnar, scalar
from starling.sentiment.vocabulary import NAMED

NAMES = ("neg", "neu", "pos", "compound")
_ANALYZER = SentimentIntensityAnalyzer()
LEXICON = sorted(_ANALYZER.lexicon)
EMOJI = sorted(_ANALYZER.emojis)

# --- comparing


def bits(scores: Mapping[str, float]) -> bytes:
    """The four numbers to the last bit, the sign of zero included."""
    return struct.pack("<4d", *(scores[name] for name in NAMES))


def reference(text: str) -> dict[str, float]:
    """What vaderSentiment says."""
    return _ANALYZER.polarity_scores(text)


def differing(texts: Iterable[str]) -> list[str]:
    """The texts, all scored as one batch and one by one, for which either is not what the reference says."""
    texts = list(texts)
    together = columnar.scores(pa.array(texts, pa.string())).to_pylist()
    return [
        text
        for text, scores in zip(texts, together, strict=True)
        if not bits(scores) == bits(scalar.score(text)) == bits(reference(text))
    ]


# --- the grammar

_NAMED = [*NAMED, "sort", "just", "enough", "the", "a", "to", "for"]
_PHRASES = [phrase for phrase in (*SPECIAL_CASES, *BOOSTER_DICT) if " " in phrase]
_PHRASES += [
    "no good",
    "never so",
    "never this",
    "without doubt",
    "at least",
    "very least",
    "no or",
    "no nor",
    "kind of",
]
# Each one's valence is half as much, or half as much again, as another one's: "but" makes them equal.
_CLASHING = [word for word in LEXICON if abs(_ANALYZER.lexicon[word]) in (0.5, 1.0, 1.5, 2.0, 3.0)]
_NEITHER = ["table", "it", "was", "on", "@somebody", "#tag", "https://t.co/x1Y2", "N.B.", "2nd", "3", "don’t", "café"]
_NEITHER += ["ÉTÉ", "日本", "it's", "O'Neil"]
_CONTRACTED = ["mustn't've", "n't", "N'T", "'n't'", "yn'tx", "n'", "'t", "n’t", "en 't", "xn'", "can't", "t'n't"]
# Of letters that Python puts in another case than ASCII's rules do, and of marks and joiners around them.
_ODD = [
    "\u212a",
    "li\u212ae",
    "\u0130",
    "\u0131",
    "\u00df",
    "\u017f",
    "\u03a3",
    "good\u03a3",
    "\u01c5",
    "\u2167",
    "\u24b6",
    "\u00aa",
]
_ODD += [
    "\u03d2",
    "\u3000",
    "e\u0301",
    "\ufb01ne",
    "\uff27\uff2f\uff2f\uff24",
    "\U0001d400",
    "\u200b",
    "\ufeff",
    "\ufe0f",
    "\u200d",
]
_ODD += [
    "\x00",
    "\x01",
    "\x7f",
    "\x80",
    "\u0663",
    "\u00bd",
    "\u2019",
    "\u201cgood\u201d",
    "\u2026",
    "\u00bfgood?",
    "\u0301",
    "\U000e0067",
]
_SPACES = ["\n", "\t", "\r\n", "  ", "\x0b", "\x0c", *map(chr, range(0x1C, 0x20)), "\x85", "\xa0", "\u1680", "\u2003"]
_SPACES += ["\u2028", "\u2029", "\u202f", "\u205f", "\u3000", " \x1d "]
_MARKS = [
    "!",
    "!!",
    "!!!!!",
    "?",
    "??",
    "???",
    "?????",
    "!?",
    ".",
    "...",
    ",",
    ";",
    "'",
    '"',
    "(",
    ")",
    "*",
    "_",
    "-",
    ":)",
]
# Their descriptions have a mark, or capitals, or a negation in them.
_LOUD_EMOJI = [emoji for emoji in EMOJI if any(mark in _ANALYZER.emojis[emoji] for mark in "!?")]
_TOLD_EMOJI = [
    emoji for emoji in EMOJI if any(word in _ANALYZER.emojis[emoji].split() for word in ("NO", "no", "not", "OK"))
]
_FACES = ["😂", "❤️", "😍", "😭", "🔥", "👍🏼", "🤷🏽‍♀️", "💔", "🙏", "😊"]

_POOLS = (
    (LEXICON, 22),
    (sorted(BOOSTER_DICT), 8),
    (sorted(NEGATE), 8),
    (_NAMED, 22),
    (_PHRASES, 6),
    (_CLASHING, 5),
    (_NEITHER, 12),
    (_CONTRACTED, 2),
    (_ODD, 4),
    (_MARKS, 3),
    (EMOJI, 2),
    (_FACES, 3),
    (_LOUD_EMOJI + _TOLD_EMOJI, 1),
)
PARTS = [part for pool, _ in _POOLS for part in pool]
_WEIGHTS = [weight for _, weight in _POOLS]
_CASES = (str, str, str, str, str.upper, str.upper, str.title, str.swapcase)


def generated(count: int, seed: int) -> Iterable[str]:
    """So many texts, the same ones for the same seed: mostly short, now and then of two hundred words."""
    rng = random.Random(seed)
    for _ in range(count):
        words = rng.randint(1, 14) if rng.random() < 0.995 else rng.randint(15, 200)
        # A text in one case, or in all of them; spaces that are odd, or are not.
        case = rng.choice(_CASES) if rng.random() < 0.3 else None
        odd_spaces = rng.random() < 0.15
        yield "".join(_part(rng, case) + _space(rng, odd_spaces) for _ in range(words))


def _part(rng: random.Random, case) -> str:
    (pool,) = rng.choices([pool for pool, _ in _POOLS], _WEIGHTS)
    part = (case or rng.choice(_CASES))(rng.choice(pool))
    if rng.random() < 0.12:
        part = rng.choice(_MARKS) + part
    if rng.random() < 0.2:
        part += rng.choice(_MARKS)
    if rng.random() < 0.02:
        part = part[: len(part) // 2] + rng.choice(_ODD) + part[len(part) // 2 :]
    return part


def _space(rng: random.Random, odd: bool) -> str:
    chance = rng.random()
    if chance < 0.04:
        return ""
    return rng.choice(_SPACES) if odd and chance < 0.5 else " "
