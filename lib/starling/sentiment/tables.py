"""VADER's tables, read from the reference implementation, and how VADER takes a text apart.

Nothing here is a copy: lexicon, emoji, boosters, negations and idioms are those of the installed vaderSentiment.
"""

import string
from dataclasses import dataclass
from functools import cache

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    C_INCR,
    N_SCALAR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
)

# What capitals add to a valence, and what a negation multiplies it with.
CAPITALS: float = C_INCR
NEGATION: float = N_SCALAR
# What is trimmed off a word, and how much has to be left: less is likely an emoticon, which stays whole.
TRIMMED = string.punctuation
SHORTEST_TRIMMED = 3


@dataclass(frozen=True)
class Tables:
    """What VADER knows.

    `lexicon` gives a word's valence, about -4 to 4; `boosters` what a word or phrase adds to the valence of what
    follows; `idioms` the valence of phrases. `emoji` is for str.translate: a space and the description of a character.
    """

    lexicon: dict[str, float]
    boosters: dict[str, float]
    negations: frozenset[str]
    idioms: dict[str, float]
    emoji: dict[int, str]


@cache
def tables() -> Tables:
    """The tables, read once a process: that takes longer than to score a thousand texts."""
    analyzer = SentimentIntensityAnalyzer()
    return Tables(
        lexicon=analyzer.lexicon,
        boosters=BOOSTER_DICT,
        negations=frozenset(NEGATE),
        idioms=SPECIAL_CASES,
        # The reference looks characters up one by one: the longer sequences of its table are never found.
        emoji={ord(emoji): f" {said}" for emoji, said in analyzer.emojis.items() if len(emoji) == 1},
    )


def spelled(text: str) -> str:
    """A text with each emoji as its description, in the place of other white space perhaps.

    An emoji begins a word, and the last word of its description runs into what follows.

    >>> spelled("hm😂ha")
    'hm face with tears of joyha'
    """
    if text.isascii():
        return text
    emoji = tables().emoji
    return " ".join([token if token.isascii() else token.translate(emoji) for token in text.split()])


def words(text: str) -> list[str]:
    """The words and emoticons of a text whose emoji are spelled out.

    >>> words("Great!!! :) not-bad")
    ['Great', ':)', 'not-bad']
    """
    return [
        token if token.isalnum() or len(word := token.strip(TRIMMED)) < SHORTEST_TRIMMED else word
        for token in text.split()
    ]


def negates(word: str) -> bool:
    """Whether a word in lower case negates what follows.

    >>> [negates(word) for word in ("never", "mustn't've", "no")]
    [True, True, False]
    """
    return word in tables().negations or "n't" in word
