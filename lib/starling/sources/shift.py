"""Posts moved to another time: their times and their ids, so that they are new posts that refer to one another.

An id of X carries its post's time: milliseconds since SNOWFLAKE_EPOCH_MS in the bits above the lowest 22. A new id is
a function of the old id alone, so that a post and what refers to it, in whatever file and order, agree.

Which ids meet? With speed 1, none: the same number is added to all. With a higher speed, `speed` old milliseconds
share a new one, and by counting no function of the old id can keep all apart. The place of the old millisecond within
the new one, times an odd number, is therefore added to the 22 low bits (machine and sequence). Ids of one old
millisecond never meet; up to speed 4096, neither do ids whose sequences (the lowest 12 bits) are equal. Of other pairs
that share a new millisecond, 1 in 54 million met at speed 3600, 1 in 4 million at speed 86,400 (measured with the low
bits of real ids). At 500 shifted posts a second the latter is a pair in nine hours, and the stream takes the second
post of it for a duplicate.

Ids from before November 2010 were counted, not timed. They are moved by adding, like all ids at speed 1.
"""

from dataclasses import dataclass
from fractions import Fraction

from starling.sources.timestamps import time_ms, time_text

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
FIRST_SNOWFLAKE = 29_700_859_247
_LOW_BITS = 22
_LOW_MASK = (1 << _LOW_BITS) - 1
_SPREAD = 0x9E37_79B1  # odd, and its bits are those of the golden ratio: near places land far apart
_ID_LIMIT = 1 << 63
_ID_DIGITS = 20


class Unshiftable(ValueError):  # noqa: N818 - it is a property of the record, not an error of the run
    """Why a record cannot be moved to another time."""


def post_id(value: object) -> str | None:
    """A post's id as text, from a JSON string or number; None for what is no id.

    >>> post_id("20"), post_id(20), post_id("x20"), post_id(True)
    ('20', '20', None, None)
    """
    if type(value) is int:
        value = str(value)
    is_id = isinstance(value, str) and len(value) <= _ID_DIGITS and value.isascii() and value.isdigit()
    return str(value) if is_id else None


@dataclass(frozen=True)
class Shift:
    """Maps time to time: `first_ms` becomes `start_ms`, and distances from it are divided by `speed`."""

    first_ms: int
    start_ms: int
    speed: Fraction = Fraction(1)

    def ms(self, ms: int) -> int:
        """The new time of an old one, in whole milliseconds, rounded down.

        >>> Shift(first_ms=1_000, start_ms=50_000, speed=Fraction(3)).ms(1_005)
        50001
        """
        return self.start_ms + self._ticks(ms - self.first_ms)

    def time(self, value: object) -> object:
        """The new time where the value is one, to the millisecond where the old one had a fraction; else as it is.

        Raises Unshiftable where the new time has no calendar date.
        """
        ms = time_ms(value)
        if ms is None or not isinstance(value, str):
            return value
        try:
            return time_text(self.ms(ms), fraction="." in value or "," in value)
        except OverflowError:
            raise Unshiftable("its time would leave the calendar") from None

    def reference(self, value: object) -> object:
        """The new id where the value is one, as text or number like the old one; else as it is."""
        old = post_id(value)
        if old is None:
            return value
        new = self.post_id(int(old))
        return new if isinstance(value, int) else str(new)

    def post_id(self, old: int) -> int:
        """The new id of an old one. Raises Unshiftable where it leaves the range of ids, [0, 2^63).

        >>> Shift(first_ms=0, start_ms=1_000).post_id(1158034670233235456) - 1158034670233235456 == 1_000 << 22
        True
        """
        new = self._counted(old) if old < FIRST_SNOWFLAKE else self._timed(old)
        if not 0 <= new < _ID_LIMIT:
            raise Unshiftable("an id in it would leave the range of ids")
        return new

    def _ticks(self, distance_ms: int) -> int:
        return distance_ms * self.speed.denominator // self.speed.numerator

    def _counted(self, old: int) -> int:
        return old + ((self.start_ms - self.first_ms) << _LOW_BITS)

    def _timed(self, old: int) -> int:
        distance = (old >> _LOW_BITS) + SNOWFLAKE_EPOCH_MS - self.first_ms
        ticks = self._ticks(distance)
        place = distance - ticks * self.speed.numerator // self.speed.denominator
        low = (old + place * _SPREAD) & _LOW_MASK
        return (self.start_ms + ticks - SNOWFLAKE_EPOCH_MS) << _LOW_BITS | low
