"""Clocks estimated from the logs: found where they are wrong, and none invented where they are right."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from haystack.pipeline import trace
from tests.making import INCIDENTS

SKEWED = [path for path in INCIDENTS if "__skew" in path.name]
STRAIGHT = [path for path in INCIDENTS if "__skew" not in path.name]
assert SKEWED
assert len(STRAIGHT) > 5

# What the incident says of its clocks: minutes east of UTC.
ZONES = {"glance_file_missing__skew": {"compute1": -300, "storage1": 330}}


def requests(path: Path) -> list[str]:
    incident = yaml.safe_load((path / "incident.yaml").read_text())
    return [i for i in (incident.get("trace"), *(incident.get("healthy_requests") or [])) if i]


@pytest.mark.parametrize("path", SKEWED, ids=lambda path: path.name)
def test_zones_are_found(path: Path) -> None:
    for request in requests(path):
        clocks = trace([request], [path]).clocks
        zones = {node: clock.zone.utcoffset(None) for node, clock in clocks.items()}
        found = {node: offset for node, offset in zones.items() if offset}
        assert found == {node: timedelta(minutes=minutes) for node, minutes in ZONES[path.name].items()}
        assert all(clock.source.startswith("estimated: ") for clock in clocks.values())


@pytest.mark.parametrize("path", SKEWED, ids=lambda path: path.name)
def test_with_the_zones_the_trace_holds_together(path: Path) -> None:
    found = trace([requests(path)[0]], [path]).trace
    assert found is not None
    times = [record.time for record in found.records if record.time]
    assert max(times) - min(times) < timedelta(minutes=5)
    assert {"compute1"} & {record.origin.node for record in found.records}


@pytest.mark.parametrize("path", STRAIGHT, ids=lambda path: path.name)
def test_no_clock_is_invented(path: Path) -> None:
    for request in requests(path):
        found = trace([request], [path])
        assert found.clocks == {}
        assert found.verdict != "not-found", f"the incident names {request}, and its logs do not"


def test_a_zone_that_is_given_wins() -> None:
    from zoneinfo import ZoneInfo

    path = SKEWED[0]
    clocks = trace([requests(path)[0]], [path], zone=ZoneInfo("Asia/Tokyo")).clocks
    assert all(not clock.source.startswith("estimated") for clock in clocks.values())


def day_of_logs(path: Path, hours: int, extra: str = "") -> None:
    """A log of one line an hour, shifted by the node's zone."""
    start = datetime(2026, 11, 20, tzinfo=timezone.utc) + timedelta(hours=hours)
    lines = [f"{start + timedelta(hours=i):%Y-%m-%d %H:%M:%S}.000 7 INFO a.b [-] tick" for i in range(40)]
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(sorted([*lines, *filter(None, [extra])])) + "\n")


@pytest.mark.parametrize(("hours", "stamp"), [(-5, "2026-11-21 01:00:01"), (9, "2026-11-21 15:00:01")])
def test_a_zone_is_found_in_logs_that_overlap_all_others(tmp_path: Path, hours: int, stamp: str) -> None:
    """The logs reach over days; only the request tells that the node's clock is hours away."""
    request = "req-8d06afd5-b7e8-4b4c-a6a5-6ed4d2b2ee6e"
    api = f'2026-11-21 06:00:00.900 7 INFO nova.wsgi [None {request} u p - - d d] "POST /v2.1/servers HTTP/1.1"'
    day_of_logs(tmp_path / "c1/var/log/nova/nova-api.log", 0, f"{api} status: 202 len: 1 time: 0.9000000")
    day_of_logs(tmp_path / "c2/var/log/nova/nova-conductor.log", 0)
    day_of_logs(tmp_path / "c3/var/log/nova/nova-scheduler.log", 0)
    worked = f"{stamp}.000 7 INFO nova.compute.manager [None {request} u p - - d d] Claim successful"
    day_of_logs(tmp_path / "far/var/log/nova/nova-compute.log", hours, worked)
    clocks = trace([request], [tmp_path]).clocks
    assert {node: clock.zone.utcoffset(None) for node, clock in clocks.items()} == {"far": timedelta(hours=hours)}
