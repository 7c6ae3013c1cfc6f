"""Our scorer, for a batch and for one text, says what vaderSentiment says, to the last bit.

`ORACLE_TEXTS=1000000 tests/run.sh tests/sentiment/test_oracle.py` compares a million generated texts;
ORACLE_SEED gives others.
"""

import os
from itertools import islice, product
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import BUNDLED, every_text, wire_texts
from sentiment.oracle import EMOJI, LEXICON, PARTS, differing, generated
from starling.sentiment import columnar, scalar
from starling.sentiment.agreement import read_ratings

RATINGS = Path(__file__).parents[2] / "data" / "vader_rated_tweets.tsv"
# In what a word or an emoji of the tables stands: alone, and where the rules look at it or at its neighbours.
AROUND = [
    "{}",
    "it was {} for us.",
    "it was NOT {}!!",
    "so VERY {}, but good {}?",
    "no {} or {} table",
    "good{}good",
    "never {} good, least {}",
]


@pytest.mark.parametrize("name", BUNDLED)
def test_every_text_of_the_bundled_posts_is_scored_as_the_reference_does(name: str) -> None:
    texts = sorted(every_text(name))
    assert len(texts) > 1_000
    assert differing(texts) == []


def test_every_text_of_the_captured_messages_is_scored_as_the_reference_does() -> None:
    texts = sorted(wire_texts())
    assert len(texts) > 200
    assert differing(texts) == []


def test_every_rated_tweet_is_scored_as_the_reference_does() -> None:
    texts = [rated.text for rated in read_ratings(RATINGS)]
    assert len(texts) == 4_200
    assert differing(texts) == []


@pytest.mark.parametrize("around", AROUND)
def test_every_word_of_the_lexicon_is_scored_as_the_reference_does(around: str) -> None:
    assert differing([around.format(word, word) for word in LEXICON]) == []
    assert differing([around.format(word, word).upper() for word in LEXICON]) == []


@pytest.mark.parametrize("around", AROUND)
def test_every_emoji_is_scored_as_the_reference_does(around: str) -> None:
    assert differing([around.format(emoji, emoji) for emoji in EMOJI]) == []


@pytest.mark.parametrize("plane", [0, 1, 14])
def test_every_character_of_unicode_is_taken_for_what_the_reference_takes_it_for(plane: int) -> None:
    # White space parts the words, and a capital makes the text one that is not all in lower case.
    start = plane * 0x1_0000
    characters = [chr(number) for number in range(start, start + 0x1_0000) if not 0xD800 <= number < 0xE000]
    assert differing([f"good{one}GREAT {one}" for one in characters]) == []


def test_every_character_with_a_case_makes_a_word_one_in_capitals_or_not_as_in_the_reference() -> None:
    # Where all words are in capitals, LOVE does not stand out.
    characters = [one for one in map(chr, range(0x2_0000)) if one.lower() != one or one.isupper() or one.islower()]
    assert len(characters) > 2_500
    assert differing([f"TABLE{one} LOVE" for one in characters]) == []
    assert differing([f"{one} LOVE" for one in characters]) == []


@given(st.lists(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=4)), max_size=12), max_size=4), st.data())
def test_whatever_is_strung_together_is_scored_as_the_reference_does(
    parts: list[list[str]], data: st.DataObject
) -> None:
    spaces = st.sampled_from([" ", " ", " ", "", "\n", "\x1c", "\u2003", "!", "? "])
    texts = ["".join(part + data.draw(spaces) for part in text) for text in parts]
    assert differing(texts) == []


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_characters_at_all_are_scored_as_the_reference_does(texts: list[str]) -> None:
    assert differing(texts) == []


@pytest.mark.parametrize("word", ["good", "great", "terrible", "love", "Not", "GREAT"])
def test_shares_on_the_edge_between_two_decimals_are_rounded_as_the_reference_does(word: str) -> None:
    texts = [f"{word} " * hits + "table " * others for hits in (1, 2, 3, 5) for others in range(240)]
    assert differing(texts) == []


@pytest.mark.parametrize(
    "apart", ["n' t", "xn' the", "n 't", "xn 'tx", "N' Tx", "n\x1c't", "isn't n't", "n'\u2003t", "n't\xa0 x"]
)
def test_a_contraction_is_one_word_s(apart: str) -> None:
    assert differing([f"{apart} good", f"{apart} table good", f"good {apart} bad"]) == []
    assert differing([apart.split()[0], f"{apart.split()[1]} good"]) == []


def test_what_but_makes_equal_is_changed_as_the_reference_does() -> None:
    # 3.2, 1.6, 0.8 and 0.4, of which each is half of the one before: one word is halved again in another's stead.
    words = ["elated", "ty", "acquit", "admitted"]
    assert differing([f"{' '.join(some)} but" for some in product(words, repeat=4)]) == []
    assert differing([f"but {' '.join(some)}" for some in product(words, repeat=3)]) == []


@pytest.mark.parametrize("last", ["at", "very", "no", "nor", "never", "without", "so", "kind", "the", "least"])
def test_the_last_word_is_not_taken_for_one_before_the_first(last: str) -> None:
    # An index below zero is the last word's.
    first = ["good", "least good", "doubt good", "so good", "or good", "a so good", "bomb", "stop"]
    assert differing([f"{words} table {last}" for words in first] + [f"{words} {last}" for words in first]) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_generated_texts_are_scored_as_the_reference_does() -> None:
    texts = generated(int(os.environ.get("ORACLE_TEXTS", "40000")), int(os.environ.get("ORACLE_SEED", "1")))
    compared = 0
    # A batch of any size is a batch.
    sizes = (1, 3, 40, 956, 4_000)
    while batch := list(islice(texts, sizes[compared % len(sizes)])):
        assert differing(batch) == []
        compared += len(batch)
    print(f"{compared:,} generated texts compared")


def test_a_short_run_of_generated_texts_is_scored_as_the_reference_does() -> None:
    assert differing(generated(4_000, seed=2)) == []


@pytest.mark.parametrize(
    "text",
    [
        "good but " * 160,
        "😂" * 100 + "🔛" * 5,
        "least good " * 100,
        "no good or " * 100,
        "the shit but " * 50,
        "!?" * 500,
    ],
)
def test_what_is_repeated_without_end_is_scored_as_the_reference_does(text: str) -> None:
    assert differing([text, f"BAD {text}"]) == []


def test_a_word_without_end_is_one_word() -> None:
    assert differing(["a" * 100_000, "!" * 100_000, f"good {'x' * 100_000}!"]) == []


def test_ten_thousand_emoji_are_scored_alike_in_a_batch_and_alone() -> None:
    texts = ["😂" * 10_000, "😍 " * 10_000, "👍🏼❤️" * 5_000 + "!"]
    together = columnar.scores(pa.array(texts)).to_pylist()
    assert together == [scalar.score(text) for text in texts]
    # "Face with tears of joy": tears are -0.9 and joy is 2.8, each and one more.
    weight = 1.9 + 3.8 + 3
    shares = {"neg": round(1.9 / weight, 3), "neu": round(3 / weight, 3), "pos": round(3.8 / weight, 3)}
    assert together[0] == {"compound": 1.0, **shares}


@pytest.mark.parametrize("score", [scalar.score, lambda text: columnar.scores(pa.array([text])).to_pylist()[0]])
def test_a_text_that_takes_the_reference_minutes_is_scored_as_its_rules_say(score) -> None:
    # "good" is 1.9: half of it before the first "but", half as much again after it. Each word's weight is one more.
    halved, raised = 1.95, 15_999 * 3.85
    weight = halved + raised + 16_000
    found = score("good but " * 16_000)
    assert found == {
        "compound": 1.0,
        "pos": round((halved + raised) / weight, 3),
        "neu": round(16_000 / weight, 3),
        "neg": 0,
    }
