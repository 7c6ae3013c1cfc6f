"""When the records of a replay are due."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from starling.errors import ConfigError
from starling.sources.merge import Entry, Timeline

# A pass that follows another begins this long after the last post. Times in files are often cut to the second, while
# ids are not: those of two passes shall not meet.
BETWEEN_ROUNDS_MS = 1_000
_LEAST, _MOST = 0.001, 1_000_000_000


@dataclass(frozen=True)
class Pace:
    """How fast to play: `rate` records a second, or `speed` seconds of the files' time a second; else at full speed.

    Raises ConfigError for both at once, and for numbers that are no pace.
    """

    rate: float | None = None
    speed: float | None = None

    def __post_init__(self) -> None:
        """Refuses what is no pace."""
        if self.rate is not None and self.speed is not None:
            raise ConfigError("a replay has a rate or a speed, not both")
        for name, value in (("rate", self.rate), ("speed", self.speed)):
            if value is not None and not _LEAST <= value <= _MOST:
                raise ConfigError(f"{name} = {value:g}: wanted a number from {_LEAST:g} to {_MOST:,.0f}")

    def due_seconds(self, number: int, file_ms: int) -> float:
        """Seconds after the start at which a record is due; it is the `number`th, from 0, `file_ms` after the first.

        Always told from the start, so that late records do not add up to a drift.

        >>> Pace(rate=500).due_seconds(1000, 0), Pace(speed=3600).due_seconds(1, 7_200_000), Pace().due_seconds(9, 9)
        (2.0, 2.0, 0.0)
        """
        if self.rate is not None:
            return number / self.rate
        if self.speed is not None:
            return file_ms / 1000 / self.speed
        return 0.0


class Due(NamedTuple):
    """An entry, the pass it belongs to, from 0, and when it is due, in seconds after the start."""

    entry: Entry
    round: int
    seconds: float


@dataclass(frozen=True)
class Schedule:
    """The entries of `rounds` passes (None: without end), one after the other, each when it is due."""

    timeline: Timeline
    pace: Pace
    rounds: int | None = 1

    @property
    def round_ms(self) -> int:
        """Length of a pass, in the files' own time."""
        return self.timeline.last_ms - self.timeline.first_ms + BETWEEN_ROUNDS_MS

    @property
    def total(self) -> int | None:
        """How many entries there are in all passes; None when they do not end."""
        return None if self.rounds is None else self.rounds * self.timeline.count

    @property
    def seconds(self) -> float:
        """When the last entry is due, of the first pass where the passes do not end."""
        rounds = self.rounds or 1
        return self.pace.due_seconds(rounds * self.timeline.count - 1, rounds * self.round_ms - BETWEEN_ROUNDS_MS)

    def __iter__(self) -> Iterator[Due]:
        """The entries of all passes."""
        if not self.timeline.count:
            return
        number = 0
        for round_ in count() if self.rounds is None else range(self.rounds):
            before_ms = round_ * self.round_ms - self.timeline.first_ms
            for entry in self.timeline:
                yield Due(entry, round_, self.pace.due_seconds(number, max(0, before_ms + entry.time_ms)))
                number += 1
