"""Hashtags, mentions and links as X defines them, held on texts of many scripts."""

import hashlib

import pytest

from starling import text

HASHTAGS: list[tuple[str, list[str]]] = [
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

MENTIONS: list[tuple[str, list[str]]] = [
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

URLS: list[tuple[str, list[str]]] = [
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
    ("https://a.org/x\x85https://b.org/y\x0bhttps://c.org/z", ["https://a.org/x", "https://b.org/y", "https://c.org/z"]),
]  # fmt: skip


def _short(value: object) -> str:
    return ascii(value)[:60]


# Texts that are copies of one another, and texts that are not.
COPIES = ("Big news https://t.co/aaa", "  big\u00a0NEWS\n\n", "BIG news HTTPS://t.co/bbb")
OTHERS = ("Big news!", "Bignews", "#Big news", "")


@pytest.mark.parametrize(("given", "expected"), HASHTAGS, ids=_short)
def test_hashtags_are_found_by_the_rules_of_x(given: str, expected: list[str]) -> None:
    assert text.hashtags(given) == expected


@pytest.mark.parametrize(("given", "expected"), MENTIONS, ids=_short)
def test_mentions_are_found_by_the_rules_of_x(given: str, expected: list[str]) -> None:
    assert text.mentions(given) == expected


@pytest.mark.parametrize(("given", "expected"), URLS, ids=_short)
def test_links_end_before_the_punctuation_that_follows_them(given: str, expected: list[str]) -> None:
    assert text.urls(given) == expected


def test_copies_of_a_text_share_their_hash_and_others_do_not() -> None:
    assert {text.text_hash(copy) for copy in COPIES} == {hashlib.sha256(b"big news").hexdigest()}
    hashes = {text.text_hash(other) for other in (COPIES[0], *OTHERS)}
    assert len(hashes) == 1 + len(OTHERS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["Esa", "ÉTÉ", "ESA", "été", "b", "Esa"], ["esa", "été", "b"]),
        (["Привет", "привет", "日本"], ["привет", "日本"]),
        ([], []),
    ],
)
def test_words_are_folded_to_lower_case_and_kept_once_in_their_order(words: list[str], expected: list[str]) -> None:
    assert text.folded(words) == expected


def test_a_link_in_anothers_place_leaves_what_stands_around_it() -> None:
    given = "(https://a.org/Kite_(bird)). HTTP://b.org/x!"
    assert text.with_urls(given, "https://t.co/1") == "(https://t.co/1). https://t.co/1!"
