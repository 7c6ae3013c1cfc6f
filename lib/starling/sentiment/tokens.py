"""A batch of texts taken apart into VADER's words, all texts at once.

Arrow splits the texts at ASCII white space and encodes the tokens as a dictionary, so that each distinct one is looked
at once; Arrow trims it, puts it in lower case and looks it up, too. That is exact where all characters are ASCII's, or
are without case, such as the typographic apostrophe. In other tokens emoji are spelled out, and what is not plain even
then goes through Python, whose letters and white space are the reference's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from starling.sentiment.tables import SHORTEST_TRIMMED, TRIMMED, tables, words
from starling.sentiment.vocabulary import Numbers, vocabulary

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

# White space to Python and not to Arrow: the four separators of ASCII.
_FIRST_SEPARATOR, _LAST_SEPARATOR = 28, 31
# The first bytes of characters of two, three and four bytes in UTF-8, and what other bytes of one hold of its number.
_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0xC0, 0xE0, 0xF0
_CONTINUED, _CONTINUED_BITS = 0x3F, 6
_SHORT_CHARACTERS = 0x10000
_TO_LOWER = ord("a") - ord("A")


@dataclass(frozen=True)
class Words:
    """The words of several texts, one after the other: those of text t are `offsets[t]:offsets[t + 1]`.

    `numbers` are the vocabulary's; `upper` tells which words are all in capitals.
    """

    numbers: Numbers
    upper: Flags
    offsets: Places


def split(texts: pa.Array) -> Words:
    """The words of texts, none of which is null."""
    return _split(texts, _spelled)


def contents(texts: pa.Array) -> tuple[Bytes, Places]:
    """The bytes of an array of strings, and where in them each string begins; and at last where the last one ends."""
    _, offsets, data = texts.buffers()
    begins = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data or b"", np.uint8), begins.astype(np.int64)


def counts(places: Places, offsets: Places) -> Places:
    """How many of the places, which ascend, lie in each range offsets[t]:offsets[t + 1]."""
    return np.diff(np.searchsorted(places, offsets))


def marks(texts: pa.Array, mark: str) -> Places:
    """How often each text has a character of ASCII."""
    data, begins = contents(texts)
    return counts(np.flatnonzero(data == ord(mark)), begins)


def _split(texts: pa.Array, words_of_odd: Callable[[pa.Array], Words]) -> Words:
    lists = pc.ascii_split_whitespace(texts)
    encoded = lists.flatten().dictionary_encode()
    tokens, order = encoded.dictionary, encoded.indices.to_numpy()
    offsets = lists.offsets.to_numpy()
    numbers, upper = _plain(tokens)
    odd = _odd(tokens)
    if not len(odd):
        return Words(numbers[order], upper[order], offsets.astype(np.int64))
    more = words_of_odd(tokens.take(pa.array(odd)))
    starts, lengths = np.arange(len(tokens)), np.ones(len(tokens), dtype=np.int64)
    starts[odd], lengths[odd] = len(tokens) + more.offsets[:-1], np.diff(more.offsets)
    where, ends = _ranges(starts[order], lengths[order])
    return Words(
        numbers=np.concatenate([numbers, more.numbers])[where],
        upper=np.concatenate([upper, more.upper])[where],
        offsets=ends[offsets],
    )


def _ranges(starts: Places, lengths: Places) -> tuple[Places, Places]:
    """starts[k], starts[k] + 1, ... for each of the lengths, one after the other; and where each begins in that."""
    ends = np.concatenate([[0], np.cumsum(lengths)])
    ranges = np.repeat(starts, lengths)
    # Those that are one long, as nearly all are, are right already.
    long = np.flatnonzero(lengths > 1)
    many = lengths[long]
    steps = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    ranges[np.repeat(ends[long], many) + steps] += steps
    return ranges, ends


# --- tokens that are one word each


def _plain(tokens: pa.Array) -> tuple[Numbers, Flags]:
    """The numbers of tokens that are not odd, and which of them are all in capitals."""
    trimmed = pc.ascii_trim(tokens, TRIMMED)
    numbers = vocabulary().look_up(pc.ascii_lower(trimmed))
    short = np.flatnonzero(np.diff(contents(trimmed)[1]) < SHORTEST_TRIMMED)
    numbers[short] = vocabulary().look_up(pc.ascii_lower(tokens.take(pa.array(short))))
    contracted = _contracted(tokens)
    numbers[contracted[numbers[contracted] == vocabulary().other]] = vocabulary().negating
    # Punctuation is neither upper nor lower case.
    return numbers, pc.ascii_is_upper(tokens).to_numpy(zero_copy_only=False)


def _contracted(tokens: pa.Array) -> Places:
    """The tokens that have an "n't" in them."""
    data, begins = contents(tokens)
    apostrophes = np.flatnonzero(data == ord("'"))
    within = np.searchsorted(begins, apostrophes, side="right") - 1
    inner = (begins[within] < apostrophes) & (apostrophes + 1 < begins[within + 1])
    apostrophes, within = apostrophes[inner], within[inner]
    before, after = data[apostrophes - 1] | _TO_LOWER, data[apostrophes + 1] | _TO_LOWER
    contracted: Places = within[(before == ord("n")) & (after == ord("t"))]
    return contracted


# --- and others


def _odd(tokens: pa.Array) -> Places:
    """The tokens that may be several words, or none, or whose letters are not ASCII's alone."""
    data, begins = contents(tokens)
    separators = np.flatnonzero((data >= _FIRST_SEPARATOR) & (data <= _LAST_SEPARATOR))
    leads = np.flatnonzero(data >= _TWO_BYTES)
    first, second, third = (data.take(leads + k, mode="clip").astype(np.int64) for k in range(3))
    second, third = second & _CONTINUED, third & _CONTINUED
    two = (first - _TWO_BYTES) << _CONTINUED_BITS | second
    three = (first - _THREE_BYTES) << 2 * _CONTINUED_BITS | second << _CONTINUED_BITS | third
    character = np.where(first < _THREE_BYTES, two, np.minimum(three, _SHORT_CHARACTERS - 1))
    special = leads[(first >= _FOUR_BYTES) | _special()[character]]
    return np.flatnonzero((counts(special, begins) > 0) | (counts(separators, begins) > 0) | (np.diff(begins) == 0))


@cache
def _special() -> Flags:
    """Whether a character of up to three bytes has a case, is white space or an emoji. Read once a process."""
    emoji = tables().emoji
    return np.array(
        [
            number in emoji
            or character.isspace()
            or character != character.lower()
            or character.islower()
            # Some capitals have no lower case.
            or character.isupper()
            for number, character in enumerate(map(chr, range(_SHORT_CHARACTERS)))
        ]
    )


def _spelled(tokens: pa.Array) -> Words:
    """The words of tokens, their emoji spelled out.

    Where a description has an exclamation or question mark, its first word is told to be beyond the rules in numpy.
    """
    # No token has a line's end in it.
    texts = pa.array("\n".join(tokens.to_pylist()).translate(tables().emoji).split("\n"), pa.string())
    found = _split(texts, _one_by_one)
    more = sum(marks(texts, mark) - marks(tokens, mark) for mark in "!?")
    found.numbers[found.offsets[:-1][more > 0]] = vocabulary().beyond
    return found


def _one_by_one(tokens: pa.Array) -> Words:
    """The words of tokens, by Python."""
    found = [words(token) for token in tokens.to_pylist()]
    flat = [word for some in found for word in some]
    return Words(
        numbers=np.array([vocabulary().number(word.lower()) for word in flat], np.int16),
        upper=np.array([word.isupper() for word in flat], bool),
        offsets=np.cumsum([0, *map(len, found)]),
    )
