"""VADER's rules for all lexicon words of a batch at once: what the words around each make of its valence.

They are `scalar`'s rules, in the same order of arithmetic.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from starling.sentiment import scalar
from starling.sentiment.scalar import FADING, NEVER_SO
from starling.sentiment.tables import CAPITALS, NEGATION
from starling.sentiment.tokens import Flags, Places, Words, counts
from starling.sentiment.vocabulary import Numbers, vocabulary

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hits:
    """The lexicon's words in a batch: which word of the batch each is, in which text, and its valence by the rules."""

    places: Places
    texts: Places
    valences: Floats


@dataclass(frozen=True)
class _Around:
    """The numbers of the hits, of the three words before each and of the two after it.

    And whether a hit's text has words in capitals that stand out: some are, and not all.
    """

    places: Places
    before: tuple[Numbers, Numbers, Numbers]
    zero: Numbers
    after: tuple[Numbers, Numbers]
    capitals_stand_out: Flags


def hits(words: Words) -> Hits:
    """The hits, in order."""
    known = vocabulary()
    places = np.flatnonzero(known.scored[words.numbers])
    found = counts(places, words.offsets)
    texts = np.repeat(np.arange(len(found)), found)
    around = _around(words, places, texts)
    of_kind = (around.zero == known.numbers["kind"]) & (around.after[0] == known.numbers["of"])
    return Hits(places, texts, np.where(of_kind, 0.0, _valences(words, around)))


def _around(words: Words, places: Places, texts: Places) -> _Around:
    begins, ends = words.offsets[:-1][texts], words.offsets[1:][texts]
    absent = np.int16(vocabulary().absent)
    capitals = counts(np.flatnonzero(words.upper), words.offsets)
    stand_out = (capitals > 0) & (capitals < np.diff(words.offsets))

    def at(distance: int) -> Numbers:
        beside = places + distance
        numbers = words.numbers.take(beside, mode="clip")
        return np.where((beside >= begins) & (beside < ends), numbers, absent)

    return _Around(
        places=places,
        before=(at(-1), at(-2), at(-3)),
        zero=words.numbers[places],
        after=(at(1), at(2)),
        capitals_stand_out=stand_out[texts],
    )


def _valences(words: Words, around: _Around) -> Floats:
    known = vocabulary()
    lexical = known.valence[around.zero]
    next_known = known.known[around.after[0]]
    valences = np.where((around.zero == known.numbers["no"]) & next_known, 0.0, lexical)
    valences = np.where(_after_no(around), lexical * NEGATION, valences)
    loud = words.upper[around.places] & around.capitals_stand_out
    valences += np.where(loud, _capitals(valences), 0.0)
    for distance, word in enumerate(around.before, 1):
        free = _free(word)
        valences = _boosted(valences, words, around, distance, free)
        factors = _negations(around, distance)
        valences *= np.where(free, factors, 1.0)
    valences = _with_idioms(valences, around)
    valences *= _least(around)
    return valences


def _free(words: Numbers) -> Flags:
    """Whether a word before a hit is one that the rules look at: there is one, and it is not in the lexicon."""
    free: Flags = (words != vocabulary().absent) & ~vocabulary().known[words]
    return free


def _capitals(valences: Floats) -> Floats:
    return np.where(valences > 0, CAPITALS, -CAPITALS)


def _after_no(around: _Around) -> Flags:
    numbers = vocabulary().numbers
    one, two, three = (word == numbers["no"] for word in around.before)
    between = (around.before[0] == numbers["or"]) | (around.before[0] == numbers["nor"])
    after_no: Flags = one | two | (three & between)
    return after_no


def _boosted(valences: Floats, words: Words, around: _Around, distance: int, free: Flags) -> Floats:
    """With what the word at a distance adds, where that is a booster."""
    boosts = vocabulary().boost[around.before[distance - 1]]
    at = np.flatnonzero((boosts != 0) & free)
    base = valences[at]
    added = np.where(base < 0, -boosts[at], boosts[at])
    loud = words.upper[around.places[at] - distance] & around.capitals_stand_out[at]
    added += np.where(loud, _capitals(base), 0.0)
    valences[at] = base + added * FADING[distance - 1]
    return valences


def _negations(around: _Around, distance: int) -> Floats:
    """The factor for the word at a distance."""
    numbers = vocabulary().numbers
    word, *between = around.before[distance - 1 :: -1]
    factors = np.where(vocabulary().negates[word], NEGATION, 1.0)
    if distance == 1:
        return factors
    doubt = np.logical_or.reduce([other == numbers["doubt"] for other in between])
    so = [(other == numbers["so"]) | (other == numbers["this"]) for other in between]
    never_so = (word == numbers["never"]) & so[0]
    praised = never_so if distance == 2 else never_so | so[1]
    return np.where(praised, NEVER_SO, np.where((word == numbers["without"]) & doubt, 1.0, factors))


def _with_idioms(valences: Floats, around: _Around) -> Floats:
    """As idioms and boosters of several words have it, which are too rare to be worth numpy's while."""
    known = vocabulary()
    one, two, three = around.before
    pairs = ((three, two), (two, one), (one, around.zero), (around.zero, around.after[0]))
    opens = [known.opens[known.phrase[first], known.phrase[second]] for first, second in pairs]
    # The rules come to idioms at the third word before, if that is one that they look at.
    for i in np.flatnonzero(np.logical_or.reduce(opens) & _free(three)):
        words = [known.word(numbers[i]) for numbers in (three, two, one, around.zero, *around.after)]
        valences[i] = scalar.idiom(words, float(valences[i]))
    return valences


def _least(around: _Around) -> Floats:
    """The factor for "least" just before the hit."""
    known, numbers = vocabulary().known, vocabulary().numbers
    one, two, _ = around.before
    least = (one == numbers["least"]) & ~known[one] & (two != numbers["at"]) & (two != numbers["very"])
    return np.where(least, NEGATION, 1.0)
