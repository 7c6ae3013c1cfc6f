"""Times as X writes them, as milliseconds since 1970 and back."""

import re
from datetime import datetime, timedelta, timezone

_ISO_8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def time_ms(text: object) -> int | None:
    """Milliseconds since 1970 of a full ISO 8601 time, UTC where it names no zone; None for anything else.

    >>> time_ms("2019-08-04T15:19:15.250Z"), time_ms("2019-08-04T17:19:15+02:00"), time_ms("yesterday")
    (1564931955250, 1564931955000, None)
    """
    found = _ISO_8601.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = found.groups()
    try:
        time = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=timezone.utc)
    except ValueError:  # a 30th of February
        return None
    ms = (time - _EPOCH) // _MILLISECOND + int((fraction or "0").ljust(3, "0")[:3])
    if sign is None:
        return ms
    ahead = (int(zone_hours) * 60 + int(zone_minutes)) * 60_000
    return ms - ahead if sign == "+" else ms + ahead


def time_text(ms: int, fraction: bool = True) -> str:
    """ISO 8601 in UTC with a Z, to the millisecond or, without `fraction`, cut to the second.

    Raises OverflowError outside the years 1 to 9999.

    >>> time_text(1564931955250), time_text(1564931955250, fraction=False)
    ('2019-08-04T15:19:15.250Z', '2019-08-04T15:19:15Z')
    """
    time = _EPOCH + timedelta(milliseconds=ms)
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds" if fraction else "seconds") + "Z"
