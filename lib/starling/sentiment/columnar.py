"""VADER for an Arrow array of texts, with the reference's numbers: its rules in numpy, at the lexicon's words alone.

Texts with an emoji whose description has an exclamation mark, of which there are few, are left to `scalar.score`.
"""

import sys

import numpy as np
import pyarrow as pa

from starling.sentiment import scalar
from starling.sentiment.rules import Floats, Hits, hits
from starling.sentiment.tokens import Places, Words, counts, marks, split
from starling.sentiment.vocabulary import vocabulary

SCORES = ("compound", "pos", "neu", "neg")
TYPE = pa.struct([pa.field(name, pa.float64()) for name in SCORES])

# Far less than the distance of a decimal from the next, and far more than the error of one multiplication.
_DOUBTFUL = 1e-6
# 2**64 by the golden ratio: texts' numbers times this lie far apart.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def scores(texts: pa.Array) -> pa.Array:
    """struct<compound, pos, neu, neg double> of each text: compound in [-1, 1], the shares in [0, 1]; null for null."""
    given = texts.drop_null().cast(pa.string())
    columns, unsaid = _scored(given)
    for place, text in zip(unsaid, given.take(pa.array(unsaid)).to_pylist(), strict=True):
        for name, value in scalar.score(text).items():
            columns[name][place] = value
    scored = pa.StructArray.from_arrays([pa.array(columns[name]) for name in SCORES], fields=list(TYPE))
    if not texts.null_count:
        return scored
    there = texts.is_valid().to_numpy(zero_copy_only=False)
    return scored.take(pa.array(np.cumsum(there) - 1, mask=~there))


def _scored(texts: pa.Array) -> tuple[dict[str, Floats], Places]:
    """The four scores of texts; and the texts, in order, whose scores these are not."""
    words = split(texts)
    found = hits(words)
    columns = _columns(_weighed(words, found), found.texts, np.diff(words.offsets), _emphasis(texts))
    beyond = np.flatnonzero(words.numbers == vocabulary().beyond)
    return columns, np.flatnonzero(counts(beyond, words.offsets))


def _weighed(words: Words, found: Hits) -> Floats:
    """The hits' valences, less before each text's first "but" and more after it."""
    buts = np.flatnonzero(words.numbers == vocabulary().numbers["but"])
    first = np.full(len(words.offsets) - 1, -1)
    texts = np.searchsorted(words.offsets, buts, side="right") - 1
    # Of several assignments to a text, the last one stays.
    first[texts[::-1]] = buts[::-1]
    but = first[found.texts]
    before = found.places < but
    weights = np.where(before, scalar.BEFORE_BUT, scalar.AFTER_BUT)
    weights[but < 0] = 1.0
    weighed = found.valences * weights
    changed = np.flatnonzero((but >= 0) & (found.valences != 0))
    for text in _clashing(found.texts[changed], found.valences[changed], weighed[changed]):
        begin, end = np.searchsorted(found.texts, (text, text + 1))
        valences = found.valences[begin:end].tolist()
        scalar.weigh_but(valences, int(before[begin:end].sum()))
        weighed[begin:end] = valences
    return weighed


def _clashing(texts: Places, valences: Floats, weighed: Floats) -> Places:
    """The texts in which a valence may be what another one becomes, so that the order of the changes matters."""
    keys = texts.astype(np.uint64) * _SPREAD
    clashing: Places = np.unique(texts[np.isin(valences.view(np.uint64) ^ keys, weighed.view(np.uint64) ^ keys)])
    return clashing


def _emphasis(texts: pa.Array) -> Floats:
    """What each text's exclamation and question marks add to the stronger side's sum."""
    exclamations, questions = marks(texts, "!"), marks(texts, "?")
    few = np.where(questions > 1, questions * scalar.QUESTION, 0.0)
    asked = np.where(questions > scalar.MOST_QUESTIONS, scalar.MORE_QUESTIONS, few)
    return np.minimum(exclamations, scalar.MOST_EXCLAMATIONS) * scalar.EXCLAMATION + asked


def _columns(valences: Floats, texts: Places, words: Places, emphasis: Floats) -> dict[str, Floats]:
    """The scores of texts with so many words and such an emphasis, from the hits' valences in order."""
    total = _sums(valences, texts, len(words))
    total += np.sign(total) * emphasis
    up, down = valences > 0, valences < 0
    positive, negative = (
        np.bincount(texts[side], np.abs(valences[side]) + 1, minlength=len(words)) for side in (up, down)
    )
    neutral = words - np.bincount(texts[up | down], minlength=len(words))
    positive, negative = (
        positive + np.where(positive > negative, emphasis, 0.0),
        negative + np.where(positive < negative, emphasis, 0.0),
    )
    # A text without words has no shares.
    weight = np.where(words > 0, positive + negative + neutral, 1.0)
    return {
        "compound": _rounded(total / np.sqrt(total * total + scalar.ALPHA), 4),
        "pos": _rounded(positive / weight, 3),
        "neu": _rounded(neutral / weight, 3),
        "neg": _rounded(negative / weight, 3),
    }


def _sums(valences: Floats, texts: Places, length: int) -> Floats:
    """Each text's sum, as Python's `sum` has it."""
    sums = np.bincount(texts, valences, minlength=length).astype(np.float64)
    if sys.version_info < (3, 12):
        return sums
    # Since then, `sum` carries the rounding errors along.
    found = np.bincount(texts, minlength=length)
    ends = np.cumsum(found)
    # With up to two, there is nothing to carry.
    several = np.flatnonzero(found > 2)
    values = valences.tolist()
    ranges = zip((ends - found)[several].tolist(), ends[several].tolist(), strict=True)
    sums[several] = [sum(values[begin:end]) for begin, end in ranges]
    return sums


def _rounded(values: Floats, digits: int) -> Floats:
    """As `round` does it: to the decimal nearest to the exact binary value. numpy's own multiplies first."""
    scaled = values * 10**digits
    whole = np.rint(scaled)
    rounded: Floats = whole / 10**digits
    doubtful = np.flatnonzero(np.abs(np.abs(scaled - whole) - 0.5) < _DOUBTFUL)
    rounded[doubtful] = [round(value, digits) for value in values[doubtful].tolist()]
    return rounded
