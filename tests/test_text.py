"""Hashtags, mentions and links as X defines them, held on texts of many scripts."""

import hashlib
import random

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from samples import BUNDLED, every_text, wire_texts
from starling import text

HASHTAGS: list[tuple[str | None, list[str] | None]] = [
    (None, None),
    ("", []),
    ("#Spark beats #delta_lake", ["Spark", "delta_lake"]),
    ("one #twice, two #twice", ["twice", "twice"]),
    ("今日は #東京タワー と ＃ラーメン を見た", ["東京タワー", "ラーメン"]),
    ("行きたい。#日本語タグ！", ["日本語タグ"]),
    ("日本語#タグ", []),
    ("आज #हिन्दी_दिवस है", ["हिन्दी_दिवस"]),
    ("مرحبا #السعودية_اليوم, #می\u200cخواهم", ["السعودية_اليوم", "می\u200cخواهم"]),
    ("Доброе утро #Привет!", ["Привет"]),
    ("#עַל־יְדֵי #il·lusió #メ～テレ", ["עַל־יְדֵי", "il·lusió", "メ～テレ"]),
    ("#\U00020021 #A\U000104a0", ["\U00020021", "A\U000104a0"]),
    ("on the #16 bus, #٣٤ #१२३४ #_ #1_2", []),
    ("#2019esa #covid19 #1a", ["2019esa", "covid19", "1a"]),
    ("#foo#bar #ok", ["ok"]),
    ("##double", ["double"]),
    ("&#35; &#x23; &#a", []),
    ("a#b 1#b _#b", []),
    ("\U00020021#b \U000104a0#b \U0001f600#c", ["c"]),
    ("(#a) [#b] .#c /#d ’#e’ -#f", ["a", "b", "c", "d", "e", "f"]),
    ("#a://b #c", ["c"]),
    ("#http://example.org", []),
    ("press #\ufe0f\u20e3 or #\u20e3", []),
    ("✌\ufe0f#peace ✌#peace2 👨\u200d👩#family", ["peace", "peace2", "family"]),
    ("#end. #stop! #why? #so: #it… #rock'n'roll #a-b", ["end", "stop", "why", "so", "it", "rock", "a"]),
    ("# gap #\n#😀 #!", []),
    ("#first\n#second\t#third\u3000#fourth\u00a0#fifth", ["first", "second", "third", "fourth", "fifth"]),
    ("https://example.org/#part http://t.co/x#frag HTTPS://EXAMPLE.ORG/#Part", []),
    ("https://t.co/x\u3000#タグ https://t.co/y\u00a0#tag https://t.co/z。#句点", ["タグ", "tag", "句点"]),
]

MENTIONS: list[tuple[str | None, list[str] | None]] = [
    (None, None),
    ("", []),
    ("@ana and @bob_1, @12345", ["ana", "bob_1", "12345"]),
    ("＠ana", ["ana"]),
    ("RT @ana: hi", ["ana"]),
    ("RT@ana rt:@bob Rt@cem", ["ana", "bob", "cem"]),
    ("aRT@ana .rt@bob", []),
    ("mail ana@example.org or test@x", []),
    ("@ana@example.social @bob", ["bob"]),
    (".@ana (@bob) -@cem /@dan", ["ana", "bob", "cem", "dan"]),
    ("@@ana f!@b f#@b f$@b f%@b f&@b f*@b _@b", []),
    ("の@anaに", ["ana"]),
    ("@anaì @anañ", []),
    ("@ana! @bob's @cem/list", ["ana", "bob", "cem"]),
    ("@http://example.org @ana://x", []),
    ("https://example.org/@ana", []),
    (f"@{'a' * 20} @{'b' * 21}", ["a" * 20]),
    ("@ @- @😀", []),
    ("@ana\n@bob", ["ana", "bob"]),
]

URLS: list[tuple[str | None, list[str] | None]] = [
    (None, None),
    ("", []),
    ("no link: example.org, ftp://example.org, https://, http://)", []),
    ("http://a.org https://b.org/x?y=1&z=%20#part", ["http://a.org", "https://b.org/x?y=1&z=%20#part"]),
    ("HTTPS://A.ORG/B", ["HTTPS://A.ORG/B"]),
    ("https://a.org. https://b.org, https://c.org/!? https://d.org… 'https://e.org'",
     ["https://a.org", "https://b.org", "https://c.org/", "https://d.org", "https://e.org"]),
    ("(https://a.org) [https://b.org] (see https://c.org/x).", ["https://a.org", "https://b.org", "https://c.org/x"]),
    ("(https://a.org/Kite_(bird)). https://b.org/(x,", ["https://a.org/Kite_(bird)", "https://b.org/(x"]),
    (f"https://a.org/{'.' * 900_000}x", [f"https://a.org/{'.' * 900_000}x"]),
    (f"https://a.org/x{'!' * 900_000}", ["https://a.org/x"]),
    ("“https://a.org” «https://b.org» <https://c.org> \"https://d.org\"",
     ["https://a.org", "https://b.org", "https://c.org", "https://d.org"]),
    ("https://a.org/見 https://b.org。次 https://c.org\u3000次\u2066https://d.org\u2069",
     ["https://a.org/見", "https://b.org", "https://c.org", "https://d.org"]),
    ("http://✪df.ws/ejp http://ああ.com", ["http://✪df.ws/ejp", "http://ああ.com"]),
    ("same https://a.org same https://a.org", ["https://a.org", "https://a.org"]),
]  # fmt: skip


def _short(value: object) -> str:
    return ascii(value)[:60]


# Texts that are copies of one another, and texts that are not.
COPIES = ("Big news https://t.co/aaa", "  big\u00a0NEWS\n\n", "BIG news HTTPS://t.co/bbb")
OTHERS = ("Big news!", "Bignews", "#Big news", "")


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str | None, Row]:
    """What is found in each text, by text."""
    texts = {case[0] for case in (*HASHTAGS, *MENTIONS, *URLS)} | {*COPIES, *OTHERS}
    rows = spark.createDataFrame([(one,) for one in texts], "text string")
    column = F.col("text")
    return {
        row.text: row
        for row in rows.select(
            "text",
            text.hashtags(column).alias("hashtags"),
            text.mentions(column).alias("mentions"),
            text.urls(column).alias("urls"),
            text.text_hash(column).alias("text_hash"),
        ).collect()
    }


@pytest.mark.parametrize(("given", "expected"), HASHTAGS, ids=_short)
def test_hashtags_are_found_by_the_rules_of_x(
    found: dict[str | None, Row], given: str | None, expected: list[str] | None
) -> None:
    assert found[given].hashtags == expected


@pytest.mark.parametrize(("given", "expected"), MENTIONS, ids=_short)
def test_mentions_are_found_by_the_rules_of_x(
    found: dict[str | None, Row], given: str | None, expected: list[str] | None
) -> None:
    assert found[given].mentions == expected


@pytest.mark.parametrize(("given", "expected"), URLS, ids=_short)
def test_links_end_before_the_punctuation_that_follows_them(
    found: dict[str | None, Row], given: str | None, expected: list[str] | None
) -> None:
    assert found[given].urls == expected


def test_copies_of_a_text_share_their_hash_and_others_do_not(found: dict[str | None, Row]) -> None:
    assert {found[copy].text_hash for copy in COPIES} == {hashlib.sha256(b"big news").hexdigest()}
    hashes = [found[other].text_hash for other in (COPIES[0], *OTHERS)]
    assert len(set(hashes)) == len(hashes)
    assert found[None].text_hash is None


def test_words_are_folded_to_lower_case_and_kept_once_in_their_order(spark: SparkSession) -> None:
    cases = [
        (["Esa", "ÉTÉ", "ESA", "été", "b", "Esa"], ["esa", "été", "b"]),
        (["Привет", "привет", "日本"], ["привет", "日本"]),
        ([], []),
        (None, None),
    ]
    rows = spark.createDataFrame(cases, "words array<string>, expected array<string>")
    folded = rows.select(text.folded(F.col("words")).alias("folded"), "expected").collect()
    assert [row.folded for row in folded] == [row.expected for row in folded] == [expected for _, expected in cases]


# --- the same without Spark

# What the rules turn on: signs, joiners, what may stand around them, white space and ends of lines that Java and Python
# tell apart, and letters with odd cases.
_PARTS = [
    *"#@&a1_ \n\t\r\x0b\x0c\x1c\x85\xa0\u2028\u3000\ufeff\u200b\u200c\u200d\ufe0f\u20e3\uff03\uff20",
    *".,;:!?')]}(/<>\"\xab\xb7",
    *"\u017f\u0130\u03a3\u00df\u0301\u0e01\u0905\u05be\u30fb\u6771\u0663\U00020021\U0001f600\U000104a0\u2019…]",
    *(
        "http://",
        "HTTPS://",
        "http\u017f://",
        "https://a.org/",
        "(https://a.org/x)",
        "RT",
        "rt:",
        "://",
        "#tag",
        "@ana",
    ),
]


def _made_up(count: int) -> list[str]:
    draw = random.Random(7)
    return ["".join(draw.choices(_PARTS, k=draw.randint(1, 12))) for _ in range(count)]


@pytest.mark.parametrize(("given", "expected"), [case for case in HASHTAGS if case[0] is not None], ids=_short)
def test_hashtags_are_found_without_spark(given: str, expected: list[str]) -> None:
    assert text.hashtags_in(given) == expected


@pytest.mark.parametrize(("given", "expected"), [case for case in MENTIONS if case[0] is not None], ids=_short)
def test_mentions_are_found_without_spark(given: str, expected: list[str]) -> None:
    assert text.mentions_in(given) == expected


@pytest.mark.parametrize(("given", "expected"), [case for case in URLS if case[0] is not None], ids=_short)
def test_links_are_found_without_spark(given: str, expected: list[str]) -> None:
    assert text.urls_in(given) == expected


@pytest.mark.slow
def test_in_real_and_in_odd_texts_python_finds_what_spark_does(spark: SparkSession) -> None:
    texts = sorted({*wire_texts(), *(one for name in BUNDLED for one in every_text(name)), *_made_up(20_000)})
    column = F.col("text")
    rows = spark.createDataFrame([(one,) for one in texts], "text string").select(
        "text",
        text.folded(text.hashtags(column)).alias("hashtags"),
        text.folded(text.mentions(column)).alias("mentions"),
        text.urls(column).alias("urls"),
        text.without_urls(column).alias("without_urls"),
    )
    found = rows.collect()
    assert len(found) == len(texts) > 30_000
    differing = [
        row.text
        for row in found
        if (row.hashtags, row.mentions, row.urls, row.without_urls)
        != (
            text.folded_in(text.hashtags_in(row.text)),
            text.folded_in(text.mentions_in(row.text)),
            text.urls_in(row.text),
            text.without_urls_in(row.text),
        )
    ]
    assert differing == []


def test_a_link_in_anothers_place_leaves_what_stands_around_it() -> None:
    given = "(https://a.org/Kite_(bird)). HTTP://b.org/x!"
    assert text.with_urls_in(given, "https://t.co/1") == "(https://t.co/1). https://t.co/1!"
