"""A draft is read from JSON and from a form, and what is wrong in one is named."""

from datetime import datetime, timezone
from typing import Any

import pytest

from starling.models.analysis import Draft
from starling.serving.drafts import BadDraft, draft_of, draft_of_form


def test_all_of_a_draft_is_read() -> None:
    said = {
        "text": "a\r\nb", "hashtags": ["one"], "platform": "x", "lang": "en", "followers": 7, "at": "2026-06-30T18:00Z",
        "is_reply": True, "is_quote": False, "has_media": True,
    }  # fmt: skip
    at = datetime(2026, 6, 30, 18, tzinfo=timezone.utc)
    assert draft_of(said) == Draft("a\nb", ("one",), "x", "en", 7, at, True, False, True)
    assert draft_of({"text": "a", "followers": None}) == Draft("a")


def test_a_form_says_the_same_in_words() -> None:
    said = {"text": "a", "hashtags": "#one, two", "followers": "1,200", "at": "2026-06-30T18:00", "has_media": "1"}
    draft = draft_of_form(said)
    assert (draft.hashtags, draft.followers, draft.has_media, draft.is_reply) == (("#one", "two"), 1200, True, False)
    assert draft_of_form({"text": "a", "hashtags": " ", "followers": "", "at": ""}) == Draft("a")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({}, "text is missing: the post to analyse"),
        ({"text": 7}, "text is '7'; wanted a text"),
        ({"text": "x" * 5_001}, "text has 5,001 characters; at most 5,000"),
        ({"text": "a", "colour": 1}, "unknown field 'colour'; known: text, hashtags"),
        ({"text": "a", "hashtags": "one"}, "hashtags is 'one'; wanted a list of words"),
        ({"text": "a", "hashtags": ["x"] * 31}, "hashtags are 31; at most 30"),
        ({"text": "a", "hashtags": ["x" * 101]}, "one of the hashtags has more than 100 characters"),
        ({"text": "a", "followers": -1}, "followers is '-1'; wanted a whole number from 0"),
        ({"text": "a", "followers": True}, "followers is 'True'; wanted a whole number from 0"),
        ({"text": "a", "followers": 1.5}, "followers is '1.5'; wanted a whole number from 0"),
        ({"text": "a", "at": "noon"}, "at is 'noon'; wanted a time such as 2026-06-30T18:00Z"),
        ({"text": "a", "at": 7}, "at is '7'; wanted a time such as"),
        ({"text": "a", "is_reply": "yes"}, "is_reply is 'yes'; wanted true or false"),
        ({"text": "a", "lang": "<b>"}, "lang is '<b>'; wanted a word such as en"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_wanted(said: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadDraft) as refused:
        draft_of(said)
    assert str(refused.value).startswith(complaint)


def test_followers_of_a_form_are_a_number() -> None:
    with pytest.raises(BadDraft, match="followers 'many' is no number"):
        draft_of_form({"text": "a", "followers": "many"})
