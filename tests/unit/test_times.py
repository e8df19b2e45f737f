"""Times and zones as operators type them."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.cli.times import read_time, read_zone

UTC = timezone.utc
NOW = datetime(2026, 11, 22, 12, 30, 15, 500, tzinfo=UTC)
INDIA = timezone(timedelta(hours=5, minutes=30))


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[misc,arg-type]


# (text, zone, time in UTC)
TIMES: list[tuple[str, tzinfo, datetime]] = [
    ("2026-11-22T14:00", UTC, utc(2026, 11, 22, 14)),
    ("2026-11-22 14:00:05", UTC, utc(2026, 11, 22, 14, 0, 5)),
    ("2026-11-22T14:00:05.250Z", INDIA, utc(2026, 11, 22, 14, 0, 5, 250000)),
    ("2026-11-22T14:00+02:00", INDIA, utc(2026, 11, 22, 12)),
    ("2026-11-22T14:00", INDIA, utc(2026, 11, 22, 8, 30)),
    ("2026-11-21", UTC, utc(2026, 11, 21)),
    ("22 Nov 2026 06:00", UTC, utc(2026, 11, 22, 6)),
    ("now", UTC, NOW),
    (" NOW ", UTC, NOW),
    ("today", UTC, utc(2026, 11, 22)),
    ("yesterday", UTC, utc(2026, 11, 21)),
    ("today", INDIA, utc(2026, 11, 21, 18, 30)),
    ("Yesterday", INDIA, utc(2026, 11, 20, 18, 30)),
    # a clock time is the last such one
    ("12:00", UTC, utc(2026, 11, 22, 12)),
    ("14:00", UTC, utc(2026, 11, 21, 14)),
    ("9:05", UTC, utc(2026, 11, 22, 9, 5)),
    ("12:30:16", UTC, utc(2026, 11, 21, 12, 30, 16)),
    ("17:59", INDIA, utc(2026, 11, 22, 12, 29)),
    ("18:01", INDIA, utc(2026, 11, 21, 12, 31)),
    ("14:00Z", UTC, utc(2026, 11, 21, 14)),
    ("2pm", UTC, utc(2026, 11, 21, 14)),
    ("9 am", UTC, utc(2026, 11, 22, 9)),
    # so long ago
    ("2 hours ago", UTC, NOW - timedelta(hours=2)),
    ("2 HOURS AGO", UTC, NOW - timedelta(hours=2)),
    ("1 hour ago", UTC, NOW - timedelta(hours=1)),
    ("90m", UTC, NOW - timedelta(minutes=90)),
    ("90 min", UTC, NOW - timedelta(minutes=90)),
    ("5 minutes ago", UTC, NOW - timedelta(minutes=5)),
    ("1.5h", UTC, NOW - timedelta(hours=1.5)),
    ("30s ago", UTC, NOW - timedelta(seconds=30)),
    ("10 secs ago", UTC, NOW - timedelta(seconds=10)),
    ("3d", UTC, NOW - timedelta(days=3)),
    ("2 weeks ago", UTC, NOW - timedelta(weeks=2)),
]


@pytest.mark.parametrize(("text", "zone", "time"), TIMES, ids=[f"{row[0]}-{row[1]}" for row in TIMES])
def test_read_time(text: str, zone: tzinfo, time: datetime) -> None:
    found = read_time(text, zone, NOW)
    assert found.tzinfo is not None
    assert found == time


@pytest.mark.parametrize(
    "text", ["", "  ", "soon", "25:00", "12:60", "2026-13-01", "2026-02-30", "five hours ago", "5 months ago", "-5h", "ago", "1e999h", "9" * 400 + "h"]
)  # fmt: skip
def test_no_time(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        read_time(text, UTC, NOW)


@given(st.text(max_size=20))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    with suppress(ValueError, OverflowError):
        assert read_time(text, UTC, NOW).tzinfo is not None


def test_a_clock_time_in_the_hour_that_summer_time_skips() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert read_time("2026-06-01 12:00", berlin, NOW).astimezone(UTC) == utc(2026, 6, 1, 10)
    assert read_time("2026-12-01 12:00", berlin, NOW).astimezone(UTC) == utc(2026, 12, 1, 11)


# (text, offset in minutes on NOW)
ZONES = [
    ("UTC", 0),
    ("utc", 0),
    ("Z", 0),
    ("+05:30", 330),
    ("+0530", 330),
    ("-03:30", -210),
    ("+2", 120),
    ("UTC+2", 120),
    ("GMT-5", -300),
    ("Europe/Berlin", 60),
    ("America/New_York", -300),
    (" Asia/Kolkata ", 330),
]


@pytest.mark.parametrize(("text", "minutes"), ZONES)
def test_zone(text: str, minutes: int) -> None:
    assert read_zone(text).utcoffset(NOW.replace(tzinfo=None)) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "Mars", "Europe", "Europe/Berlinn", "../../etc/passwd", "/etc/localtime", "+25:00", "+99", "-24", "\0", "x" * 5000]
)  # fmt: skip
def test_no_zone(text: str) -> None:
    with pytest.raises(ValueError):
        read_zone(text)
