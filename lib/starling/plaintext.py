"""Tables of plain text."""

from collections.abc import Iterator, Sequence

# Of the first column, so that all columns of a page begin at about the same place.
_NAME_WIDTH = 24


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column stands to the left, the others to the right, each as wide as its longest cell."""
    cells = [head, *([f"  {name}", *others] for name, *others in rows)]
    _, *widths = (max(map(len, column)) for column in zip(*cells, strict=True))
    name_width = max(_NAME_WIDTH, *(len(name) for name, *_ in cells))
    yield ""
    for name, *others in cells:
        yield f"{name:<{name_width}}" + "".join(
            f"   {cell:>{width}}" for cell, width in zip(others, widths, strict=True)
        )


def printable(text: str) -> str:
    """A post's words without what would move a terminal's cursor or turn its writing round.

    >>> printable("a\\x1b[31mb\\u202ec")
    'a?[31mb?c'
    """
    return "".join(c if c.isprintable() else "?" for c in text)
