"""Offsets of clocks: when they count, how they are measured on a busy way, and how reports say them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from haystack.nodes.clock import _enough
from haystack.nodes.offset import Offset
from haystack.report.clocks import corrections
from haystack.search import facts
from haystack.search.clock import NodeClock

NOON = datetime(2026, 11, 22, 12)

# seconds, uncertainty as told, seconds that times are corrected by
OFFSETS = [
    (7.0004, 0.002, 7.0004),
    (-90.0, 0.002, -90.0),
    (0.010, 0.002, 0.010),
    (0.0099, 0.002, 0.0),
    (-0.0004, 0.0009, 0.0),
    (0.4, 0.5, 0.0),
    (-0.6, 0.5, -0.6),
    (0.5, 0.5, 0.5),
    (0.02, None, 0.02),
    (0.0005, None, 0.0),
    (2.5, -9, 2.5),
    (2.5, True, 2.5),
    (2.5, "much", 2.5),
    (2.5, float("nan"), 2.5),
    (float("nan"), 0.002, 0.0),
    (float("inf"), 0.002, 0.0),
    (True, 0.002, 0.0),
    ("7", 0.002, 0.0),
    (10**400, 0.002, 0.0),
]


@pytest.mark.parametrize(("seconds", "unsure", "ahead"), OFFSETS, ids=str)
def test_an_offset_counts_from_ten_milliseconds_and_its_uncertainty_on(
    seconds: object, unsure: object, ahead: float
) -> None:
    told = {"timezone": "UTC", "clock_offset_seconds": seconds, "clock_uncertainty_seconds": unsure}
    clock, problems = facts.clock({"facts.json": json.dumps(told).encode()})
    assert clock is not None
    assert not problems
    assert clock.ahead == ahead
    assert clock.to_utc(NOON) == (NOON - timedelta(seconds=ahead)).replace(tzinfo=timezone.utc)
    assert ("clock offset" in clock.source) == bool(ahead)


def test_a_measured_clock_that_is_right_is_not_left_to_estimate() -> None:
    told = {"timezone": "UTC", "clock_offset_seconds": 0.0003, "clock_uncertainty_seconds": 0.001}
    clock, _ = facts.clock({"facts.json": json.dumps(told).encode()})
    assert clock == NodeClock(timezone.utc, 0.0, "from facts.json", measured=True, uncertainty=0.001)


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (Offset(7.0004, 0.0012), "7.000 s ahead (± 2 ms)"),
        (Offset(-90.0461, 0.0000001), "90.046 s behind (± 1 ms)"),
        (Offset(3.0, 0.5), "3.000 s ahead (± 500 ms)"),
        (Offset(86400.5, 1.01), "86400.500 s ahead (± 1.1 s)"),
        (Offset(3.25), "3.250 s ahead"),
    ],
)
def test_an_offset_in_words(offset: Offset, words: str) -> None:
    assert offset.words == words


@pytest.mark.parametrize(
    ("delays", "enough"),
    [
        ([], False),
        ([0.001] * 9, False),
        ([0.001, *[0.5] * 9], True),
        ([0.019, *[0.5] * 9], True),
        # a long way takes as long each time
        ([0.3] * 10, True),
        ([0.3, 0.36, 0.37, *[0.9] * 7], True),
        # a busy machine does not
        ([0.3, 0.36, *[0.9] * 8], False),
        ([0.9, 1.4, 0.3, 0.6, 2.0, 0.7, 0.4, 0.8, 0.5, 1.0], False),
    ],
)
def test_more_round_trips_are_made_where_a_machine_is_busy(delays: list[float], enough: bool) -> None:
    assert _enough(delays) == enough


def measured(ahead: float, zone: str = "UTC", unsure: float = 0.002) -> NodeClock:
    known = timezone.utc if zone == "UTC" else ZoneInfo(zone)
    source = "from facts.json" + ", clock offset from facts.json" * bool(ahead)
    return NodeClock(known, ahead, source, measured=True, uncertainty=unsure)


ESTIMATED = NodeClock(timezone(timedelta(hours=-5)), -3.44, "estimated: at least 3.4 s behind")
MANY = {f"n{number:03}": measured(0, "Europe/Berlin") for number in range(200)}
CORRECTIONS: list[tuple[Mapping[str, NodeClock], list[str]]] = [
    ({}, []),
    ({"n1": NodeClock(), "n2": measured(0), "n3": NodeClock(ZoneInfo("Asia/Tokyo"), source="--tz")}, []),
    (MANY, ["n000, n001, n002, n003, n004 and 195 more: Europe/Berlin  (from facts.json); times are corrected"]),
    (
        # the odd ones first, whatever they are called
        {**MANY, "n007": measured(0, "Asia/Tokyo"), "n199": measured(7)},
        [
            "n199's clock is 7.000 s ahead (± 2 ms); times are corrected",
            "n007: Asia/Tokyo  (from facts.json); times are corrected",
            "n000, n001, n002, n003, n004 and 193 more: Europe/Berlin  (from facts.json); times are corrected",
        ],
    ),
    (
        {"a": measured(7), "b": measured(-90.0004, "Asia/Kolkata"), "c": ESTIMATED, "d": measured(0.012, unsure=0)},
        [
            "b's clock is 90.000 s behind (± 2 ms), Asia/Kolkata; times are corrected",
            "a's clock is 7.000 s ahead (± 2 ms); times are corrected",
            "c's clock is 3.4 s behind, UTC-05:00  (estimated: at least 3.4 s behind); times are corrected",
            "d's clock is 0.012 s ahead  (from facts.json, clock offset from facts.json); times are corrected",
        ],
    ),
    (
        {f"n{number}": measured(number / 10, "UTC" if number % 2 else "Asia/Tokyo") for number in range(1, 9)},
        [
            "n8's clock is 0.800 s ahead (± 2 ms), Asia/Tokyo; times are corrected",
            "n7's clock is 0.700 s ahead (± 2 ms); times are corrected",
            "n6's clock is 0.600 s ahead (± 2 ms), Asia/Tokyo; times are corrected",
            "n5's clock is 0.500 s ahead (± 2 ms); times are corrected",
            "n4's clock is 0.400 s ahead (± 2 ms), Asia/Tokyo; times are corrected",
            "and 3 more nodes by at most 0.300 s, some of them in Asia/Tokyo; times are corrected;"
            " --format json lists them all",
        ],
    ),
    (
        {f"n{hours}": NodeClock(timezone(timedelta(hours=hours)), 0.0, "from date") for hours in range(1, 9)},
        [
            *(f"n{hours}: UTC+0{hours}:00  (from date); times are corrected" for hours in range(1, 6)),
            "and 3 more nodes in UTC+06:00, UTC+07:00, UTC+08:00; times are corrected; --format json lists them all",
        ],
    ),
    (
        {"a\x1b[31m": NodeClock(ZoneInfo("Asia/Tokyo"), 0.0, "from \x07date")},
        ["a·[31m: Asia/Tokyo  (from ·date); times are corrected"],
    ),
]


@pytest.mark.parametrize(("clocks", "lines"), CORRECTIONS)
def test_clocks_that_matter_are_told(clocks: Mapping[str, NodeClock], lines: list[str]) -> None:
    assert corrections(clocks) == lines
