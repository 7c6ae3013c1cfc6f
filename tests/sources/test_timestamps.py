from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starling.sources.timestamps import time_ms, time_text


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2010-11-04T01:42:54.657Z", 1288834974657),  # the epoch of X's ids, as X gives it
        ("2019-08-04T15:19:15Z", 1564931955000),
        ("2019-08-04 15:19:15", 1564931955000),
        ("2019-08-04T15:19", 1564931940000),
        ("2019-08-04T15:19:15.2Z", 1564931955200),
        ("2019-08-04T15:19:15,123456789Z", 1564931955123),
        ("2019-08-04T17:19:15+02:00", 1564931955000),
        ("2019-08-04T11:49:15-0330", 1564931955000),
    ],
)
def test_a_time_is_read_in_every_form_of_iso_8601_that_sources_write(text: str, ms: int) -> None:
    assert time_ms(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        None,
        1564931955,
        "",
        "2019-08-04",
        "2019-02-30T00:00:00Z",
        "2019-08-04T24:00:00Z",
        "2019-08-04T15:19:15Zulu",
        "2019-08-04T15:19:15Z\n",
        "Sun Aug 04 15:19:15 +0000 2019",
        "٢٠١٩-08-04T15:19:15Z",
        {},
    ],
)
def test_what_is_no_full_time_has_no_milliseconds(text: object) -> None:
    assert time_ms(text) is None


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_a_time_written_and_read_again_is_the_same_to_the_millisecond(moment: datetime) -> None:
    ms = (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)
    assert time_ms(time_text(ms)) == ms
    assert time_ms(time_text(ms, fraction=False)) == ms - ms % 1000


def test_a_time_outside_the_calendar_has_no_text() -> None:
    with pytest.raises(OverflowError):
        time_text(1 << 62)
