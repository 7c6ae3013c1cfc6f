"""VADER's words as small numbers, and what VADER knows of each in arrays that the numbers index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from starling.sentiment.tables import negates, tables

Numbers = npt.NDArray[np.int16]

# The words that the rules name.
NAMED = ("no", "or", "nor", "never", "so", "this", "without", "doubt", "least", "at", "very", "but", "kind", "of")
# Arrow makes a hash table of all words at each look-up, which takes as long as to look so many up in Python's.
_FEW = 2000


@dataclass(frozen=True)
class Vocabulary:
    """A number for each word that VADER knows, and four more: `other`, `negating`, `absent` and `beyond`.

    These are a word that VADER does not know, one that it knows for its "n't" alone, what stands before a text's first
    word and after its last, and a word for which the rules in numpy do not do. `valence`, `boost`, `known` (whether in
    the lexicon), `scored` (in the lexicon, and no booster), `negates` and `phrase` have a value for each number.
    `opens[phrase[a], phrase[b]]` tells whether an idiom, or a booster of several words, begins with words a and b.
    """

    words: pa.Array
    listed: Sequence[str]
    numbers: Mapping[str, int]
    valence: npt.NDArray[np.float64]
    boost: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]
    scored: npt.NDArray[np.bool_]
    negates: npt.NDArray[np.bool_]
    phrase: npt.NDArray[np.int64]
    opens: npt.NDArray[np.bool_]

    @property
    def other(self) -> int:
        """The number of words that VADER does not know."""
        return len(self.words)

    @property
    def negating(self) -> int:
        """The number of words that VADER knows for their "n't" alone."""
        return len(self.words) + 1

    @property
    def absent(self) -> int:
        """The number of no word."""
        return len(self.words) + 2

    @property
    def beyond(self) -> int:
        """The number of a word for which the rules in numpy do not do."""
        return len(self.words) + 3

    def number(self, word: str) -> int:
        """A lower-case word's number."""
        return self.numbers.get(word, self.negating if negates(word) else self.other)

    def word(self, number: int) -> str:
        """A number's word; of one that is not listed, no more than that it is none of those."""
        return self.listed[number] if number < len(self.listed) else ""

    def look_up(self, words: pa.Array) -> Numbers:
        """Lower-case words' numbers; a word that is not listed is `other`, even with an "n't" in it."""
        if len(words) < _FEW:
            other = self.other
            return np.array([self.numbers.get(word, other) for word in words.to_pylist()], np.int16)
        found = pc.index_in(words, value_set=self.words).fill_null(self.other)
        numbers: Numbers = found.to_numpy().astype(np.int16)
        return numbers


@cache
def vocabulary() -> Vocabulary:
    """Made of the tables, once a process."""
    known = tables()
    phrases = [phrase.split() for phrase in (*known.idioms, *known.boosters) if " " in phrase]
    listed = (*known.lexicon, *known.boosters, *known.negations, *NAMED, *(word for words in phrases for word in words))
    words = list(dict.fromkeys(listed))
    phrase, opens = _openings(words, [(first, second) for first, second, *_ in phrases])
    return Vocabulary(
        words=pa.array(words),
        listed=words,
        numbers={word: number for number, word in enumerate(words)},
        valence=np.array([known.lexicon.get(word, 0.0) for word in words] + [0.0] * 4),
        boost=np.array([known.boosters.get(word, 0.0) for word in words] + [0.0] * 4),
        known=np.array([word in known.lexicon for word in words] + [False] * 4),
        scored=np.array([word in known.lexicon and word not in known.boosters for word in words] + [False] * 4),
        negates=np.array([negates(word) for word in words] + [False, True, False, False]),
        phrase=phrase,
        opens=opens,
    )


def _openings(
    words: Sequence[str], openings: Sequence[Sequence[str]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The words that phrases begin with, numbered from 1, and which two of them begin one; all other words are 0."""
    places = {word: place for place, word in enumerate(dict.fromkeys(word for pair in openings for word in pair), 1)}
    opens = np.zeros((len(places) + 1, len(places) + 1), dtype=bool)
    for first, second in openings:
        opens[places[first], places[second]] = True
    return np.array([places.get(word, 0) for word in words] + [0] * 4), opens
