"""How reports word times."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from haystack.report.words import clock, span


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-11-22T06:07:21", "2026-11-22T06:07:21", "06:07:21"),
        ("2026-11-22T06:07:21", "2026-11-22T06:09:40", "06:07:21 to 06:09:40"),
        ("2026-11-22T23:59:00", "2026-11-23T00:01:00", "23:59:00 to 11-23 00:01:00"),
        ("2025-12-31T23:59:00", "2026-01-29T15:39:15", "23:59:00 to 2026-01-29 15:39:15"),
    ],
)
def test_a_span_names_the_day_and_the_year_only_where_they_change(first: str, last: str, expected: str) -> None:
    assert span(at(first), at(last)) == expected


def test_a_clock_names_another_day() -> None:
    assert clock(at("2026-01-01T00:00:01"), date(2025, 12, 31)) == "2026-01-01 00:00:01.000"
    assert clock(at("2026-01-01T00:00:01"), date(2026, 1, 2)) == "01-01 00:00:01.000"
    assert clock(at("2026-01-01T00:00:01")) == "00:00:01.000"
    assert clock(None) == "--:--:--.---"
