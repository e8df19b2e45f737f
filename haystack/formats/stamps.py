"""Dates and zones as services write them, for the formats that read them.

Everything here answers None to a date that does not exist: a line with such a stamp is not of the format.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
# A log of years outside of these is none; and at both ends of the calendar a change of zone overflows.
_YEARS = range(1970, 9000)
# How far in the future a stamp without a year may lie: the node's zone and clock are not ours.
_AHEAD = timedelta(days=1)

_WORDY = re.compile(
    r"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) ([ \d]?\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))? (\d{4})$", re.ASCII
)
_HTTP = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?: ([+-]\d{4}))?$", re.ASCII)


def stamp_to_time(date: str, clock: str, fraction: str | None = None, zone: str | None = None) -> datetime | None:
    """Date, clock, fraction and zone as written to a datetime, naive without a zone; None for 2026-13-45.

    The hour may be padded with a blank (`` 6:07:30``); of a fraction the first six digits count.
    """
    try:
        time = datetime.fromisoformat(f"{date} {clock.replace(' ', '0')}.{(fraction or '0')[:6].ljust(6, '0')}")
    except ValueError:
        return None
    if time.year not in _YEARS:
        return None
    return time.replace(tzinfo=read_zone(zone)) if zone else time


def read_zone(text: str) -> timezone:
    """``Z``, ``+0530``, ``+05`` or ``-05:00`` as a fixed zone."""
    if text in ("Z", "z"):
        return timezone.utc
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=min(int(digits[:2]), 23), minutes=min(int(digits[2:4] or 0), 59))
    return timezone(-offset if text[0] == "-" else offset)


def iso_to_time(text: str) -> datetime | None:
    """``2026-03-11T09:12:45.101Z`` in all its spellings: blank or T, comma or point, any zone or none."""
    found = _ISO.match(text)
    return stamp_to_time(*found.groups()) if found else None


_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?$", re.ASCII)


def wordy_to_time(text: str) -> datetime | None:
    """ctime's ``Sun Nov 22 06:06:27 2026``, and Apache's with a fraction."""
    found = _WORDY.match(text)
    if found is None or found.group(1) not in MONTHS:
        return None
    month, day, clock, fraction, year = found.groups()
    return stamp_to_time(f"{year}-{MONTHS[month]:02}-{int(day):02}", clock, fraction)


def http_to_time(text: str) -> datetime | None:
    """``22/Nov/2026:06:40:43.022`` of HAProxy and ``22/Nov/2026:06:40:43 +0000`` of web servers."""
    found = _HTTP.match(text)
    if found is None or found.group(2) not in MONTHS:
        return None
    day, month, year, clock, fraction, zone = found.groups()
    return stamp_to_time(f"{year}-{MONTHS[month]:02}-{day}", clock, fraction, zone)


def without_year(month: int, day: int, clock: str, fraction: str | None = None) -> datetime | None:
    """The time of a stamp that leaves the year out, as RFC 3164 syslog and klog do: the newest, seen from now."""
    # 2000 was a leap year, so it has every day there is.
    time = stamp_to_time(f"2000-{month:02}-{day:02}", clock, fraction)
    return newest_year(time, datetime.now(timezone.utc).replace(tzinfo=None)) if time else None


def newest_year(time: datetime, reference: datetime) -> datetime | None:
    """The time in the newest year that does not put it more than a day after ``reference`` (naive, or else in UTC).

    The day allows for the node's zone and clock. So a line of ``Dec 31`` read in January is of the year before, and a
    ``Feb 29`` is of the last leap year. The best reference for a file is its last line's stamp, itself resolved by the
    file's mtime: no line is newer, so the years come out in order also where a file reaches back over New Year.
    None when no year fits.
    """
    if reference.tzinfo is not None:
        reference = reference.astimezone(timezone.utc).replace(tzinfo=None)
    limit = reference + _AHEAD
    naive = time.replace(tzinfo=None)
    for year in range(limit.year, limit.year - 9, -1):
        try:
            candidate = naive.replace(year=year)
        except ValueError:  # the 29th of February
            continue
        if candidate <= limit:
            return candidate.replace(tzinfo=time.tzinfo)
    return None
