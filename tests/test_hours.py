"""Hours and the ranges that cover them."""

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from starling.hours import HOUR, MAX_RANGES, Range, hour_ranges, sql_within, widened, within

DAY = datetime(2021, 6, 1, tzinfo=timezone.utc)


def _hours(*numbers: int) -> list[datetime]:
    return [DAY + number * HOUR for number in numbers]


def _span(start: float, end: float) -> Range:
    return DAY + start * HOUR, DAY + end * HOUR


whole_hours = st.lists(st.integers(-200, 200).map(lambda number: DAY + number * HOUR))
some_ranges = st.lists(
    st.tuples(st.integers(-100, 100), st.integers(1, 30)).map(lambda pair: _span(pair[0], pair[0] + pair[1]))
)


def _covers(ranges: list[Range], moment: datetime) -> bool:
    return any(start <= moment < end for start, end in ranges)


@given(whole_hours, st.integers(1, 10))
def test_ranges_cover_every_hour_in_order_and_apart_and_are_no_more_than_asked_for(
    hours: list[datetime], at_most: int
) -> None:
    ranges = hour_ranges(hours, at_most)
    assert all(_covers(ranges, hour) and _covers(ranges, hour + HOUR - timedelta(seconds=1)) for hour in hours)
    assert len(ranges) <= at_most
    assert all(start < end for start, end in ranges)
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(ranges))


@given(whole_hours)
def test_ranges_cover_nothing_else_where_they_may_be_as_many_as_needed(hours: list[datetime]) -> None:
    ranges = hour_ranges(hours, len(hours) + 1)
    covered = {start + number * HOUR for start, end in ranges for number in range((end - start) // HOUR)}
    assert covered == set(hours)


@given(whole_hours, st.integers(1, 5))
def test_of_all_ranges_that_cover_the_hours_these_are_the_shortest(hours: list[datetime], at_most: int) -> None:
    # Apart from the hours themselves, the fewest others are covered by leaving out the widest gaps.
    starts = sorted(set(hours))
    gaps = sorted((after - before - HOUR for before, after in itertools.pairwise(starts)), reverse=True)
    total = (starts[-1] + HOUR - starts[0] if starts else timedelta(0)) - sum(gaps[: at_most - 1], timedelta(0))
    assert sum((end - start for start, end in hour_ranges(hours, at_most)), timedelta(0)) == total


def test_ranges_are_at_most_eight_unless_more_are_asked_for() -> None:
    assert MAX_RANGES == 8
    assert len(hour_ranges(_hours(*range(0, 40, 2)))) == 8
    assert hour_ranges(_hours(0, 1, 5, 9, 30), 3) == [_span(0, 2), _span(5, 10), _span(30, 31)]
    assert hour_ranges(_hours(0, 9), 1) == [_span(0, 10)]
    assert hour_ranges([]) == []


@given(some_ranges, st.integers(0, 48), st.integers(0, 48))
def test_widened_ranges_cover_the_hours_around_and_no_others(ranges: list[Range], before: int, after: int) -> None:
    wide = widened(ranges, before * HOUR, after * HOUR)
    moments = [DAY + number * HOUR / 2 for number in range(-320, 380)]
    expected = [any(start - before * HOUR <= m < end + after * HOUR for start, end in ranges) for m in moments]
    assert [_covers(wide, moment) for moment in moments] == expected
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(wide)), "ranges that meet are joined"


def test_ranges_that_meet_are_joined() -> None:
    assert widened([_span(0, 2), _span(5, 6)], 1 * HOUR, 2 * HOUR) == [_span(-1, 8)]
    assert widened([_span(0, 2), _span(6, 7)], 1 * HOUR, 2 * HOUR) == [_span(-1, 4), _span(5, 9)]


def test_a_range_within_another_changes_nothing() -> None:
    assert widened([_span(0, 10), _span(2, 3)], timedelta(0), timedelta(0)) == [_span(0, 10)]


def test_a_predicate_names_moments_in_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    start = datetime(2021, 6, 1, 5, 30, tzinfo=east)
    assert sql_within("created_at", [(start, start + HOUR), _span(3, 5)]) == (
        "(created_at >= TIMESTAMP '2021-06-01 00:00:00Z' AND created_at < TIMESTAMP '2021-06-01 01:00:00Z') OR "
        "(created_at >= TIMESTAMP '2021-06-01 03:00:00Z' AND created_at < TIMESTAMP '2021-06-01 05:00:00Z')"
    )


@pytest.mark.parametrize(("ranges", "expected"), [([_span(1, 2), _span(4, 6)], [3600, 7199, 14400]), ([], [])])
def test_a_range_holds_its_start_and_not_its_end(spark: SparkSession, ranges: list[Range], expected: list[int]) -> None:
    seconds = [0, 3599, 3600, 7199, 7200, 14399, 14400, 21600]
    rows = spark.createDataFrame([(int(DAY.timestamp()) + s, s) for s in seconds], "epoch bigint, s int")
    timed = rows.withColumn("time", F.timestamp_seconds("epoch"))
    assert sorted(row.s for row in timed.where(within("time", ranges)).collect()) == expected
