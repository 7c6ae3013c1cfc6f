"""What all pictures of clusters share: colours, and texts of any script and length, as the font can write them."""

from functools import cache

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font

FONT = "DejaVu Sans"  # comes with matplotlib
BARS = "#3b6ea5"
# Stands for a character that the font has no picture of.
_UNKNOWN = "\u25a1"
_LONGEST = 28


def drawable(text: str, longest: int = _LONGEST) -> str:
    """A text that can be drawn: cut, and with a box for each character that the font lacks.

    >>> drawable("#año"), drawable("東京 tower"), drawable("a" * 9, longest=4)
    ('#año', '□□ tower', 'aaa…')
    """
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(character if ord(character) in _glyphs() else _UNKNOWN for character in cut)


def plain(text: str, longest: int = _LONGEST) -> str:
    r"""The same for matplotlib, which would read a text between two dollar signs as mathematics.

    >>> plain("$tsla $gme")
    '\\$tsla \\$gme'
    """
    return drawable(text, longest).replace("$", r"\$")


def font_path() -> str:
    """The file of the font."""
    return str(findfont(FontProperties(family=FONT), fallback_to_default=False))


def colour(number: int) -> str:
    """Of a cluster: the first forty differ."""
    red, green, blue, _ = colormaps["tab20" if number % 40 < 20 else "tab20b"](number % 20)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def bare(axes: Axes) -> None:
    """Without the lines above and at the right, which say nothing."""
    axes.spines[["top", "right"]].set_visible(False)


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(font_path()).get_charmap())
