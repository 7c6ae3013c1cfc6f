"""How surprising a count of a hashtag is, given the hashtag's own past at the same hours of the week.

Time is cut into windows of equal length that fill a week, so that a window's place in the week, its *slot*, stands for
its hours of the week. The past of a window are all windows that began QUIET_WEEKS before it or earlier: a burst of
several days does not hide its own later days, for which surveillance of epidemics leaves out the last half year
(Farrington et al. 1996; Noufaily et al. 2013, An improved algorithm for outbreak detection in multiple surveillance
systems). From these comes the way to judge, too: an expected count from comparable weeks, a negative binomial
distribution around it that is as wide as the past was uneven, and the chance of so many or more.

- *Expected.* Posts an hour in the same slot before, drawn towards the hashtag's posts an hour in all of its past with
  the weight of _SLOT_WEEKS weeks; that starts from half a post in all (Jeffreys' prior for a Poisson rate), so that a
  new hashtag has a history of zero since the stream's beginning, and not none. Only hours in which the stream had a
  post at all are counted: where nothing was collected, it is not known what was said. Where posts without the hashtag
  have become more than usual, as many times more are expected of the hashtag: a stream that grows is no burst of each
  of its hashtags.
- *Unevenness.* The squared coefficient of variation of the hashtag's past counts beyond Poisson's, by moments, drawn
  towards _UNEVEN (rates that vary as much as their mean) with the weight of _UNEVEN_WINDOWS windows of use.
- *What is not known.* The expected count comes from so many windows only, and is as uncertain as these were uneven. The
  chance over that is the beta negative binomial's: short histories have long tails.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv
from scipy.stats import nbinom

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# Where windows are counted from: a Monday, so that slot 0 is the first of the week.
EPOCH = datetime(1970, 1, 5)  # noqa: DTZ001 -- UTC without a zone, as the index has its times
WEEK_HOURS = 168
# The weeks just before a window that are no part of its past.
QUIET_WEEKS = 2
# Hours with posts that the past of a window needs: windows with fewer are not judged.
LEAST_PAST_HOURS = 24
_SLOT_WEEKS = 4
_UNEVEN = 1.0
_UNEVEN_WINDOWS = 10.0
# The quantiles between which a rate is taken to be the higher one: a chance is overstated, by a third at most.
_QUANTILES = 10.0 ** -np.arange(0, 12.01, 0.125)


@dataclass(frozen=True)
class Windows:
    """The windows in which the stream had posts, in order of time: number since EPOCH, hours with posts, and posts."""

    hours_each: int
    number: Places
    hours: Numbers
    posts: Numbers

    @property
    def slots(self) -> int:
        """How many windows a week has."""
        return WEEK_HOURS // self.hours_each

    @property
    def length(self) -> timedelta:
        """Of a window."""
        return timedelta(hours=self.hours_each)

    def start(self, number: int) -> datetime:
        """When a window begins."""
        return EPOCH + self.length * int(number)


@dataclass(frozen=True)
class Cells:
    """What was counted of a hashtag (by number) in one of the windows: posts and authors. Each cell comes once."""

    hashtag: Places
    window: Places
    posts: Numbers
    authors: Numbers


@dataclass(frozen=True)
class Expected:
    """What was to be expected of a count, by cell: its mean, its rate's unevenness, and how many windows tell so."""

    mean: Numbers
    uneven: Numbers
    windows: Numbers

    def of(self, cells: Flags | Places) -> "Expected":
        """Of some of the cells."""
        return Expected(self.mean[cells], self.uneven[cells], self.windows[cells])

    def least_chance(self, counts: Numbers) -> Numbers:
        """The chance of a count at least as large, were the mean known."""
        size = 1 / self.uneven
        found: Numbers = nbinom.sf(counts - 1, size, size / (size + self.mean))
        return found

    def chance(self, counts: Numbers) -> Numbers:
        """The chance of a count at least as large: never less than `least_chance`, and a thousand times its work."""
        size = 1 / self.uneven
        # The negative binomial's own probability, which says how large its mean is, is uncertain like a beta.
        a, b = size * self.windows + 1, self.mean * self.windows
        lower = np.maximum(betaincinv(a[:, None], b[:, None], _QUANTILES[None, 1:]), np.finfo(float).tiny)
        above = nbinom.sf(counts[:, None] - 1, size[:, None], lower)
        found = above @ -np.diff(_QUANTILES) + _QUANTILES[-1]
        at_least: Numbers = np.maximum(self.least_chance(counts), np.minimum(found, 1.0))
        return at_least


class Past:
    """What the past of some of the cells holds, by their places.

    Only windows with `enough` of a past are judged, and so are only the cells of these: `judged`.
    """

    def __init__(self, cells: Cells, windows: Windows, places: Places) -> None:
        self._cells = cells
        self._windows = windows
        self._places = places
        self._at = np.searchsorted(windows.number, cells.window[places])
        quiet = QUIET_WEEKS * windows.slots
        every = np.arange(len(windows.number))
        self._stream = _Sums(windows.number, np.zeros(len(every), np.int64), every, quiet)
        self._stream_slot = _Sums(windows.number, windows.number % windows.slots, every, quiet)
        self._own = _Sums(cells.window, cells.hashtag, places, quiet)
        slots = cells.hashtag * windows.slots + cells.window % windows.slots
        self._own_slot = _Sums(cells.window, slots, places, quiet)
        past_hours = self._stream.of(windows.hours)
        self.enough: Flags = past_hours >= LEAST_PAST_HOURS
        self._hours = np.maximum(past_hours, 1)[self._at]
        self._slot_hours = self._stream_slot.of(windows.hours)[self._at]
        self.judged: Flags = self.enough[self._at]

    def expected(self, counts: Numbers) -> Expected:
        """What was to be expected of the places' counts, from all cells' counts of posts or of authors."""
        before, slot_before = self._own.of(counts), self._own_slot.of(counts)
        mean = self._rate(slot_before, before) * self._windows.hours[self._at] * self._growth()
        share = self._slot_hours / (self._slot_hours + self._drawn)
        variance = share**2 / np.maximum(self._slot_hours, 1) + (1 - share) ** 2 / self._hours
        uneven = self._unevenness(before, self._own.of(counts**2))
        return Expected(mean, uneven, 1 / (variance * self._windows.hours_each))

    def tested(self) -> int:
        """How many cells are judged, with those of hashtags seen until then that nobody used in the window."""
        first = np.full(int(self._cells.hashtag.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(first, self._cells.hashtag, self._cells.window)
        return int(np.searchsorted(np.sort(first), self._windows.number[self.enough], side="right").sum())

    @property
    def _drawn(self) -> float:
        return float(_SLOT_WEEKS * self._windows.hours_each)

    def _rate(self, of_slot: Numbers, of_all: Numbers) -> Numbers:
        """Of counts, how many an hour."""
        return (of_slot + self._drawn * (of_all + 0.5) / self._hours) / (self._slot_hours + self._drawn)

    def _growth(self) -> Numbers:
        """How many times more posts without the hashtag there are in a cell's window than before; at least once."""
        posts, own = self._windows.posts, self._cells.posts
        now = (posts[self._at] - own[self._places]) / self._windows.hours[self._at]
        slot_before = self._stream_slot.of(posts)[self._at] - self._own_slot.of(own)
        usual = self._rate(slot_before, self._stream.of(posts)[self._at] - self._own.of(own))
        return np.maximum(1.0, now / usual)

    def _unevenness(self, total: Numbers, squares: Numbers) -> Numbers:
        windows = np.maximum(1, self._stream.of(np.ones(len(self._windows.number)))[self._at])
        used = self._own.of(np.ones(len(self._cells.window)))
        mean = total / windows
        beyond = np.maximum(squares / windows - mean**2 - mean, 0)
        own = np.divide(beyond, mean**2, out=np.zeros_like(mean), where=mean > 0)
        found: Numbers = (used * own + _UNEVEN_WINDOWS * _UNEVEN) / (used + _UNEVEN_WINDOWS)
        return found


def q_values(p: Numbers, tested: int) -> Numbers:
    """Of p-values the smallest false discovery rate at which each is a discovery (Benjamini & Hochberg 1995).

    `tested` counts all tests; those whose p-values are not told had 1.

    >>> q_values(np.array([0.04, 0.001, 0.02]), 4).round(3).tolist()
    [0.053, 0.004, 0.04]
    """
    order = np.argsort(p)
    steps = p[order] * tested / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1])
    return q


class _Sums:
    """For some of the rows, sums over those of their group whose windows lie `quiet` windows before their own, or more.

    Group by group in the order of time, these lie side by side: a sum is the difference of two running totals.
    """

    def __init__(self, window: Places, group: Places, places: Places, quiet: int) -> None:
        first = int(window.min(initial=0))
        span = int(window.max(initial=0)) - first + 1 + quiet
        keys = group * span + (window - first) + quiet
        self._order = np.argsort(keys, kind="stable")
        in_order = keys[self._order]
        self._begins = np.searchsorted(in_order, group[places] * span)
        self._ends = np.searchsorted(in_order, keys[places] - quiet, side="right")

    def of(self, values: Numbers) -> Numbers:
        sums = np.concatenate([[0.0], np.cumsum(values[self._order], dtype=float)])
        found: Numbers = sums[self._ends] - sums[self._begins]
        return found
