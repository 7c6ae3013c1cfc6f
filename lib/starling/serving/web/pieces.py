"""A text cut where its words speak for one side, so that a page can mark them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starling.models.analysis.results import Token


@dataclass(frozen=True)
class Piece:
    """A part of a text; `token` is set where it is a word that counts."""

    text: str
    token: Token | None = None


def pieces(text: str, tokens: Sequence[Token]) -> Iterator[Piece]:
    """The text in pieces that give it again: words with a valence, and what is between them."""
    at = 0
    for token in tokens:
        if token.valence and token.start >= at:
            if token.start > at:
                yield Piece(text[at : token.start])
            yield Piece(text[token.start : token.end], token)
            at = token.end
    if at < len(text):
        yield Piece(text[at:])
