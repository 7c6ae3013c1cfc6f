"""Numbers and times as a page writes them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

_NOTHING = "—"


def count(value: float | None) -> str:
    """
    >>> count(11813), count(None)
    ('11,813', '—')
    """
    return _NOTHING if value is None else f"{value:,.0f}"


def score(value: float | None) -> str:
    """
    >>> score(0.3298), score(-0.5), score(None)
    ('+0.330', '-0.500', '—')
    """
    return _NOTHING if value is None else f"{value:+.3f}"


def percent(value: float | None) -> str:
    """
    >>> percent(0.6364), percent(None)
    ('63.6%', '—')
    """
    return _NOTHING if value is None else f"{value:.1%}"


def moment(value: datetime | None) -> str:
    """
    >>> moment(datetime(2021, 7, 1, 20, 46, 16))
    '2021-07-01 20:46'
    """
    return _NOTHING if value is None else value.strftime("%Y-%m-%d %H:%M")


def ago(value: timedelta) -> str:
    """
    >>> ago(timedelta(seconds=5)), ago(timedelta(minutes=90)), ago(timedelta(days=3))
    ('5 s', '90 min', '3 days')
    """
    seconds = max(0, int(value.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 6_000:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} days"


FILTERS: Mapping[str, Callable[[Any], str]] = {
    "count": count,
    "score": score,
    "percent": percent,
    "moment": moment,
    "ago": ago,
}
