"""Facts of a machine: what sos and ``facts.json`` keep of disks, memory, load, units and the clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import haystack
from haystack.facts.files import DF, DF_INODES, FREE, LSCPU, MEMINFO, TIMEDATECTL, TRACKING, UNITS, UPTIME
from haystack.insight.health import AMBER, GREEN, RED
from haystack.insight.health.machine import judged, machine_rows
from haystack.search.facts import FACT_FILES
from tests.making import SERVICES, oslo, write

DF_TEXT = """\
Filesystem                        1K-blocks      Used Available Use% Mounted on
proc                                      0         0         0    - /proc
tmpfs                              24684084  24684084         0 100% /dev/shm
/dev/sda2                         102400000  98304000   4096000  97% /
/dev/loop3                            63488     63488         0 100% /snap/core20/1328
/dev/mapper/vg-var--log           102400000  90112000  12288000  89% /var/log
/dev/mapper/vg-var--log           102400000  90112000  12288000  89% /mnt/again
nfs1.example.org:/export/glance   102400000   1024000 101376000   1% /var/lib/glance
overlay                           102400000 102400000         0 100% /var/lib/docker/overlay2/3f/merged
"""
INODES_TEXT = """\
Filesystem                          Inodes   IUsed    IFree IUse% Mounted on
/dev/sda2                          6553600  104000  6449600    2% /
/dev/sdb1                          6553600 6553600        0  100% /srv/node/sdb1
"""
FREE_TEXT = """\
               total        used        free      shared  buff/cache   available
Mem:       131899524   121000000     1000000      300000     9899524     4100000
Swap:        8388604     8388604           0
"""
MEMINFO_TEXT = (
    "MemTotal:       131899524 kB\nMemFree:         1000000 kB\nMemAvailable:   11100000 kB\nBuffers: 12 kB\n"
)
UNITS_TEXT = """\
  UNIT                                 LOAD   ACTIVE     SUB          DESCRIPTION
  proc-sys-fs-binfmt_misc.automount    loaded active     running      Arbitrary Executable File Formats
● nova-compute.service                 loaded failed     failed       OpenStack Nova Compute
* neutron-dhcp-agent.service           loaded failed     failed       OpenStack Neutron DHCP Agent
  logrotate.service                    loaded failed     failed       Rotate log files
  session-1.scope                      loaded active     running      Session 1 of user root

LOAD   = Reflects whether the unit definition was properly loaded.
"""
TRACKING_TEXT = """\
Reference ID    : C0000201 (ntp.example.org)
Stratum         : 3
System time     : {} seconds slow of NTP time
Leap status     : {}
"""

# file, text, rows: check, state, subject
READ = [
    (DF[0], DF_TEXT, [("disk", RED, "/"), ("disk", AMBER, "/var/log")]),
    (DF_INODES[0], INODES_TEXT, [("disk", RED, "/srv/node/sdb1")]),
    (DF[1], DF_TEXT.replace("97%", "84%").replace("89%", "3%"), [("disk", GREEN, "")]),
    (FREE[0], FREE_TEXT, [("memory", RED, "")]),
    (MEMINFO, MEMINFO_TEXT, [("memory", AMBER, "")]),
    (MEMINFO, MEMINFO_TEXT.replace("11100000", "99000000"), [("memory", GREEN, "")]),
    (
        UNITS[0],
        UNITS_TEXT,
        [
            ("units", RED, "nova-compute.service"),
            ("units", RED, "neutron-dhcp-agent.service"),
            ("units", AMBER, "logrotate.service"),
        ],
    ),
    (UNITS[0], "0 loaded units listed.\n", [("units", GREEN, "")]),
    (
        TRACKING[0],
        TRACKING_TEXT.format("0.000012", "Normal"),
        [("time", GREEN, "offset"), ("time", GREEN, "synchronised")],
    ),
    (TRACKING[0], TRACKING_TEXT.format("42.5", "Normal"), [("time", RED, "offset"), ("time", GREEN, "synchronised")]),
    (
        TRACKING[0],
        TRACKING_TEXT.format("0.0", "Not synchronised"),
        [("time", GREEN, "offset"), ("time", AMBER, "synchronised")],
    ),
    (
        TIMEDATECTL[0],
        "      Time zone: Etc/UTC (UTC, +0000)\nSystem clock synchronized: no\n",
        [("time", AMBER, "synchronised")],
    ),
    (TIMEDATECTL[0], "     NTP synchronized: yes\n", [("time", GREEN, "synchronised")]),
    (UPTIME[0], " 10:00:00 up 3 days, 4 users,  load average: 1.0, 2.0, 3.0\n", []),
]
JSON = [
    (
        {"filesystems": [{"mount": "/var", "used_percent": 96.2, "inodes_percent": 86}]},
        [(RED, "/var"), (AMBER, "/var")],
    ),
    ({"filesystems": [{"mount": "/", "used_percent": 5}]}, [(GREEN, "")]),
    ({"memory": {"total_bytes": 100, "available_bytes": 4}}, [(RED, "")]),
    ({"memory": {"total_bytes": 100, "available_bytes": 40}, "oom_kills": 2}, [(GREEN, ""), (AMBER, "")]),
    ({"oom_kills": 0}, []),
    ({"load": [1, 9.5, 3], "cpus": 4}, [(AMBER, "")]),
    ({"load": [1, 7.5, 3], "cpus": 4}, [(GREEN, "")]),
    (
        {"failed_units": ["rabbitmq-server.service", "fwupd.service"]},
        [(RED, "rabbitmq-server.service"), (AMBER, "fwupd.service")],
    ),
    ({"failed_units": []}, [(GREEN, "")]),
    ({"time": {"synchronised": False}, "clock_offset_seconds": -1.5}, [(AMBER, "offset"), (AMBER, "synchronised")]),
    ({"filesystems": "full", "memory": [1], "load": {"a": 1}, "cpus": "4", "failed_units": {}, "time": 3}, []),
    ({"memory": {"total_bytes": 0, "available_bytes": 0}, "load": [1, None, 3], "cpus": True}, []),
    ({"filesystems": [{"mount": 7, "used_percent": 99}, {"mount": "/", "used_percent": "99"}, 3, None]}, []),
    ([], []),
]


def states(files: dict[str, bytes]) -> list[tuple[str, str, str]]:
    machines = {"c1": judged(files)}
    checks = dict.fromkeys(fact.check for fact in machines["c1"])
    return [(check, row.state, row.subject) for check in checks for row in machine_rows(check, machines, SERVICES)]


@pytest.mark.parametrize(("name", "text", "expected"), READ)
def test_what_sos_keeps(name: str, text: str, expected: list[tuple[str, str, str]]) -> None:
    assert name in FACT_FILES
    assert states({name: text.encode()}) == expected


@pytest.mark.parametrize(("document", "expected"), JSON)
def test_what_facts_json_says(document: object, expected: list[tuple[str, str]]) -> None:
    assert [row[1:] for row in states({"facts.json": json.dumps(document).encode()})] == expected


def test_load_needs_the_number_of_cpus() -> None:
    files = {
        UPTIME[0]: b" 10:00 up 1 day,  load average: 1.0, 9.0, 3.0\n",
        LSCPU: b"Architecture: x86_64\nCPU(s):   4\n",
    }
    assert states(files) == [("load", AMBER, "")]


def test_facts_json_comes_before_what_sos_keeps() -> None:
    files = {DF[0]: DF_TEXT.encode(), "facts.json": b'{"filesystems": [{"mount": "/", "used_percent": 5}]}'}
    assert states(files) == [("disk", GREEN, "")]


def test_the_line_that_tells_is_shown() -> None:
    first = judged({DF[0]: DF_TEXT.encode()})[0]
    assert (first.told.path, first.told.line) == (DF[0], 4)
    assert first.told.text == DF_TEXT.split("\n")[3]


@settings(max_examples=200, deadline=2000)
@given(
    st.sampled_from(FACT_FILES),
    st.one_of(
        st.binary(max_size=300), st.text(alphabet='Mem: /%0123456789.\n-failedkB{}[]"', max_size=300).map(str.encode)
    ),
)
def test_any_bytes_are_facts_or_none(name: str, data: bytes) -> None:
    for fact in judged({name: data}):
        assert fact.state in (RED, AMBER, GREEN)


@pytest.mark.parametrize(
    "data",
    [b"\n" * 500_000, b":" * 500_000, b"/" * 500_000, b"a " * 250_000, b"[" * 500_000, b"Mem: " + b"1 " * 250_000],
)
@pytest.mark.parametrize("name", [DF[0], UNITS[0], FREE[0], MEMINFO, TRACKING[0], UPTIME[0], "facts.json"])
def test_hostile_facts_cost_no_time(name: str, data: bytes) -> None:
    from time import process_time

    start = process_time()
    judged({name: data})
    assert process_time() - start < 5


@pytest.mark.parametrize("packed", [False, True])
def test_facts_of_a_sos_report_on_disk_and_in_an_archive(packed: bool, tmp_path: Path) -> None:
    root = tmp_path / "sosreport-c1-2026-11-22-abcdefg"
    write(root / "var/log/nova/nova-compute.log", [oslo(0, "x")])
    for name, text in ((DF[0], DF_TEXT), (FREE[0], FREE_TEXT), (UNITS[0], UNITS_TEXT), ("hostname", "compute7\n")):
        write(root / name, text.encode())
    logs = root
    if packed:
        import tarfile

        logs = tmp_path / "sos.tar"
        with tarfile.open(logs, "w") as tar:
            tar.add(root, root.name)
    answer = haystack.health([logs], jobs=1)
    red = {
        (result.check.id, row.subject, row.nodes)
        for result in answer.results
        for row in result.rows
        if row.state == RED
    }
    assert red == {
        ("disk", "/", ("compute7",)),
        ("memory", "", ("compute7",)),
        ("units", "nova-compute.service", ("compute7",)),
        ("units", "neutron-dhcp-agent.service", ("compute7",)),
    }
