"""Posts that say nearly the same are found, and the share of words is what a set of words says."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from serving.lake import NOON, indexed, make_lake, post
from starling.serving.near import near

TEXT = "The talks at the meeting were really great and everybody liked the #food of @cook https://t.co/abc"
NEARLY = "the talks at the meeting were really GREAT and everybody loved the #food of @cook! https://t.co/other"
OTHER = "Nothing in this one is the same as in any of the others"


def words(text: str) -> set[str]:
    return {word for word in re.split(r"[^\w#@]+", re.sub(r"https?://\S+", " ", text.lower())) if len(word) > 1}


def test_copies_and_near_copies_are_found_with_the_share_of_their_words(tmp_path: Path) -> None:
    posts = [post(1, text=TEXT), post(2, text=NEARLY, author="1" * 32), post(3, text=OTHER), post(4, text=TEXT.upper())]
    index = indexed(make_lake(tmp_path, silver_posts=posts))
    with index.cursor() as cursor:
        found = near(cursor, TEXT)
        assert (found.posts, found.authors) == (3, 2)
        shared = len(words(TEXT) & words(NEARLY)) / len(words(TEXT) | words(NEARLY))
        assert 0.8 < shared < 0.9
        assert {each.post_id: each.similarity for each in found.nearest} == {
            "1": 1.0, "4": 1.0, "2": pytest.approx(shared),
        }  # fmt: skip
        assert found.nearest[-1].post_id == "2"
        assert near(cursor, TEXT, most=1).posts == 3
        assert len(near(cursor, TEXT, most=1).nearest) == 1
    index.close()


@pytest.mark.parametrize("text", ["", "   ", "https://t.co/abc", "!?", "a b c", "words that nobody has written yet"])
def test_a_text_without_words_or_without_likeness_has_none(tmp_path: Path, text: str) -> None:
    index = indexed(make_lake(tmp_path, silver_posts=[post(1, text=TEXT), post(2, text=""), post(3, text="!?")]))
    with index.cursor() as cursor:
        assert near(cursor, text).posts == 0
    index.close()


def test_most_texts_that_share_four_fifths_are_found_and_those_that_share_little_are_not(tmp_path: Path) -> None:
    base = [f"word{n}" for n in range(18)]
    # Each has two words of its own in the place of two of the eighteen: 16 of 20 are shared.
    alike = [" ".join([*base[:at], f"own{at}a", f"own{at}b", *base[at + 2 :]]) for at in range(16)] * 4
    alike = [text.replace("own", f"own{n}") for n, text in enumerate(alike)]
    unlike = [" ".join([*base[:3], *(f"other{n}x{k}" for k in range(15))]) for n in range(200)]
    index = indexed(make_lake(tmp_path, silver_posts=[post(n, text=t) for n, t in enumerate([*alike, *unlike])]))
    with index.cursor() as cursor:
        found = near(cursor, " ".join(base), most=1000)
    index.close()
    # At s = 0.8 one is missed with probability (1 - s²)⁴ = 0.017: of 64 more than six with less than one in 5,000.
    assert 58 <= found.posts <= 64
    assert {each.similarity for each in found.nearest} == {0.8}


def test_of_many_candidates_the_likeliest_are_compared_and_it_is_said_that_there_may_be_more(tmp_path: Path) -> None:
    base = [f"word{n}" for n in range(18)]
    # The oldest share 16 of 20 words, and more than two of the four numbers; newer ones share 9 of 27, and seldom one.
    alike = [" ".join([*base[:at], f"own{at}a", f"own{at}b", *base[at + 2 :]]) for at in range(16)]
    unlike = [" ".join([*base[n % 9 : n % 9 + 9], *(f"other{n}x{k}" for k in range(9))]) for n in range(3_000)]
    old = [post(n, text=text, created_at=NOON - timedelta(hours=1)) for n, text in enumerate(alike)]
    new = [post(100 + n, text=text) for n, text in enumerate(unlike)]
    index = indexed(make_lake(tmp_path, silver_posts=[*old, *new]))
    with index.cursor() as cursor:
        found = near(cursor, " ".join(base), most=100)
        few = near(cursor, alike[0], most=100)
    index.close()
    assert found.more
    assert 13 <= found.posts <= 16
    assert {each.similarity for each in found.nearest} == {0.8}
    assert few.nearest[0].similarity == 1.0
