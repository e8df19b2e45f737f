"""Times and zones as operators type them: ISO, ``14:00``, ``2 hours ago``; ``Europe/Berlin``, ``+05:30``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|second|m|min|minute|h|hour|d|day|w|week)s?(?:\s+ago)?$", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
# A time of day without a date, with or without seconds and zone.
_CLOCK = re.compile(r"\d{1,2}(:\d\d){0,2}(\.\d+)?\s*([ap]m)?\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.IGNORECASE)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?$", re.IGNORECASE)


def read_zone(text: str) -> tzinfo:
    """The zone an operator means. Raises ValueError for what is none."""
    text = text.strip()
    if text.upper() in ("UTC", "Z"):
        return timezone.utc
    found = _OFFSET.match(text)
    if found:
        minutes = int(found.group(2)) * 60 + int(found.group(3) or 0)
        return timezone(timedelta(minutes=-minutes if found.group(1) == "-" else minutes))
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as err:
        raise ValueError(f'no zone "{text}"') from err


def read_time(text: str, zone: tzinfo, now: datetime) -> datetime:
    """The aware time an operator means; a clock time is the last such one before ``now``. Raises ValueError."""
    text = text.strip()
    if text.lower() == "now":
        return now
    ago = _AGO.match(text)
    if ago:
        unit = _UNITS[ago.group(2)[0].lower()]
        return now - timedelta(**{unit: float(ago.group(1))})
    # Imported when a time was given: most runs have none, and it takes 15 ms.
    from dateutil import parser
    from dateutil.relativedelta import relativedelta

    if text.lower() in ("today", "yesterday"):
        midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - relativedelta(days=text.lower() == "yesterday")
    if text.startswith("-"):
        raise ValueError("a time in the past is written with ago: 5 hours ago")
    time = parser.parse(text, default=now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0))
    time = time if time.tzinfo else time.replace(tzinfo=zone)
    if _CLOCK.fullmatch(text) and time > now:
        time -= timedelta(days=1)
    return time
