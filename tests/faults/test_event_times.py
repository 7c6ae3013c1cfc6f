"""Times that no post can have, and times that are written in other ways than usual."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from faults.checked import is_whole, tell
from faults.figures import Tally
from streams.lakes import Lake, Record
from streams.messages import deletion, post

BAD: dict[str, tuple[object, str]] = {
    "2099": ("2099-01-01T00:00:00.000Z", "created_in_future"),
    "9999": ("9999-12-31T23:59:59.999Z", "created_in_future"),
    "1970": ("1970-01-01T00:00:00.000Z", "created_too_early"),
    "a second before X": ("2006-03-20T23:59:59Z", "created_too_early"),
    "year 0": ("0000-01-01T00:00:00Z", "bad_created_at"),
    "year 1": ("0001-01-01T00:00:00Z", "created_too_early"),
    "null": (None, "missing_created_at"),
    "epoch ms as text": ("1619863200000", "bad_created_at"),
    "epoch ms": (1619863200000, "bad_created_at"),
    "epoch s": (1619863200.5, "bad_created_at"),
    "+25:00": ("2021-05-01T10:15:00+25:00", "bad_created_at"),
    "+18:01": ("2021-05-01T10:15:00+18:01", "bad_created_at"),
    "60th second": ("2021-05-01T10:15:60Z", "bad_created_at"),
    "leap second": ("2016-12-31T23:59:60Z", "bad_created_at"),
    "60th minute": ("2021-05-01T10:60:00Z", "bad_created_at"),
    "24th hour": ("2021-05-01T24:00:00Z", "bad_created_at"),
    "month 0": ("2021-00-01T10:15:00Z", "bad_created_at"),
    "29th of February": ("2021-02-29T10:15:00Z", "bad_created_at"),
    "year of five digits": ("12021-05-01T10:15:00Z", "bad_created_at"),
    "before Christ": ("-2021-05-01T10:15:00Z", "bad_created_at"),
    "year of two digits": ("21-05-01T10:15:00Z", "bad_created_at"),
    "date only": ("2021-05-01", "bad_created_at"),
    "hour only": ("2021-05-01T10", "bad_created_at"),
    "time only": ("10:15:00Z", "bad_created_at"),
    "ten digits of a second": ("2021-05-01T10:15:00.1234567890Z", "bad_created_at"),
    "a point and no digits": ("2021-05-01T10:15:00.Z", "bad_created_at"),
    "a zone by name": ("2021-05-01T10:15:00 Europe/Paris", "bad_created_at"),
    "as X v1 wrote it": ("Sat May 01 10:15:00 +0000 2021", "bad_created_at"),
    "digits of another script": ("٢٠٢١-05-01T10:15:00Z", "bad_created_at"),
    "spaces around it": (" 2021-05-01T10:15:00Z ", "bad_created_at"),
    "empty": ("", "bad_created_at"),
    "now": ("now", "bad_created_at"),
    "an object": ({"$date": 1619863200000}, "bad_created_at"),
}

# Taken: as it is written, and what silver has of it.
GOOD = {
    "2021-05-01T10:15:00.000Z": "2021-05-01 10:15:00.000000",
    "2021-05-01T10:15:00Z": "2021-05-01 10:15:00.000000",
    "2021-05-01T10:15Z": "2021-05-01 10:15:00.000000",
    "2021-05-01 10:15:00": "2021-05-01 10:15:00.000000",
    "2021-05-01T10:15:00.5Z": "2021-05-01 10:15:00.500000",
    "2021-05-01T10:15:00,25Z": "2021-05-01 10:15:00.250000",
    "2021-05-01T10:59:59.999999Z": "2021-05-01 10:59:59.999999",
    "2021-05-01T10:59:59.999999999Z": "2021-05-01 10:59:59.999999",
    "2021-05-01T15:45:00+05:30": "2021-05-01 10:15:00.000000",
    "2021-05-01T05:15:00-0500": "2021-05-01 10:15:00.000000",
    "2021-05-02T04:15:00+18:00": "2021-05-01 10:15:00.000000",
    "2020-02-29T23:59:59Z": "2020-02-29 23:59:59.000000",
    "2006-03-21T00:00:00Z": "2006-03-21 00:00:00.000000",
}


@pytest.fixture
def ahead() -> Callable[[int], str]:
    """A time so many minutes after now, as X writes it."""
    now = datetime.now(timezone.utc)
    return lambda minutes: (now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.fault(15, "event times: 2099, 1970, null, epoch ms as text, +25:00, a 60th second, a date only")
def test_times_that_cannot_be_are_refused_and_later_posts_land_in_their_own_hours(
    lake: Lake, tally: Tally, ahead: Callable[[int], str]
) -> None:
    bad = BAD | {"70 minutes ahead": (ahead(70), "created_in_future")}
    good = {ahead(50): None, **GOOD}
    undated = json.loads(deletion("77").value or b"")
    undated["data"]["delete"]["event_at"] = "2099-01-01T00:00:00.000Z"
    first = [
        *(Record("x-v2", post(id="1", created_at=time).value, name) for name, (time, _) in bad.items()),
        Record("x-v2", json.dumps(undated).encode(), "a deletion in 2099"),
        *(post(id=str(1_000 + number), created_at=time) for number, time in enumerate(good)),
    ]
    later = [post(id=str(2_000 + number), created_at=f"2021-05-01T1{number % 3}:30:00.000Z") for number in range(9)]
    lake.send(first)
    lake.drain()
    lake.send(later)  # after posts of 2099, and after some of next hour
    lake.drain()

    expected = {name: reason for name, (_, reason) in bad.items()} | {"a deletion in 2099": "created_in_future"}
    assert {row["key"]: row["reason"] for row in lake.rows("silver.rejected", "key", "reason")} == expected
    assert lake.rows("silver.deletions", "post_id") == []
    said = lake.table("silver.posts").selectExpr("post_id", "date_format(created_at, 'yyyy-MM-dd HH:mm:ss.SSSSSS') at")
    times = {row.post_id: row.at for row in said.collect()}
    assert len(times) == len(good) + len(later)
    assert [times[str(1_001 + number)] for number in range(len(GOOD))] == list(GOOD.values())

    hours = Counter(time[:13] for time in times.values())
    assert [hours[f"2021-05-01 1{hour}"] for hour in range(3)] == [14, 3, 3]
    gold = lake.table("gold.sentiment_by_hour").selectExpr("date_format(hour, 'yyyy-MM-dd HH') hour", "posts")
    assert {row.hour: row.posts for row in gold.collect()} == hours
    is_whole(lake)
    tell(tally, lake, len(first) + len(later))
    tally.bad_inputs(len(expected))
