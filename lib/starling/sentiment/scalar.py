"""VADER for one text, with the reference's numbers, in time linear in the length of the text.

The rules are those of Hutto & Gilbert (2014) as vaderSentiment 3.3.2 carries them out, its quirks included. The order
of the arithmetic is the reference's too: the last bit depends on it.
"""

import math
from collections.abc import Sequence
from heapq import heappop, heappush

from starling.sentiment.tables import CAPITALS, NEGATION, negates, spelled, tables, words

# A word's influence on the valence of the first, second and third word after it.
FADING = (1.0, 0.95, 0.9)
NEVER_SO = 1.25
BEFORE_BUT = 0.5
AFTER_BUT = 1.5
EXCLAMATION = 0.292
MOST_EXCLAMATIONS = 4
QUESTION = 0.18
MOST_QUESTIONS = 3
MORE_QUESTIONS = 0.96
# The square of the sum at which the compound score is 0.7071.
ALPHA = 15


def score(text: str) -> dict[str, float]:
    """The four scores of a text.

    >>> score("VADER is smart, handsome, and funny!")["compound"]
    0.8439
    """
    text = spelled(text)
    return _scores(valences(words(text)), emphasis(text.count("!"), text.count("?")))


def valences(written: Sequence[str]) -> list[float]:
    """What each of a text's words adds to the sum that becomes the compound score, by all the rules."""
    lower = list(map(str.lower, written))
    found = _valences(written, lower)
    if "but" in lower:
        weigh_but(found, lower.index("but"))
    return found


def _valences(written: Sequence[str], lower: Sequence[str]) -> list[float]:
    """The valence of each word, whatever stands before or after a "but"."""
    capitals = sum(map(str.isupper, written))
    rules = _Rules(written, lower, 0 < capitals < len(written))
    lexicon, boosters = tables().lexicon, tables().boosters
    return [
        rules.valence(i) if word in lexicon and word not in boosters and lower[i : i + 2] != ["kind", "of"] else 0.0
        for i, word in enumerate(lower)
    ]


class _Rules:
    """What the words around a word of the lexicon make of its valence."""

    def __init__(self, written: Sequence[str], lower: Sequence[str], capitals_stand_out: bool) -> None:
        self._written = written
        self._lower = lower
        self._capitals_stand_out = capitals_stand_out
        self._tables = tables()

    def valence(self, i: int) -> float:
        lexicon, lower = self._tables.lexicon, self._lower
        valence = lexicon[lower[i]]
        if lower[i] == "no" and i + 1 < len(lower) and lower[i + 1] in lexicon:
            valence = 0.0
        if self._after_no(i):
            valence = lexicon[lower[i]] * NEGATION
        valence += self._capitals(i, valence)
        for distance in range(1, min(i, 3) + 1):
            if lower[i - distance] not in lexicon:
                valence += self._boost(i - distance, valence) * FADING[distance - 1]
                valence *= self._negation(i, distance)
                if distance == 3:
                    valence = idiom(self._lower[i - 3 : i + 3], valence)
        return valence * self._least(i)

    def _after_no(self, i: int) -> bool:
        before = self._lower[max(i - 3, 0) : i]
        return "no" in before[-2:] or (before[:1] == ["no"] and before[2:] in (["or"], ["nor"]))

    def _capitals(self, i: int, valence: float) -> float:
        if self._capitals_stand_out and self._written[i].isupper():
            return CAPITALS if valence > 0 else -CAPITALS
        return 0.0

    def _boost(self, i: int, valence: float) -> float:
        boost = self._tables.boosters.get(self._lower[i], 0.0)
        if boost == 0.0:
            return 0.0
        return (-boost if valence < 0 else boost) + self._capitals(i, valence)

    def _negation(self, i: int, distance: int) -> float:
        """The factor for the word at a distance; "never so good" is praise, and "without doubt" negates nothing."""
        first, *between = self._lower[i - distance : i]
        if distance == 2 and first == "never" and between[0] in ("so", "this"):
            return NEVER_SO
        # In the reference `and` binds more closely than `or`, so that here "so" and "this" need no "never".
        if distance == 3 and ((first == "never" and between[0] in ("so", "this")) or between[1] in ("so", "this")):
            return NEVER_SO
        if first == "without" and "doubt" in between:
            return 1.0
        return NEGATION if negates(first) else 1.0

    def _least(self, i: int) -> float:
        """The factor for "least" just before the word, but for "at least" and "very least"."""
        least = i > 0 and self._lower[i - 1] == "least" and "least" not in self._tables.lexicon
        return NEGATION if least and (i == 1 or self._lower[i - 2] not in ("at", "very")) else 1.0


def idiom(around: Sequence[str], valence: float) -> float:
    """The valence that a phrase around a word gives it, else its own; and what boosters of several words add.

    `around` are the three words before it, itself, and up to two after it. A phrase ends with the word or before it, or
    begins with it.
    """
    three, two, one, zero, *after = around
    idioms, boosters = tables().idioms, tables().boosters
    before = (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}")
    ending = (f"{one} {zero}", f"{two} {one} {zero}", before[2], before[0], before[1])
    valence = next((idioms[phrase] for phrase in ending if phrase in idioms), valence)
    for length in range(1, len(after) + 1):
        valence = idioms.get(" ".join((zero, *after[:length])), valence)
    for phrase in before:
        valence += boosters.get(phrase, 0.0)
    return valence


def weigh_but(valences: list[float], before: int) -> None:
    """Makes less of the valences before "but", so many of them, and more of those after it.

    The reference looks each valence up by its value while it changes the list, so that a word whose valence has become
    that of a later word is changed once more in the later word's stead. Zeros, as that of "but", stay zeros either way.
    """
    places: dict[float, list[int]] = {}
    for i, valence in enumerate(valences):
        if valence == 0:
            continue
        heappush(places.setdefault(valence, []), i)
        first = heappop(places[valence])
        valences[first] *= BEFORE_BUT if first < before else AFTER_BUT
        heappush(places.setdefault(valences[first], []), first)


def emphasis(exclamations: int, questions: int) -> float:
    """What marks add to the stronger side's sum."""
    many = MORE_QUESTIONS if questions > MOST_QUESTIONS else questions * QUESTION
    return min(exclamations, MOST_EXCLAMATIONS) * EXCLAMATION + (many if questions > 1 else 0)


def _scores(valences: Sequence[float], emphasis: float) -> dict[str, float]:
    if not valences:
        return {"neg": 0.0, "neu": 0.0, "pos": 0.0, "compound": 0.0}
    total = sum(valences)
    total += emphasis if total > 0 else -emphasis if total < 0 else 0.0
    positive, negative, neutral = _sides(valences)
    if positive > negative:
        positive += emphasis
    elif positive < negative:
        negative += emphasis
    weight = positive + negative + neutral
    return {
        "neg": round(negative / weight, 3),
        "neu": round(neutral / weight, 3),
        "pos": round(positive / weight, 3),
        "compound": round(total / math.sqrt(total * total + ALPHA), 4),
    }


def _sides(valences: Sequence[float]) -> tuple[float, float, int]:
    """What the positive words weigh, what the negative ones do, and how many others there are.

    A word weighs its valence and one, which is what a neutral word weighs.
    """
    positive = negative = 0.0
    neutral = 0
    for valence in valences:
        if valence > 0:
            positive += valence + 1
        elif valence < 0:
            negative += 1 - valence
        else:
            neutral += 1
    return positive, negative, neutral
