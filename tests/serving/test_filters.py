"""Filters: what an address says, checked, and said again in the same words."""

from datetime import datetime

import pytest

from starling.serving.filters import BadFilter, Filters


def test_an_address_is_read_and_said_again_in_one_way() -> None:
    said = [
        ("hashtag", "#ESA2019"), ("hashtag", "esa2019"), ("hashtag", "two"), ("lang", "en"), ("topic", "none"),
        ("topic", "3"), ("since", "2021-06-30"), ("until", "2021-07-01T12:30:00Z"), ("sentiment", "negative"),
        ("text", " 50% off "), ("platform", ""),
    ]  # fmt: skip
    filters = Filters.of(said)
    assert filters == Filters(
        since=datetime.fromisoformat("2021-06-30"),
        until=datetime.fromisoformat("2021-07-01T12:30"),
        lang=("en",),
        hashtag=("esa2019", "two"),
        topic=(-1, 3),
        sentiment=("negative",),
        text="50% off",
    )
    query = filters.query()
    assert query == (
        "since=2021-06-30T00%3A00&until=2021-07-01T12%3A30&lang=en&hashtag=esa2019&hashtag=two&topic=none&topic=3"
        "&sentiment=negative&text=50%25+off"
    )
    assert Filters.of(reversed(list(filters.pairs()))).hashtag == ("two", "esa2019")
    assert Filters.of(filters.pairs()) == filters


def test_a_time_with_a_zone_is_taken_as_utc() -> None:
    assert Filters.of([("since", "2021-06-30T12:00:00+02:00")]).since == datetime.fromisoformat("2021-06-30T10:00")


def test_one_condition_can_be_taken_away() -> None:
    filters = Filters.of([("hashtag", "one"), ("hashtag", "two"), ("lang", "en")])
    assert filters.without("hashtag", "one") == Filters(hashtag=("two",), lang=("en",))
    assert filters.any
    assert not Filters().any


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "colour",
            "red",
            "unknown filter 'colour'; known: since, until, platform, lang, hashtag, topic",
        ),
        ("since", "yesterday", "'yesterday' is no time; wanted a date such as 2021-06-30"),
        ("platform", "X'; DROP TABLE posts", 'platform "X\'; DROP TABLE posts" is not understood'),
        ("lang", "english", "language 'english' is not understood; wanted an ISO 639 code"),
        ("hashtag", "two words", "hashtag 'two words' is not understood"),
        ("hashtag", "#", "hashtag '#' is not understood"),
        ("topic", "-1", "topic '-1' is not understood; wanted a topic's number, or none"),
        ("sentiment", "angry", "sentiment 'angry' is not known; known: positive, neutral, negative, unscored"),
        ("text", "x" * 201, "the text to look for has 201 characters; at most 200"),
    ],
)
def test_what_is_not_understood_is_named_with_what_is_wanted(name: str, value: str, said: str) -> None:
    with pytest.raises(BadFilter) as refused:
        Filters.of([(name, value)])
    assert str(refused.value).startswith(said)


def test_too_many_values_and_a_time_that_ends_before_it_begins_are_refused() -> None:
    with pytest.raises(BadFilter, match="hashtag is given 21 times; at most 20"):
        Filters.of([("hashtag", f"t{n}") for n in range(21)])
    with pytest.raises(BadFilter, match="text is given 2 times; at most 1"):
        Filters.of([("text", "a"), ("text", "b")])
    with pytest.raises(BadFilter, match=r"since \(2021-07-01\) is not before until \(2021-07-01\)"):
        Filters.of([("since", "2021-07-01"), ("until", "2021-07-01")])


def test_no_value_becomes_part_of_the_sql() -> None:
    hostile = "'; DROP TABLE posts; --"
    where, known = Filters(text=hostile, hashtag=(hostile,), lang=(hostile,)).where()
    assert hostile not in where
    assert known == {"text": hostile, "hashtag": [hostile], "lang": [hostile]}
