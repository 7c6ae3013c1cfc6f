import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starling.sources.shift import Shift, Unshiftable
from starling.sources.x_v2.wire import WIRE, split

DAY_MS = 86_400_000
DAY_OF_IDS = 362_387_865_600_000
TOMORROW = Shift(first_ms=0, start_ms=DAY_MS)

Lines = Callable[[str], list[bytes]]

DELETION = (
    b'{"data":{"delete":{"tweet":{"id":"1125781899207536641","author_id":"1284747453000000000"},'
    b'"event_at":"2019-05-07T15:18:15.250Z"}}}'
)


def test_a_stream_message_is_one_message_with_its_own_bytes(fixture_lines: Lines) -> None:
    line = fixture_lines("streaming_output_with_error")[2]
    assert WIRE.messages(line) == [(line, "1377650277642338305", 1617292396000)]  # 2021-04-01T15:53:16Z


def test_a_broken_line_is_a_message_without_id_and_time(fixture_lines: Lines) -> None:
    line = fixture_lines("streaming_output_with_error")[-1]
    assert line == b'{"data": {"author_id": "1021159080151404544"'
    assert WIRE.messages(line) == [(line, None, None)]


@pytest.mark.parametrize(
    ("line", "post_id", "time_ms"),
    [
        (b'{"data": null}', None, None),
        (b'{"data": "x"}', None, None),
        (b'{"data": {}}', None, None),
        (b'{"errors": [{"title": "operational-disconnect"}]}', None, None),
        (b'{"data": {"id": "7", "text": ""}}', "7", None),
        (b'{"data": {"id": ["7"], "created_at": "1970-01-01T00:00:01Z"}}', None, 1000),
        (DELETION, "1125781899207536641", 1557242295250),
        (b'{"data": {"user_delete": {"user": {"id": "7"}, "event_at": "1970-01-01T00:00:01Z"}}}', None, 1000),
        (b'{"data": {"delete": {"tweet": "7", "event_at": "1970-01-01T00:00:01Z"}}}', None, 1000),
    ],
)
def test_a_message_tells_the_post_it_is_of_and_its_time(line: bytes, post_id: str | None, time_ms: int | None) -> None:
    assert WIRE.messages(line) == [(line, post_id, time_ms)]


def test_a_page_is_taken_apart_into_one_message_a_post(fixture_lines: Lines) -> None:
    (line,) = fixture_lines("two_tweets")
    (message,) = WIRE.messages(line)
    value, page = json.loads(message.payload), json.loads(line)
    assert value == {"data": page["data"][0], "includes": page["includes"]}  # its author, the original, its author
    assert (message.post_id, message.time_ms) == ("1394735776701816833", 1621365896000)


def test_of_a_large_page_each_message_has_no_more_than_it_refers_to(fixture_lines: Lines) -> None:
    page = json.loads(fixture_lines("withheld")[3])
    messages = [json.loads(message.payload) for message in WIRE.messages(fixture_lines("withheld")[3])]
    assert [message["data"] for message in messages] == page["data"]
    assert len(messages) == 100
    included = {post["id"]: post for post in page["includes"]["tweets"]}
    users = {user["id"] for user in page["includes"]["users"]}
    for message in messages:
        post, includes = message["data"], message["includes"]
        referenced = {reference["id"] for reference in post.get("referenced_tweets", [])} & included.keys()
        authors = {post["author_id"], *(included[one]["author_id"] for one in referenced)} & users
        assert {one["id"] for one in includes.get("tweets", [])} == referenced
        assert {one["id"] for one in includes["users"]} == authors
        assert {one["media_key"] for one in includes.get("media", [])} <= set(
            post.get("attachments", {}).get("media_keys", [])
        )


def test_what_is_attached_to_a_post_stays_with_it() -> None:
    page = {
        "data": [
            {"id": "1", "attachments": {"media_keys": ["3_1"], "poll_ids": ["5"]}, "geo": {"place_id": "p"}},
            {"id": "2"},
        ],
        "includes": {
            "media": [{"media_key": "3_0"}, {"media_key": "3_1"}],
            "polls": [{"id": "5"}, {"id": "6"}],
            "places": [{"id": "p"}, {"id": "q"}],
        },
    }
    first, second = split(page)
    assert first["includes"] == {"media": [{"media_key": "3_1"}], "polls": [{"id": "5"}], "places": [{"id": "p"}]}
    assert second == {"data": {"id": "2"}, "includes": {}}


def test_an_author_of_many_posts_is_included_once() -> None:
    page = {
        "data": [{"id": "1", "author_id": "7", "referenced_tweets": [{"id": "2"}, {"id": "2"}, {"id": "3"}]}],
        "includes": {"tweets": [{"id": "2", "author_id": "7"}], "users": [{"id": "7"}]},
    }
    assert split(page)[0]["includes"] == {"users": [{"id": "7"}], "tweets": [{"id": "2", "author_id": "7"}]}


def test_a_page_of_what_are_no_posts_keeps_every_one_for_the_stream_to_judge(fixture_lines: Lines) -> None:
    messages = WIRE.messages(fixture_lines("counts")[0])
    assert len(messages) == 169
    assert {message.post_id for message in messages} == {None}
    assert [json.loads(one.payload) for one in WIRE.messages(b'{"data": [1, null]}')] == [
        {"data": 1, "includes": {}},
        {"data": None, "includes": {}},
    ]


def test_a_page_without_posts_has_no_messages() -> None:
    assert WIRE.messages(b'{"data": [], "meta": {"result_count": 0}}') == []


def test_a_page_that_json_cannot_say_again_stays_whole() -> None:
    line = b'{"data": [{"id": "1", "n": 1e999}]}'
    assert WIRE.messages(line) == [(line, None, None)]


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


POST_ID_PATHS = {
    f"{post}{name}"
    for post in (".data", ".includes.tweets[]")
    for name in (".id", ".conversation_id", ".referenced_tweets[].id", ".edit_history_tweet_ids[]")
}
TIME_PATHS = {
    f"{post}{name}"
    for post in (".data", ".includes.tweets[]")
    for name in (".created_at", ".edit_controls.editable_until")
}


def a_day_later(time: str) -> str:
    later = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ") + timedelta(days=1)  # noqa: DTZ007 - UTC in and out
    return later.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize("name", ["streaming_output_with_error", "two_tweets", "edited", "quoted_edit", "withheld"])
def test_real_messages_differ_in_nothing_but_post_ids_and_times_after_a_shift(fixture_lines: Lines, name: str) -> None:
    messages = [one for line in fixture_lines(name) for one in WIRE.messages(line) if one.post_id is not None]
    assert messages
    for message in messages:
        shifted = WIRE.shifted(message.payload, TOMORROW)
        assert (shifted.post_id, shifted.time_ms) == (
            str(int(message.post_id) + DAY_OF_IDS),
            message.time_ms + DAY_MS,
        )
        before, after = leaves(json.loads(message.payload)), leaves(json.loads(shifted.payload))
        for (path, old), (new_path, new) in zip(before, after, strict=True):
            assert new_path == path
            if path in POST_ID_PATHS:
                assert new == str(int(old) + DAY_OF_IDS)
            elif path in TIME_PATHS:
                assert new == a_day_later(old)
            else:
                assert new == old


def test_a_shifted_deletion_names_the_shifted_post_and_keeps_the_author() -> None:
    payload, post_id, time_ms = WIRE.shifted(DELETION, TOMORROW)
    assert payload == (
        b'{"data":{"delete":{"tweet":{"id":"1126144287073136641","author_id":"1284747453000000000"},'
        b'"event_at":"2019-05-08T15:18:15.250Z"}}}'
    )
    assert (post_id, time_ms) == ("1126144287073136641", 1557242295250 + DAY_MS)


def test_a_repost_and_its_original_agree_on_the_shifted_id_even_when_time_is_compressed() -> None:
    compressed = Shift(first_ms=1557242295000, start_ms=1800000000000, speed=Fraction(3600))
    original = {"data": {"id": "1125762490724306944", "created_at": "2019-05-07T14:01:08.000Z"}}
    repost = {
        "data": {
            "id": "1125781899207536641",
            "created_at": "2019-05-07T15:18:15.000Z",
            "referenced_tweets": [{"type": "retweeted", "id": "1125762490724306944"}],
        }
    }
    of_original = WIRE.shifted(json.dumps(original).encode(), compressed).post_id
    of_repost = json.loads(WIRE.shifted(json.dumps(repost).encode(), compressed).payload)
    assert of_repost["data"]["referenced_tweets"][0]["id"] == of_original
    assert of_repost["data"]["created_at"] == "2027-01-15T08:00:00.000Z"  # 1,800,000,000 s


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"data": ', "not JSON: Expecting value"),
        (b'{"data": {"created_at": "1970-01-01T00:00:00Z"}}', "no id"),
        (b'{"data": {"id": "20"}}', "no created_at"),
        (b'{"data": {"id": "99999999999999999999", "created_at": "1970-01-01T00:00:00Z"}}', "range of ids"),
        (b'{"errors": []}', "no id"),
    ],
)
def test_a_message_that_cannot_be_shifted_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(Unshiftable, match=reason):
        WIRE.shifted(line, TOMORROW)


NAMES = ("data", "includes", "id", "created_at", "tweets", "users", "author_id", "referenced_tweets", "delete", "tweet")
NAMES += ("event_at", "attachments", "media_keys", "geo", "edit_controls", "editable_until", "edit_history_tweet_ids")
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["20", "2019-05-07T15:18:15Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(("data", "includes")), json_values))
def test_no_message_whatsoever_breaks_the_replay(value: object) -> None:
    for message in WIRE.messages(json.dumps(value).encode()):
        try:
            shifted = WIRE.shifted(message.payload, TOMORROW)
        except Unshiftable:
            continue
        assert shifted.post_id is not None
        assert shifted.time_ms is not None


def test_messages_are_recognised_by_their_data() -> None:
    assert WIRE.recognises({"data": {}})
    assert WIRE.recognises({"data": []})
    assert not WIRE.recognises({"data": "x"})
    assert not WIRE.recognises([{"data": {}}])
