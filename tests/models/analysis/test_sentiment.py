"""What each piece of a text has in its sentiment, held against the reference and against sums worked out by hand."""

import math
import re

import pytest

from samples import BUNDLED, every_text
from sentiment.oracle import generated, reference
from starling.models.analysis.results import Token
from starling.models.analysis.sentiment import MOST_TRIED_TOKENS, _label, scores_of, sentiment_of
from starling.sentiment.tables import spelled, words

LONG = 8_000


def _by_text(said: str) -> dict[str, Token]:
    return {token.text: token for token in sentiment_of(said, "en", LONG).tokens}


def test_the_sums_of_a_sentence_are_those_worked_out_by_hand() -> None:
    # In the lexicon love is 3.2 and bad -2.5; a negation multiplies by -0.74, "but" by 0.5 before and 1.5 after it.
    found = sentiment_of("I don't love it, but it is not bad!!", "en", LONG)
    valences = {token.text: token.valence for token in found.tokens}
    love, bad = 3.2 * -0.74 * 0.5, -2.5 * -0.74 * 1.5
    assert valences.pop("love") == pytest.approx(love)
    assert valences.pop("bad!!") == pytest.approx(bad)
    assert set(valences.values()) == {0.0}
    assert found.emphasis == pytest.approx(2 * 0.292)
    total = love + bad + 2 * 0.292
    assert found.compound == round(total / math.sqrt(total**2 + 15), 4)
    sizes = -love + bad + 2 * 0.292
    assert _by_text("I don't love it, but it is not bad!!")["love"].share == pytest.approx(love / sizes)


def test_emphasis_goes_with_the_sign_of_the_sum() -> None:
    assert sentiment_of("bad!", "en", LONG).emphasis == -0.292
    assert sentiment_of("bad good!", "en", LONG).emphasis == -0.292  # -2.5 + 1.9
    assert sentiment_of("table!", "en", LONG).emphasis == 0.0


@pytest.mark.parametrize("text", ["", "   "])
def test_a_text_of_spaces_is_no_text(text: str) -> None:
    found = sentiment_of(text, "en", LONG)
    assert (found.reason, found.compound, found.label, found.tokens, found.cut) == ("no text", None, None, (), False)
    assert scores_of(text, "en", LONG) == (None, None, None)


def test_another_language_is_the_reason() -> None:
    assert sentiment_of("Qué bueno", "es", LONG).reason == "language: es"
    assert scores_of("Qué bueno", "es", LONG) == (None, None, None)


def test_other_white_space_is_a_text_without_words_as_silver_has_it() -> None:
    found = sentiment_of("\n\t", "en", LONG)
    assert (found.compound, found.pos, found.label, found.tokens) == (0.0, 0.0, "neutral", ())


@pytest.mark.parametrize(("text", "label"), [("good", "positive"), ("bad", "negative"), ("table", "neutral")])
def test_the_label_goes_by_the_references_thresholds(text: str, label: str) -> None:
    assert sentiment_of(text, "en", LONG).label == label


def test_at_the_very_threshold_a_text_is_no_more_neutral() -> None:
    assert [_label(compound) for compound in (0.05, 0.0499, -0.0499, -0.05)] == [
        "positive",
        "neutral",
        "neutral",
        "negative",
    ]


def test_the_beginning_alone_is_scored_and_its_tokens_told() -> None:
    found = sentiment_of("good " * 4 + "bad " * 4, "en", 20)
    assert found.cut
    assert [token.text for token in found.tokens] == ["good"] * 4
    assert found.compound == reference("good good good good ")["compound"]
    assert not sentiment_of("good", "en", 4).cut


def test_places_are_those_in_the_text_and_an_emoji_begins_a_token() -> None:
    text = "  Hm😂ha 😀😍\u3000#great,\ncafé\ufe0f!! "
    tokens = sentiment_of(text, "en", LONG).tokens
    assert [token.text for token in tokens] == ["Hm", "😂ha", "😀", "😍", "#great,", "café\ufe0f!!"]
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert tokens[1].words == ("face", "with", "tears", "of", "joyha")
    assert tokens[1].valence == pytest.approx(-0.9)  # tears; joyha is no word
    assert (tokens[4].words, tokens[4].valence) == (("great",), pytest.approx(3.1))


def test_an_effect_is_what_the_score_loses_without_the_characters() -> None:
    text = "It is not very GOOD but fine, really 😂!"
    compound = reference(text)["compound"]
    for token in sentiment_of(text, "en", LONG).tokens:
        without = reference(f"{text[: token.start]} {text[token.end :]}")["compound"]
        assert token.effect == pytest.approx(compound - without, abs=1e-9)
    bare = _by_text("not bad")["not"]
    # 1.85 and -2.5, each by the root of its square and 15.
    assert (bare.valence, bare.effect) == (0.0, pytest.approx(0.4310 + 0.5423))


def test_a_text_of_many_tokens_is_told_without_effects() -> None:
    few, many = ("good " * count for count in (MOST_TRIED_TOKENS, MOST_TRIED_TOKENS + 1))
    assert None not in {token.effect for token in sentiment_of(few, "en", LONG).tokens}
    assert {token.effect for token in sentiment_of(many, "en", LONG).tokens} == {None}


@pytest.mark.slow
def test_in_real_and_in_made_up_texts_the_valences_sum_up_to_the_references_score() -> None:
    texts = sorted({*(one for name in BUNDLED for one in every_text(name)), *generated(2_000, 5)})[::3]
    assert len(texts) > 4_000
    wrong = []
    for text in texts:
        found = sentiment_of(text, "en", LONG)
        total = sum(token.valence for token in found.tokens) + found.emphasis
        sizes = sum(abs(token.share) for token in found.tokens)
        marks = abs(found.emphasis) / (sum(abs(token.valence) for token in found.tokens) + abs(found.emphasis) or 1)
        wrong += [
            text
            for is_so in (
                round(total / math.sqrt(total * total + 15), 4) == found.compound == reference(text)["compound"],
                [word for token in found.tokens for word in token.words] == words(spelled(text)),
                [token.text for token in found.tokens] == [text[token.start : token.end] for token in found.tokens],
                re.sub(r"\s", "", text) == "".join(token.text for token in found.tokens),
                sizes + marks == pytest.approx(1.0) or sizes == 0,
            )
            if not is_so and text.strip(" ")
        ]
    assert wrong == []
