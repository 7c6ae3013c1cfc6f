import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starling.sources.shift import Shift, Unshiftable
from starling.sources.x_archive.wire import WIRE

DAY_MS = 86_400_000
DAY_OF_IDS = 362_387_865_600_000
TOMORROW = Shift(first_ms=0, start_ms=DAY_MS)

ROW = {
    "status_id": "1125781899207536641",
    "user_id": "1284747453000000000",
    "created_at": "2019-05-07T15:18:15Z",
    "text": "olá 1125781899207536641",
    "reply_to_status_id": "1125762490724306944",
    "retweet_status_id": None,
    "quoted_status_id": 1125000000000000001,
    "account_created_at": "2011-06-17T22:46:59Z",
}


def test_a_row_is_one_message_with_its_own_bytes() -> None:
    line = json.dumps(ROW, indent=None, separators=(", ", " : ")).encode()
    assert WIRE.messages(line) == [(line, "1125781899207536641", 1557242295000)]


@pytest.mark.parametrize(
    ("line", "post_id", "time_ms"),
    [
        (b"{", None, None),
        (b"\xff", None, None),
        (b"[]", None, None),
        (b"[" * 100_000, None, None),
        (b"1" * 5_000, None, None),
        (b'{"status_id": NaN, "created_at": "1970-01-01T00:00:01Z"}', None, None),
        (b"{}", None, None),
        (b'{"status_id": "7"}', "7", None),
        (b'{"status_id": 7}', "7", None),
        (b'{"created_at": "1970-01-01T00:00:01Z"}', None, 1000),
        (b'{"status_id": "\\ud800", "created_at": 5}', None, None),
    ],
)
def test_a_line_that_does_not_say_all_is_a_message_all_the_same(
    line: bytes, post_id: str | None, time_ms: int | None
) -> None:
    assert WIRE.messages(line) == [(line, post_id, time_ms)]


def test_a_shifted_row_is_a_new_post_that_refers_to_new_posts() -> None:
    payload, post_id, time_ms = WIRE.shifted(json.dumps(ROW).encode(), TOMORROW)
    expected = ROW | {
        "status_id": "1126144287073136641",  # + 362,387,865,600,000
        "created_at": "2019-05-08T15:18:15Z",
        "reply_to_status_id": "1126124878589906944",
        "quoted_status_id": 1125362387865600001,
    }
    assert payload.decode() == json.dumps(expected, ensure_ascii=False, separators=(",", ":"))
    assert (post_id, time_ms) == ("1126144287073136641", 1557242295000 + DAY_MS)


def test_the_times_of_the_posts_that_a_row_refers_to_are_shifted_with_it() -> None:
    row = ROW | {"retweet_created_at": "2019-05-07T14:01:08Z", "quoted_created_at": "2019-05-01T00:00:00Z"}
    shifted = json.loads(WIRE.shifted(json.dumps(row).encode(), TOMORROW).payload)
    assert shifted["retweet_created_at"] == "2019-05-08T14:01:08Z"
    assert shifted["quoted_created_at"] == "2019-05-02T00:00:00Z"


def test_real_rows_differ_in_nothing_but_ids_and_times_after_a_shift(fixture_lines: Callable[..., list[bytes]]) -> None:
    references = 0
    for line in fixture_lines("x_archive_elgl19_head"):
        old, new = json.loads(line), json.loads(WIRE.shifted(line, TOMORROW).payload)
        for name in ("status_id", "reply_to_status_id", "retweet_status_id", "quoted_status_id"):
            before, after = old.pop(name), new.pop(name)
            assert after == (None if before is None else str(int(before) + DAY_OF_IDS))
            references += before is not None
        assert new.pop("created_at")[:10] > old.pop("created_at")[:10]
        assert new == old
    assert references == 60 + 6 + 41 + 3


def test_half_a_surrogate_pair_survives_a_shift() -> None:
    line = b'{"status_id":"20","created_at":"1970-01-01T00:00:00Z","text":"cut \\ud83d"}'
    assert json.loads(WIRE.shifted(line, TOMORROW).payload)["text"] == "cut \ud83d"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"status_id": "20"', "not JSON: Expecting"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b"[]", "not a JSON object"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"created_at": "1970-01-01T00:00:00Z"}', "no status_id"),
        (b'{"status_id": "20", "created_at": "today"}', "no created_at"),
        (b'{"status_id": "20", "created_at": "1970-01-01T00:00:00Z", "n": 1e999}', "not JSON"),
        (b'{"status_id": "99999999999999999999", "created_at": "1970-01-01T00:00:00Z"}', "range of ids"),
    ],
)
def test_a_row_that_cannot_be_shifted_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(Unshiftable, match=reason):
        WIRE.shifted(line, TOMORROW)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["20", "2019-05-07T15:18:15Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(ROW)), inner, max_size=8),
)


@given(json_values)
def test_no_row_whatsoever_breaks_the_replay(value: object) -> None:
    line = json.dumps(value).encode()
    assert [message.payload for message in WIRE.messages(line)] == [line]
    try:
        shifted = WIRE.shifted(line, TOMORROW)
    except Unshiftable:
        return
    assert shifted.post_id is not None
    assert shifted.time_ms is not None


def test_rows_are_recognised_by_their_status_id() -> None:
    assert WIRE.recognises({"status_id": "1"})
    assert not WIRE.recognises({"id": "1"})
    assert not WIRE.recognises(["status_id"])
