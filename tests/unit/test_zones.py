"""Zones of nodes: what a tree tells of them, who wins, and the hour that the end of summer time repeats."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.record import Record
from haystack.search import Query, facts
from haystack.search.clock import Clocks, NodeClock
from haystack.search.files import FilesEngine
from tests.making import COMPRESS, NEEDLE, OTHER, PROJECT, SERVICES, USER, write

JULY = datetime(2026, 7, 1, 12)


def tzif(name: str) -> bytes:
    """The file of a zone."""
    import zoneinfo

    for directory in zoneinfo.TZPATH:
        path = Path(directory) / name
        if path.is_file():
            return path.read_bytes()
    import importlib.resources

    return (importlib.resources.files("tzdata") / "zoneinfo" / name).read_bytes()


CLOCKS = [
    # facts, hours east of UTC in July, source
    ({"etc/timezone": b"Europe/Berlin\n"}, 2, "from etc/timezone"),
    ({"etc/timezone": b"# comment\n\nEtc/UTC\n"}, 0, "from etc/timezone"),
    ({"etc/localtime": b"link:../usr/share/zoneinfo/America/New_York"}, -4, "from etc/localtime"),
    ({"etc/localtime": b"link:/usr/share/zoneinfo/Asia/Kolkata"}, 5.5, "from etc/localtime"),
    ({"etc/localtime": tzif("Europe/Berlin")}, 2, "from etc/localtime"),
    ({"etc/localtime": tzif("Asia/Tokyo"), "etc/timezone": b"Europe/Berlin"}, 9, "from etc/localtime"),
    ({"date": b"Wed Mar 11 09:14:20 CET 2026\n"}, 2, "from date (CET)"),
    ({"sos_commands/date/date": b"Wed Jul  1 09:14:20 AM EDT 2026\n"}, -4, "from sos_commands/date/date (EDT)"),
    ({"date": b"Wed Mar 11 09:14:20 +0530 2026\n"}, 5.5, "from date (+0530)"),
    ({"date": b"Wed Mar 11 09:14:20 -03 2026\n"}, -3, "from date (-03)"),
    (
        {
            "sos_commands/date/date": b"Wed Mar 11 09:14:20 IST 2026",
            "sos_commands/date/date_--utc": b"Wed Mar 11 03:44:21 UTC 2026",
        },
        5.5,
        "from sos_commands/date/date and date_--utc",
    ),
    (
        {"sos_commands/systemd/timedatectl": b"      Local time: x\n       Time zone: Europe/Paris (CEST, +0200)\n"},
        2,
        "from sos_commands/systemd/timedatectl",
    ),
    ({"facts.json": b'{"timezone": "Asia/Tokyo"}', "etc/timezone": b"UTC"}, 9, "from facts.json"),
    ({"facts.json": b'{"timezone": "+05:45"}'}, 5.75, "from facts.json"),
    ({"facts.json": b'{"timezone": "Not/There"}', "etc/timezone": b"Asia/Tokyo"}, 9, "from etc/timezone"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "hours", "source"), CLOCKS)
def test_zone_from_facts(told: dict[str, bytes], hours: float, source: str) -> None:
    clock, _ = facts.clock(told)
    assert clock is not None
    assert clock.zone.utcoffset(JULY) == timedelta(hours=hours)
    assert clock.source == source


NO_CLOCKS: list[tuple[dict[str, bytes], str]] = [
    ({}, ""),
    ({"etc/timezone": b""}, ""),
    ({"etc/timezone": b"../../../../etc/passwd\n"}, "is not known"),
    ({"etc/timezone": b"/etc/passwd\n"}, "is not known"),
    ({"etc/timezone": b"Europe\n"}, "is not known"),
    ({"etc/localtime": b"TZif2damaged"}, "etc/localtime is damaged"),
    ({"etc/localtime": b"link:/var/lib/something"}, ""),
    ({"date": b"Wed Mar 11 09:14:20 IST 2026"}, "give it with --tz"),
    ({"date": b"no date"}, ""),
    ({"facts.json": b"{"}, "facts.json is no JSON"),
    ({"facts.json": b"[1]"}, ""),
    ({"facts.json": b"[" * 60_000}, "facts.json is no JSON"),
    ({"facts.json": b'{"clock_offset_seconds": true}'}, ""),
]


@pytest.mark.parametrize(("told", "problem"), NO_CLOCKS)
def test_no_zone_from_facts(told: dict[str, bytes], problem: str) -> None:
    clock, problems = facts.clock(told)
    assert clock is None
    assert problem in problems
    assert bool(problem) == bool(problems)


@given(st.dictionaries(st.sampled_from(facts.FACT_FILES), st.binary(max_size=200)))
def test_any_bytes_are_no_error(told: dict[str, bytes]) -> None:
    facts.clock(told)
    facts.hostname(told)


def test_every_zone_of_the_world_is_known_by_name() -> None:
    names = sorted(available_timezones())
    assert len(names) > 300
    assert all(facts.zone_named(name) for name in names)


def tree(root: Path, node: str, **told: str) -> Path:
    """A node's directory with a log and facts; `__` stands for a slash."""
    write(root / node / "var/log/nova/nova-api.log", [line(datetime(2026, 7, 1, 12), "here", NEEDLE)])
    for name, text in told.items():
        path = root / node / name.replace("__", "/").replace("_json", ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def line(local: datetime, text: str, request: str) -> str:
    stamp = local.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return f"{stamp} 7 INFO nova.compute.manager [None req-{request} {USER} {PROJECT} - - default default] {text}"


def times(root: Path, clocks: Clocks | None = None) -> dict[str, str]:
    records = FilesEngine([root], SERVICES, clocks).search(Query(ids=(NEEDLE,)))
    return {r.origin.node: f"{r.time:%H:%M:%S}" for r in records}


def test_facts_win_for_their_node_and_tz_for_the_others(tmp_path: Path) -> None:
    tree(tmp_path, "c1", etc__timezone="Europe/Berlin\n")
    tree(tmp_path, "c2")
    tree(tmp_path, "c3", facts_json=json.dumps({"timezone": "UTC", "clock_offset_seconds": 2.5}))
    assert times(tmp_path) == {"c1": "10:00:00", "c2": "12:00:00", "c3": "11:59:57"}
    clocks = Clocks(NodeClock(ZoneInfo("Asia/Tokyo"), source="--tz"))
    assert times(tmp_path, clocks) == {"c1": "10:00:00", "c2": "03:00:00", "c3": "11:59:57"}


def test_facts_above_the_root_count(tmp_path: Path) -> None:
    tree(tmp_path, "c1", etc__timezone="Europe/Berlin\n")
    assert times(tmp_path / "c1/var/log") == {"c1": "10:00:00"}
    assert times(tmp_path / "c1/var/log/nova/nova-api.log") == {"c1": "10:00:00"}


def test_a_fact_that_is_a_link_out_of_the_node_is_not_read(tmp_path: Path) -> None:
    tree(tmp_path, "c1", etc__x="")
    (tmp_path / "zone").write_text("Asia/Tokyo")
    (tmp_path / "c1/etc/timezone").symlink_to(tmp_path / "zone")
    assert times(tmp_path) == {"c1": "12:00:00"}


# --- the hour that comes twice: 2026-10-25, 03:00 CEST is 02:00 CET

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 10, 24, 22, 0, 13, tzinfo=timezone.utc)  # on no whole minute: stamps seldom are


def autumn_night(path: Path, lines_a_minute: int = 4) -> Path:
    """Six hours of a log over the change, each line with its true time."""
    lines = []
    for number in range(360 * lines_a_minute):
        true = BEGIN + timedelta(minutes=number / lines_a_minute)
        request = NEEDLE if number % (10 * lines_a_minute) == 0 else OTHER
        lines.append(line(true.astimezone(BERLIN).replace(tzinfo=None), f"true {true:%Y-%m-%dT%H:%M:%S}", request))
    return write(path, lines)


def found(path: Path, query: Query, jobs: int = 1) -> list[Record]:
    clocks = Clocks(NodeClock(BERLIN, source="--tz"))
    return FilesEngine([path], SERVICES, clocks, jobs=jobs).search(query)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_the_repeated_hour_is_told_apart(tmp_path: Path, suffix: str) -> None:
    path = autumn_night(tmp_path / f"nova-api.log{suffix}", 30)
    records = found(path, Query(ids=(NEEDLE,)))
    assert len(records) == 36
    assert [f"true {r.time:%Y-%m-%dT%H:%M:%S}" for r in records] == [r.message for r in records]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("start", range(100, 260, 10))
def test_windows_around_the_change(tmp_path: Path, suffix: str, start: int) -> None:
    path = autumn_night(tmp_path / f"nova-api.log{suffix}", 30)
    since = BEGIN + timedelta(minutes=start)
    until = since + timedelta(minutes=30)
    records = found(path, Query(ids=(NEEDLE,), since=since, until=until))
    assert [r.message for r in records] == [
        f"true {since + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}" for minutes in (0, 10, 20, 30)
    ]


def test_in_spring_nothing_repeats() -> None:
    clock = NodeClock(BERLIN)
    for minutes in range(0, 24 * 60, 10):
        local = datetime(2026, 3, 29) + timedelta(minutes=minutes)
        assert not clock.is_ambiguous(local)
    assert clock.is_ambiguous(datetime(2026, 10, 25, 2, 30))
    assert not clock.is_ambiguous(datetime(2026, 10, 25, 3, 0))
