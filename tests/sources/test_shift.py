from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starling.sources.shift import SNOWFLAKE_EPOCH_MS, Shift, Unshiftable, post_id

DAY_MS = 86_400_000
DAY_OF_IDS = 362_387_865_600_000  # 86,400,000 ms times 4,194,304

# A post in the documentation of X's API: id 1212092628029698048, created at 2019-12-31T19:26:16.000Z.
DOCUMENTED_ID = 1212092628029698048
DOCUMENTED_MS = 1577820376000

old_ids = st.integers(min_value=10**15, max_value=2 * 10**18)
speeds = st.sampled_from([Fraction(n, d) for n, d in ((1, 2), (1, 1), (3, 2), (60, 1), (3600, 1), (4096, 1))])


def embedded_ms(snowflake: int) -> int:
    return snowflake // 4_194_304 + 1_288_834_974_657


def test_an_id_moved_by_a_day_grows_by_a_days_milliseconds_above_its_22_low_bits() -> None:
    tomorrow = Shift(first_ms=DOCUMENTED_MS, start_ms=DOCUMENTED_MS + DAY_MS)
    assert tomorrow.post_id(DOCUMENTED_ID) == 1212455015895298048 == DOCUMENTED_ID + DAY_OF_IDS
    assert tomorrow.time("2019-12-31T19:26:16.000Z") == "2020-01-01T19:26:16.000Z"


def test_an_id_from_before_ids_carried_times_is_moved_by_adding_too() -> None:
    assert Shift(first_ms=5, start_ms=5 + DAY_MS).post_id(20) == 20 + DAY_OF_IDS
    assert Shift(first_ms=5, start_ms=5 + DAY_MS, speed=Fraction(3600)).post_id(20) == 20 + DAY_OF_IDS


def test_a_compressed_time_is_rounded_down_on_both_sides_of_the_first() -> None:
    compressed = Shift(first_ms=1_000_000, start_ms=50, speed=Fraction(3600))
    assert [compressed.ms(1_000_000 + ms) for ms in (0, 3599, 3600, 7_200_000, -1)] == [50, 50, 51, 2050, 49]


def test_a_slower_speed_stretches_time() -> None:
    assert Shift(first_ms=0, start_ms=0, speed=Fraction(1, 4)).ms(10) == 40


def test_a_time_keeps_its_precision_and_loses_its_zone() -> None:
    shift = Shift(first_ms=0, start_ms=1_500)
    assert shift.time("1970-01-01T00:00:00Z") == "1970-01-01T00:00:01Z"
    assert shift.time("1970-01-01T02:00:00.250+02:00") == "1970-01-01T00:00:01.750Z"
    assert shift.time("1970-01-01T00:00:00,250") == "1970-01-01T00:00:01.750Z"


@pytest.mark.parametrize("value", [None, "", "soon", 3, {}])
def test_what_is_no_time_stays(value: object) -> None:
    assert Shift(first_ms=0, start_ms=DAY_MS).time(value) == value


@pytest.mark.parametrize("value", [None, "", "x20", {}, [], True, 1.5, -1, "9" * 21])
def test_what_is_no_id_stays(value: object) -> None:
    assert post_id(value) is None
    assert Shift(first_ms=0, start_ms=DAY_MS).reference(value) is value


def test_an_id_stays_text_or_number() -> None:
    shift = Shift(first_ms=0, start_ms=1)
    assert shift.reference("20") == "4194324"
    assert shift.reference(20) == 4194324


@pytest.mark.parametrize("days", [-2_000_000, 2_000_000])
def test_an_id_beyond_what_64_bits_hold_cannot_be_moved(days: int) -> None:
    with pytest.raises(Unshiftable, match="range of ids"):
        Shift(first_ms=0, start_ms=days * DAY_MS).post_id(DOCUMENTED_ID)


def test_the_last_id_there_is_can_be_reached_and_not_be_passed() -> None:
    largest = 2**63 - 1
    assert Shift(first_ms=0, start_ms=1).post_id(largest - 4_194_304) == largest
    with pytest.raises(Unshiftable):
        Shift(first_ms=0, start_ms=1).post_id(largest - 4_194_304 + 1)


def test_a_time_beyond_the_calendar_cannot_be_moved() -> None:
    with pytest.raises(Unshiftable, match="calendar"):
        Shift(first_ms=0, start_ms=10_000 * 366 * DAY_MS).time("2019-12-31T19:26:16.000Z")


@given(old_ids, speeds)
def test_a_new_id_carries_the_new_time_of_the_old_ids_time(old: int, speed: Fraction) -> None:
    shift = Shift(first_ms=DOCUMENTED_MS, start_ms=DOCUMENTED_MS + 7 * DAY_MS, speed=speed)
    if embedded_ms(old) > DOCUMENTED_MS - DAY_MS:
        assert embedded_ms(shift.post_id(old)) == shift.ms(embedded_ms(old))


@given(old_ids, old_ids)
def test_ids_that_are_only_moved_never_meet(one: int, other: int) -> None:
    shift = Shift(first_ms=DOCUMENTED_MS, start_ms=DOCUMENTED_MS + DAY_MS)
    assert shift.post_id(one) - shift.post_id(other) == one - other


@given(st.integers(0, 2**22 - 1), st.integers(0, 2**22 - 1), speeds)
def test_ids_of_one_millisecond_never_meet(one: int, other: int, speed: Fraction) -> None:
    shift = Shift(first_ms=SNOWFLAKE_EPOCH_MS, start_ms=DOCUMENTED_MS, speed=speed)
    base = 123_456_789 << 22
    assert (shift.post_id(base + one) == shift.post_id(base + other)) == (one == other)


@pytest.mark.parametrize("speed", [2, 3600, 4096])
def test_up_to_speed_4096_ids_with_equal_sequences_never_meet(speed: int) -> None:
    """Whatever their machines: already the 12 lowest bits differ."""
    shift = Shift(first_ms=SNOWFLAKE_EPOCH_MS, start_ms=DOCUMENTED_MS, speed=Fraction(speed))
    first = 123_456_789 * speed
    new = [shift.post_id((first + ms) << 22 | (ms * 37 % 1024) << 12 | 7) for ms in range(speed)]
    assert {embedded_ms(one) for one in new} == {DOCUMENTED_MS + 123_456_789}
    assert len({one % 4096 for one in new}) == speed


def test_ids_with_other_sequences_meet_as_rarely_as_chance_allows() -> None:
    """Of 1,500 in one new millisecond: 1.1 million pairs, so 0.27 of them by chance."""
    shift = Shift(first_ms=SNOWFLAKE_EPOCH_MS, start_ms=DOCUMENTED_MS, speed=Fraction(3600))
    base = 123_456_789 * 3600
    spread = [(ms * 7919) % 3600 for ms in range(1500)]
    old = {(base + ms) << 22 | (360 + ms % 28) << 12 | ms % 9 for ms in spread}
    assert len({shift.post_id(one) for one in old}) >= len(old) - 2
