"""Keys that a running stream remembers, so that it need not look into the tables for what cannot be there."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

# New keys wait in a dictionary, of some 100 bytes each, before they are sorted in among the others.
_MOST_NEW = 50_000

Hashes = npt.NDArray[np.int64]
Hours = npt.NDArray[np.float64]


class Recent:
    """The keys of a table's rows, as 64-bit hashes, with the hours of their rows.

    It has all rows of the hour `since` and of later ones; for older ones the table has to be asked. Beyond `most` keys
    the oldest hours are forgotten. Two keys may share a hash: so it only ever spares a look, and never decides.
    """

    def __init__(self, since: float, most: int) -> None:
        self._since = since
        self._most = most
        self._keys = np.empty(0, np.int64)  # sorted
        self._hours = np.empty(0, np.int32)
        self._new: dict[int, int] = {}

    def where(self, keys: Hashes, hours: Hours) -> Hours:
        """The hour in which the table may have each of the keys, of records of these hours; NaN where it has none."""
        found = np.where(hours < self._since, hours, np.nan)
        if self._new:
            new = np.fromiter((self._new.get(key, -1) for key in keys.tolist()), np.int64, len(keys))
            found = np.where(new >= 0, new, found)
        if len(self._keys):
            places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            found = np.where(self._keys[places] == keys, self._hours[places], found)
        return found

    def add(self, keys: Iterable[int], hours: Iterable[float]) -> None:
        """Remembers keys of rows that the table has got."""
        self._new.update((key, int(hour)) for key, hour in zip(keys, hours, strict=True) if hour >= self._since)
        if len(self._new) > _MOST_NEW:
            self._sort_in()

    def _sort_in(self) -> None:
        keys = np.fromiter(self._new.keys(), np.int64, len(self._new))
        order = np.argsort(keys)
        keys, hours = keys[order], np.fromiter(self._new.values(), np.int32, len(self._new))[order]
        places = np.searchsorted(self._keys, keys)
        self._keys, self._hours = np.insert(self._keys, places, keys), np.insert(self._hours, places, hours)
        self._new.clear()
        while len(self._keys) > self._most:
            oldest = self._hours.min()
            kept = self._hours > oldest
            self._keys, self._hours = self._keys[kept], self._hours[kept]
            self._since = float(oldest) + 1
