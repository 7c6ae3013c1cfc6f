"""A draft as the post that it would become."""

from datetime import datetime, timedelta, timezone

import pytest

from starling.models.analysis.drafts import known_of, language_of, otherwise, post_of
from starling.models.analysis.results import AuthorRecord, Draft
from starling.settings import Settings

AT = datetime(2026, 3, 1, 22, 30, tzinfo=timezone.utc)
SETTINGS = Settings()
STOP = {"en": frozenset({"the"})}


def test_hashtags_that_the_text_lacks_are_put_behind_it() -> None:
    post = post_of(Draft("The #Kite", ("kite", "#Lark", "\uff03crow", "lark", " wren,tern  ")))
    assert post.text == "The #Kite #lark #crow #wren #tern"
    assert post.hashtags == ("kite", "lark", "crow", "wren", "tern")
    assert post.not_hashtags == ()


def test_what_x_would_not_read_as_a_hashtag_is_named_and_left_out() -> None:
    post = post_of(Draft("", ("2026", "#", "a-b", "&x", "", "ok")))
    assert (post.text, post.hashtags) == ("#ok", ("ok",))
    assert post.not_hashtags == ("2026", "#", "a-b", "&x")


def test_a_text_that_ends_with_white_space_gets_no_more() -> None:
    assert post_of(Draft("The\n", ("kite",))).text == "The\n#kite"
    assert post_of(Draft("The kite ")).text == "The kite "


def test_mentions_and_links_are_those_of_the_text() -> None:
    post = post_of(Draft("@Ann @ann https://a.org/X, https://a.org/X (http://b.org)"))
    assert post.mentions == ("ann",)
    assert post.urls == ("https://a.org/X", "http://b.org")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (AT, AT),
        (AT.replace(tzinfo=None), AT),
        (AT.astimezone(timezone(timedelta(hours=5))), AT),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), datetime.max.replace(tzinfo=timezone.utc)),
    ],
)
def test_a_moment_is_in_utc(at: datetime, expected: datetime) -> None:
    assert post_of(Draft("", at=at)).at == expected
    assert post_of(Draft("", at=at)).at.tzinfo == timezone.utc


def test_without_a_moment_it_is_now() -> None:
    assert abs(post_of(Draft("")).at - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_halves_of_a_surrogate_pair_are_made_whole_or_marked() -> None:
    assert post_of(Draft("a\ud83d\ude00b\ud83dc", ("x\ude00",))).text == "a😀b\ufffdc"
    assert post_of(Draft("", ("x\ude00",))).not_hashtags == ("x\ufffd",)


def test_a_language_that_is_said_is_not_looked_for() -> None:
    draft = Draft("Guten Morgen, liebe Leute, heute wird es schön", lang="en-GB")
    found = language_of(draft, post_of(draft), 0.5)
    assert (found.code, found.source, found.probability, found.guesses) == ("en", "given", None, ())


def test_a_language_is_looked_for_in_the_words() -> None:
    draft = Draft("Guten Morgen, liebe Leute, heute wird es schön", ("thisisenglish",), lang="und")
    found = language_of(draft, post_of(draft), 0.5)
    assert (found.code, found.source) == ("de", "detected")
    assert found.probability == found.guesses[0].probability > 0.9
    assert len(found.guesses) == 3
    assert found.probability is not None
    assert language_of(draft, post_of(draft), found.probability).code == "de"
    unsure = language_of(draft, post_of(draft), found.probability + 1e-6)
    assert (unsure.code, unsure.probability) == ("und", found.probability)


def test_where_there_is_no_word_there_is_no_guess() -> None:
    draft = Draft("😀 12:30", ("kite",))
    found = language_of(draft, post_of(draft), 0.0)
    assert (found.code, found.source, found.probability, found.guesses) == ("und", "detected", None, ())


def test_the_model_is_told_of_the_post_as_x_would_send_it() -> None:
    draft = Draft("See https://example.org/a/very/long/path/indeed, the kite", followers=9, at=AT, is_reply=True)
    known = known_of(draft, post_of(draft), "en", SETTINGS, STOP)
    assert known.text == "See https://t.co/aB3dE5gHiJ, the kite"
    assert known.urls == ("https://example.org/a/very/long/path/indeed",)
    assert (known.followers, known.is_reply, known.is_quote, known.created_at) == (9, True, False, AT)
    assert (known.author_posts, known.author_settled_posts, known.author_mean_log) == (0, 0, None)
    assert known.terms == ["kite"]
    elsewhere = Draft(draft.text, platform="mastodon", author=AuthorRecord(5, 4, 1.5))
    known = known_of(elsewhere, post_of(elsewhere), "en", SETTINGS, STOP)
    assert known.text == draft.text
    assert (known.author_posts, known.author_settled_posts, known.author_mean_log) == (5, 4, 1.5)


def test_a_picture_is_a_link_more() -> None:
    draft = Draft("Great kite", has_media=True)
    known = known_of(draft, post_of(draft), "en", SETTINGS, STOP)
    assert known.text == "Great kite https://t.co/aB3dE5gHiJ"
    assert known.urls == ("https://x.com/i/status/0/photo/1",)
    assert post_of(draft).text == "Great kite"
    # 3.1 of great and one: of four, five with the neutral words kite and the link.
    assert known.pos == pytest.approx(4.1 / 6.1, abs=5e-4)


def test_of_a_negative_number_of_followers_nothing_is_known() -> None:
    for given, known in ((-1, None), (0, 0), (None, None)):
        draft = Draft("", followers=given)
        assert known_of(draft, post_of(draft), "en", SETTINGS, STOP).followers == known


def test_what_differs_in_time_and_audience_alone_is_told_the_same_otherwise() -> None:
    draft = Draft("Great https://a.org", ("kite",), followers=5, at=AT)
    other = Draft("Great https://a.org", ("kite",), followers=7, at=AT + timedelta(hours=1), is_quote=True)
    assert otherwise(known_of(draft, post_of(draft), "en", SETTINGS, STOP), other) == known_of(
        other, post_of(other), "en", SETTINGS, STOP
    )
