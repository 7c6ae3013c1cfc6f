"""Hours, and ranges of them short enough to be a predicate."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from pyspark.sql import Column
from pyspark.sql import functions as F

HOUR = timedelta(hours=1)
EPOCH = datetime.fromtimestamp(0, timezone.utc)
Range = tuple[datetime, datetime]

# Literal ranges in one predicate: enough to skip most files of a replay that jumps through years, few enough to plan
# and to compile quickly, which Spark does anew for every number of ranges that it meets.
MAX_RANGES = 8


def hour_ranges(hours: Iterable[datetime], at_most: int = MAX_RANGES) -> list[Range]:
    """The half-open ranges [start, end) that cover the given whole hours: the narrowest gaps are covered too when
    there would be more ranges than `at_most`. No hours, no ranges.

    One range from the first hour to the last would reach over years as soon as one post is late.

    >>> day = datetime(2021, 6, 1, tzinfo=timezone.utc)
    >>> [f"{a:%H}-{b:%H}" for a, b in hour_ranges([day + 5 * HOUR, day, day + HOUR])]
    ['00-02', '05-06']
    """
    starts = sorted(set(hours))
    if not starts:
        return []
    gaps = [after - before for before, after in pairwise(starts)]
    widest = sorted((gap for gap in gaps if gap > HOUR), reverse=True)[: at_most - 1]
    ranges: list[Range] = []
    for start, gap in zip(starts, [timedelta.max, *gaps], strict=True):
        if gap in widest or not ranges:
            if ranges:
                widest.remove(gap)
            ranges.append((start, start + HOUR))
        else:
            ranges[-1] = (ranges[-1][0], start + HOUR)
    return ranges


def widened(ranges: Sequence[Range], before: timedelta, after: timedelta) -> list[Range]:
    """The ranges with the hours around them, joined where they meet."""
    joined: list[Range] = []
    for start, end in sorted((start - before, end + after) for start, end in ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def within(time: str, ranges: Sequence[Range]) -> Column:
    """Whether the column `time` is in one of the ranges."""
    return F.expr(sql_within(time, ranges))


def since(time: str, start: datetime) -> Column:
    """Whether the column `time` is at `start` or later."""
    return F.expr(f"{time} >= {_literal(start)}")


def sql_within(time: str, ranges: Sequence[Range]) -> str:
    """The same as SQL, with literals that Delta can skip files by.

    >>> day = datetime(2021, 6, 1, tzinfo=timezone.utc)
    >>> sql_within("hour", [(day, day + 24 * HOUR)])
    "(hour >= TIMESTAMP '2021-06-01 00:00:00Z' AND hour < TIMESTAMP '2021-06-02 00:00:00Z')"
    >>> sql_within("hour", [])
    'false'
    """
    tests = [f"({time} >= {_literal(start)} AND {time} < {_literal(end)})" for start, end in ranges]
    return " OR ".join(tests) or "false"


def _literal(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}Z'"
