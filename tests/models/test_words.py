"""The words that a text is described by."""

import subprocess
import sys

import pytest
from nltk.tokenize import TweetTokenizer
from pyspark.sql import SparkSession

from starling.models.words import (
    MAX_CHARACTERS,
    MAX_WORD_CHARACTERS,
    found_in,
    terms_in,
    with_terms,
)

HINDI = "\u0928\u092e\u0938\u094d\u0924\u0947"  # with vowel signs, which are no letters
STOP = {"en": frozenset({"the", "don't"}), "es": frozenset({"los"})}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, []),
        ("", []),
        ("The planet, the PLANET!", ["planet"]),
        ("@planet https://t.co/planet #planet orbit", ["orbit"]),
        ("orbit HTTPS://T.CO/X", ["orbit"]),
        ("42 3.14 c3po 1st orbit", ["orbit"]),
        (":-) :D <3 --- orbit", ["orbit"]),
        ("sooooooo", ["sooo"]),
        ("don\u2019t orbit", ["orbit"]),  # as phones write it
        ("\uff03planet \uff20planet orbit", ["orbit"]),  # as East Asia writes # and @
        (f"l'été pro-democracy {HINDI}", ["l'été", "pro-democracy", HINDI]),
        ("\u6771\u4eac \u0e20\u0e32\u0e29\u0e32 \u30bf\u30ef\u30fc orbit", ["orbit"]),  # scripts without spaces
        ("x " + "y" * MAX_WORD_CHARACTERS, []),  # letters repeated are three, and one letter is no word
        ("ab" * (MAX_WORD_CHARACTERS // 2), ["ab" * (MAX_WORD_CHARACTERS // 2)]),
        ("ab" * (MAX_WORD_CHARACTERS // 2) + "a", []),
    ],
)  # fmt: skip
def test_words_are_what_a_person_would_call_words(text: str | None, words: list[str]) -> None:
    found = [word for word in found_in(text, "en", STOP) if word != "yyy"]
    assert found == words


def test_a_hostile_text_is_read_to_its_bound() -> None:
    text = "planet " + " " * (MAX_CHARACTERS - 13) + "comet orbit"
    assert len(text) == MAX_CHARACTERS + 5
    assert list(found_in(text, "en", STOP)) == ["planet", "comet"]


@pytest.mark.parametrize(
    "text", ["XD :D :-P <3 (: 8-D x-p", "STRASSE İstanbul É ǅ", "@Ann's #Tag R2D2 don't.Stop e.g. BBC.co.uk"]
)
def test_words_are_those_that_nltk_finds_in_lower_case(text: str) -> None:
    theirs = TweetTokenizer(preserve_case=False, reduce_len=True, strip_handles=True).tokenize(text)
    found = list(found_in(text, None, {}))
    assert found == [word for word in dict.fromkeys(theirs) if word in found]
    assert {word for word in theirs if word.isalpha() and len(word) > 1} <= {*found}


def test_common_words_that_one_list_alone_has_name_no_topic() -> None:
    assert list(found_in("great come see orbit", "en", {})) == ["orbit"]


def test_terms_are_words_then_hashtags_each_once(spark: SparkSession) -> None:
    rows = [
        ("The planet of the #comet", "en", ["comet", "comet"]),
        (None, "en", ["comet"]),
        ("planet", None, None),
        ("the", "en", []),
        (None, None, None),
    ]
    posts = spark.createDataFrame(rows, "text string, lang string, hashtags array<string>")
    assert [row.terms for row in with_terms(posts).collect()] == [
        ["planet", "#comet"],
        ["#comet"],
        ["planet"],
        [],
        [],
    ]


def test_terms_of_one_text_are_those_of_a_column() -> None:
    assert terms_in("The planet of the #comet", "en", ["comet", "comet"], STOP) == ["planet", "#comet"]
    assert terms_in("", "en", [], STOP) == []


@pytest.mark.parametrize(("others", "heavy"), [(0, False), (1, True)])
def test_a_process_of_one_thread_reads_words_without_what_else_nltk_serves(others: int, heavy: bool) -> None:
    """Where another thread might import it just then, nothing is hidden from it."""
    code = f"""
import sys, threading
from starling.models.words import found_in
wait = threading.Event()
for _ in range({others}): threading.Thread(target=wait.wait).start()
assert list(found_in("An Orbit", "en", {{}})) == ["orbit"]
wait.set()
print("sklearn" in sys.modules)
import sklearn, scipy.stats
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{heavy}\n", "")
