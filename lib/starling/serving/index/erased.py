"""How much was erased of what the index has texts of."""

import logging

import pyarrow.compute as pc

from starling.failures import in_one_line
from starling.ops import erasures
from starling.serving.index.files import Followed, rows
from starling.serving.index.mirrored import POSTS, REJECTED

_TEXTS = (POSTS.table.name, REJECTED.table.name)
_LOG = logging.getLogger(__name__)


class Erased:
    """Counts the erasures whose files are gone from the lake: what they took out is to be nowhere else either."""

    def __init__(self, lake: str) -> None:
        self._followed = Followed(erasures.TABLE.path(lake))
        self._seen: tuple[str, int] | None = None
        self._count = 0

    def count(self) -> int | None:
        """How many there are; None where the lake cannot be read."""
        try:
            newest = self._followed.newest()
            if newest != self._seen:
                self._count = self._counted() if newest else 0
                self._seen = newest
        except Exception as error:
            self._followed.forget()
            _LOG.warning("%s cannot be read: %s", erasures.TABLE.name, in_one_line(error))
            return None
        return self._count

    def _counted(self) -> int:
        fragments = self._followed.snapshot().fragments.values()
        names = [
            name
            for fragment in fragments
            for table in rows(fragment, ("table_name", "files_gone_at"))
            for name in table.filter(pc.is_valid(table["files_gone_at"]))["table_name"].to_pylist()
        ]
        return sum(name in _TEXTS for name in names)
