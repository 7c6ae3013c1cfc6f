"""Times as X writes them, as micro- and milliseconds since 1970 and back."""

import re
from datetime import datetime, timedelta

_ISO_8601 = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?:(:\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 — without a zone, as what is compared with it: that is the faster
_MILLISECOND, _SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
# No clock on earth is further from UTC.
_FURTHEST_MINUTES = 18 * 60


def time_us(text: object) -> int | None:
    """Microseconds since 1970 of a full ISO 8601 time, UTC where it names no zone; None for anything else.

    >>> time_us("2019-08-04T15:19:15.250Z"), time_us("2019-08-04T17:19:15+02:00"), time_us("yesterday")
    (1564931955250000, 1564931955000000, None)
    """
    found = _ISO_8601.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    date, minutes, seconds, fraction, sign, zone_hours, zone_minutes = found.groups()
    try:
        time = datetime.fromisoformat(f"{date}T{minutes}{seconds or ''}")
    except ValueError:  # a 30th of February
        return None
    us = (time - _EPOCH) // _SECOND * 1_000_000 + int((fraction or "0")[:6].ljust(6, "0"))
    return us if sign is None else _in_utc(us, sign, int(zone_hours), int(zone_minutes))


def _in_utc(us: int, sign: str, hours: int, minutes: int) -> int | None:
    ahead = hours * 60 + minutes
    if minutes > 59 or ahead > _FURTHEST_MINUTES:
        return None
    return us - ahead * 60_000_000 if sign == "+" else us + ahead * 60_000_000


def time_ms(text: object) -> int | None:
    """The same in milliseconds.

    >>> time_ms("2019-08-04T15:19:15.250Z")
    1564931955250
    """
    us = time_us(text)
    return None if us is None else us // 1000


def time_text(ms: int, fraction: bool = True) -> str:
    """ISO 8601 in UTC with a Z, to the millisecond or, without `fraction`, cut to the second.

    Raises OverflowError outside the years 1 to 9999.

    >>> time_text(1564931955250), time_text(1564931955250, fraction=False)
    ('2019-08-04T15:19:15.250Z', '2019-08-04T15:19:15Z')
    """
    time = _EPOCH + timedelta(milliseconds=ms)
    return time.isoformat(timespec="milliseconds" if fraction else "seconds") + "Z"
