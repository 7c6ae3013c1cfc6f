"""Tables of plain text, and posts' words in them."""

import pytest

from starling.plaintext import printable, table


def test_a_table_s_columns_are_as_wide_as_their_widest_cell() -> None:
    lines = list(table(["Hashtag", "posts"], [["#a", "1,000"], ["#bb", "2"]]))
    assert lines == [
        "",
        "Hashtag                    posts",
        "  #a                       1,000",
        "  #bb                          2",
    ]


def test_a_long_name_widens_the_first_column() -> None:
    _, head, row = table(["Name", "n"], [["x" * 30, "1"]])
    assert head == "Name" + " " * 28 + "   n"
    assert row == "  " + "x" * 30 + "   1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("esa2019", "esa2019"),
        ("año_ñandú", "año_ñandú"),
        ("東京オリンピック", "東京オリンピック"),
        ("two words", "two words"),
        ("a\nb\r\tc\x00", "a?b??c?"),
        ("\x1b[2J\x1b]0;owned\x07", "?[2J?]0;owned?"),
        ("\x9b31m", "?31m"),  # the one-byte form of the same
        ("a\u202eb\u202ac\u2066d\u200fe", "a?b?c?d?e"),
        ("a\u2028b\u2029c\u0085d", "a?b?c?d"),
        ("a\u200bb\ufeffc\ud800d", "a?b?c?d"),
        ("", ""),
    ],
)
def test_a_posts_words_can_do_nothing_to_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown
