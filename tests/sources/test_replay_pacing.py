from itertools import islice

import pytest

from starling.errors import ConfigError
from starling.sources.merge import BEFORE_ALL, Entry, Timeline
from starling.sources.pacing import Pace, Schedule


def timeline(*times_ms: int) -> Timeline:
    known = [time for time in times_ms if time != BEFORE_ALL]
    entries = [Entry(time, 0, line, 0, None, b"") for line, time in enumerate(times_ms)]
    return Timeline([entries], len(entries), min(known, default=0), max(known, default=0))


def due(schedule: Schedule) -> list[tuple[int, int, float]]:
    return [(one.entry.line, one.round, one.seconds) for one in schedule]


def test_at_full_speed_all_is_due_at_once() -> None:
    assert due(Schedule(timeline(1_000, 9_000), Pace())) == [(0, 0, 0.0), (1, 0, 0.0)]


def test_at_a_rate_the_passes_follow_each_other_without_a_break() -> None:
    schedule = Schedule(timeline(1_000, 9_000), Pace(rate=4), rounds=2)
    assert due(schedule) == [(0, 0, 0.0), (1, 0, 0.25), (0, 1, 0.5), (1, 1, 0.75)]
    assert (schedule.total, schedule.seconds) == (4, 0.75)


def test_in_their_own_rhythm_a_pass_begins_a_second_of_file_time_after_the_one_before() -> None:
    schedule = Schedule(timeline(1_000, 5_000, 9_000), Pace(speed=2), rounds=2)
    assert due(schedule) == [(0, 0, 0.0), (1, 0, 2.0), (2, 0, 4.0), (0, 1, 4.5), (1, 1, 6.5), (2, 1, 8.5)]
    assert (schedule.total, schedule.seconds) == (6, 8.5)


def test_what_has_no_time_is_due_at_the_start_of_its_pass() -> None:
    schedule = Schedule(timeline(BEFORE_ALL, 10_000, 12_000), Pace(speed=1), rounds=2)
    assert [seconds for _, _, seconds in due(schedule)] == [0.0, 0.0, 2.0, 0.0, 3.0, 5.0]


def test_without_an_end_the_passes_go_on() -> None:
    schedule = Schedule(timeline(5), Pace(rate=1), rounds=None)
    assert [(one.round, one.seconds) for one in islice(schedule, 1000, 1002)] == [(1000, 1000.0), (1001, 1001.0)]
    assert (schedule.total, schedule.seconds) == (None, 0.0)


def test_nothing_is_played_without_an_end_only_once() -> None:
    assert due(Schedule(timeline(), Pace(), rounds=None)) == []


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 1e-300, 1e300])
@pytest.mark.parametrize("name", ["rate", "speed"])
def test_what_is_no_pace_is_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} = .*: wanted a number from 0.001 to 1,000,000,000$"):
        Pace(**{name: value})


def test_a_rate_and_a_speed_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="not both"):
        Pace(rate=1, speed=1)
