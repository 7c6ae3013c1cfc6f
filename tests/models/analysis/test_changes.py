"""What is tried of a draft, one thing at a time."""

from datetime import datetime, timezone

from starling.models.analysis.changes import NEW_HASHTAG, Variant, variants
from starling.models.analysis.drafts import post_of
from starling.models.analysis.results import Draft

WEDNESDAY = datetime(2026, 3, 4, 9, 15, tzinfo=timezone.utc)


def _tried(draft: Draft, topic_hashtags: tuple[str, ...] = ()) -> dict[str, list[Variant]]:
    found: dict[str, list[Variant]] = {}
    for one in variants(draft, post_of(draft), topic_hashtags):
        found.setdefault(one.name, []).append(one)
    return found


def test_every_other_hour_and_day_is_tried() -> None:
    tried = _tried(Draft("Hi", at=WEDNESDAY))
    assert [one.draft.at.hour for one in tried["hour"]] == [hour for hour in range(24) if hour != 9]
    assert {(one.draft.at.date(), one.draft.at.minute) for one in tried["hour"]} == {(WEDNESDAY.date(), 15)}
    assert [one.draft.at.weekday() for one in tried["weekday"]] == [3, 4, 5, 6, 0, 1]
    assert {one.draft.at.time() for one in tried["weekday"]} == {WEDNESDAY.time()}
    assert tried["weekday"][-1].what == "sent on a Tuesday"
    assert all(one.choice for name in ("hour", "weekday") for one in tried[name])


def test_the_last_days_of_time_have_weekdays_too() -> None:
    assert len(_tried(Draft("", at=datetime(9999, 12, 31)))["weekday"]) == 6  # noqa: DTZ001 -- without a zone, UTC


def test_ten_times_the_followers_or_a_thousand_where_they_are_not_known() -> None:
    for given, more in ((None, 1_000), (0, 10), (250, 2_500), (-3, 1_000)):
        (one,) = _tried(Draft("Hi", followers=given))["followers"]
        assert (one.draft.followers, one.what) == (more, f"with {more:,} followers")


def test_what_a_post_is_is_turned_round() -> None:
    as_is = _tried(Draft("Hi"))
    assert (as_is["media"][0].draft.has_media, as_is["media"][0].what) == (True, "with a picture")
    assert (as_is["reply"][0].draft.is_reply, as_is["quote"][0].draft.is_quote) == (True, True)
    turned = _tried(Draft("Hi", is_reply=True, is_quote=True, has_media=True))
    assert not turned["media"][0].draft.has_media
    assert (turned["reply"][0].draft.is_reply, turned["quote"][0].draft.is_quote) == (False, False)


def test_a_hashtag_more_is_one_and_the_topics_own_is_one_that_is_not_there() -> None:
    tried = _tried(Draft("Hi #Kite", ("lark",)), ("kite", "wren", "tern"))
    assert post_of(tried["hashtag more"][0].draft).hashtags == ("kite", "lark", NEW_HASHTAG)
    assert post_of(tried["topic hashtag"][0].draft).hashtags == ("kite", "lark", "wren")
    assert tried["topic hashtag"][0].what == "with #wren"
    assert "topic hashtag" not in _tried(Draft("Hi #kite"), ("kite",))


def test_the_last_hashtag_is_left_out_wherever_it_is() -> None:
    (given,) = _tried(Draft("Hi #kite", ("#Lark", "wren", " #Wren")))["hashtag less"]
    assert post_of(given.draft).hashtags == ("kite", "lark")
    (listed,) = _tried(Draft("Hi", ("kite, wren tern",)))["hashtag less"]
    assert post_of(listed.draft).hashtags == ("kite", "wren")
    (written,) = _tried(Draft("A #Kite flies, #KITE #kites"))["hashtag less"]
    assert written.draft.text == "A #Kite flies, #KITE"
    (again,) = _tried(written.draft)["hashtag less"]
    assert (again.draft.text, again.what) == ("A flies,", "without #kite")
    assert "hashtag less" not in _tried(Draft("Hi"))


def test_links_are_left_out_or_one_is_put_in() -> None:
    (without,) = _tried(Draft("See https://a.org now, http://b.org"))["link"]
    assert (without.draft.text, without.what) == ("See now,", "without its links")
    (with_one,) = _tried(Draft("See"))["link"]
    assert (post_of(with_one.draft).urls, with_one.draft.text) == (("https://example.org",), "See https://example.org")


def test_a_long_text_is_cut_to_half_its_words() -> None:
    (half,) = _tried(Draft("one two  three\nfour five six seven eight nine ten eleven"))["shorter"]
    assert half.draft.text == "one two  three\nfour five"
    (half,) = _tried(Draft("one two three four five six seven eight nine ten"))["shorter"]
    assert half.draft.text == "one two three four five"
    assert "shorter" not in _tried(Draft("one two three four five six seven eight nine"))


def test_a_mention_at_the_beginning_is_left_out() -> None:
    (one,) = _tried(Draft("@ann @bob_1 hi @cem"))["mention first"]
    assert one.draft.text == "hi @cem"
    assert "mention first" not in _tried(Draft("hi @ann"))


def test_marks_are_put_in_or_left_out() -> None:
    plain = _tried(Draft("Hi"))
    assert (plain["question"][0].draft.text, plain["exclamation"][0].draft.text) == ("Hi?", "Hi!")
    loud = _tried(Draft("Hi! Who? You!"))
    assert "question" not in loud
    assert loud["exclamation"][0].draft.text == "Hi Who? You"


def test_a_variant_knows_whether_the_words_are_the_same() -> None:
    draft = Draft("Hi", ("kite",))
    same = {one.name for one in variants(draft, post_of(draft), ()) if one.has_text_of(draft)}
    assert same == {"hour", "weekday", "followers", "reply", "quote"}


def test_everything_but_the_one_thing_stays() -> None:
    draft = Draft("Hi there!", ("kite",), "mastodon", "en", 7, WEDNESDAY, True, True, True)
    for one in variants(draft, post_of(draft), ("wren",)):
        differing = [name for name in vars(draft) if getattr(one.draft, name) != getattr(draft, name)]
        assert len(differing) == 1, one.name
