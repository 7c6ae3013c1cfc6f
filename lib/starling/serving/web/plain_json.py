"""Answers as JSON: times in ISO 8601, keys in the order that says what belongs together."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from flask.json.provider import DefaultJSONProvider


class PlainJson(DefaultJSONProvider):
    """Flask's, but for times, which it writes as HTTP does, and for the order of keys."""

    sort_keys = False

    @staticmethod
    def default(value: Any) -> Any:
        """What JSON has no word for. Times without a zone are UTC, as all of the index's are.

        >>> PlainJson.default(datetime(2021, 6, 30, 12, 0, 1)), PlainJson.default(timedelta(minutes=5))
        ('2021-06-30T12:00:01Z', 300.0)
        """
        if isinstance(value, datetime):
            known = value.astimezone(timezone.utc) if value.tzinfo else value
            return known.strftime("%Y-%m-%dT%H:%M:%SZ")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, timedelta):
            return value.total_seconds()
        return DefaultJSONProvider.default(value)
