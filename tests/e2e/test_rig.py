"""The rig itself, and connections over it: distance, narrow ways, cut links, dropped packets, jump hosts, clocks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.client import REPOSITORY
from tests.rig.cloud import SILENT, Cloud, cloud
from tests.rig.fixtures import needs_faketime, needs_rig, needs_sudo, needs_toxiproxy
from tests.rig.host import Plan
from tests.rig.needs import toxiproxy
from tests.rig.reach import reach, start

pytestmark = [needs_rig, pytest.mark.slow]

PLANS = (
    Plan("bastion"),
    Plan("controller1", user="ops", sudo="ALL", ahead=7, zone="America/New_York"),
    Plan("controller2", user="ops", sudo="/usr/bin/id", ahead=-90, without=("rsync",)),
    Plan("compute1", behind="bastion", zone="Asia/Kolkata"),
)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    far = ["controller2"] if toxiproxy() else []
    with cloud(PLANS, tmp_path_factory.mktemp("rig"), proxied=far) as built:
        yield built


def test_hosts_are_machines_of_their_own(rig: Cloud) -> None:
    script = (
        "hostname; date +%Z; cat /etc/timezone; readlink /etc/localtime; ls -A /var/log /tmp; touch /x || echo kept"
    )
    for name, host in rig.hosts.items():
        outcome = reach(rig, name, script, sudo=False)
        zone = {"America/New_York": "EST", "Asia/Kolkata": "IST"}.get(host.plan.zone, "UTC")
        assert outcome.says.split() == [
            *(name, zone, host.plan.zone, f"/usr/share/zoneinfo/{host.plan.zone}", "/tmp:", "/var/log:", "kept")
        ]
        assert host.written() == []
    assert "rsync" in rig["controller1"].space.sh("ls /usr/bin").split()
    assert "rsync" not in rig["controller2"].space.sh("ls /usr/bin").split()


@needs_faketime
@needs_sudo
def test_what_a_login_runs_has_the_clock_of_its_host(rig: Cloud) -> None:
    before = time.time()
    for name, script, ahead in (
        ("controller1", "date +%s.%N", 7),
        ("controller1", "sudo -n date +%s.%N", 7),
        ("controller2", "date +%s.%N", -90),
        ("compute1", "date +%s.%N", 0),
    ):
        assert before < float(reach(rig, name, script, sudo=False).says) - ahead < time.time()
        before = time.time()


def test_no_way_to_a_host_but_over_the_jump_host(rig: Cloud) -> None:
    assert reach(rig, "compute1").says == "here\n"
    direct = rig.client.space.run("ssh", "-o", "BatchMode=yes", f"root@{rig['compute1'].address}", "true")
    assert "Network is unreachable" in direct.stderr


def test_a_host_that_drops_packets_is_unreachable_in_time(rig: Cloud) -> None:
    outcome = reach(rig, "controller1", address=SILENT, connect_timeout=1.5)
    assert (outcome.reason, outcome.seconds < 12) == ("unreachable", True)


def test_a_host_behind_the_jump_host_that_is_cut_off_is_unreachable_in_time(rig: Cloud) -> None:
    rig["compute1"].unplug()
    try:
        outcome = reach(rig, "compute1", connect_timeout=1.5)
    finally:
        rig["compute1"].plug()
    assert (outcome.reason, outcome.seconds < 12) == ("unreachable", True)
    assert reach(rig, "compute1").says == "here\n"


@pytest.mark.parametrize("name", ["controller1", "compute1"])
def test_a_link_that_is_cut_is_a_lost_node_in_time(rig: Cloud, name: str) -> None:
    login = start(rig, name, "sleep 30", idle_timeout=3)
    login.entered()
    rig[name].unplug()
    try:
        outcome = login.outcome()
    finally:
        rig[name].plug()
    assert outcome.reason == "lost", outcome
    assert 1 < outcome.seconds < 6


def test_sudo_refuses_what_it_was_not_told_to_allow(rig: Cloud) -> None:
    refused = reach(rig, "controller2", "id -un", timeout=10)
    assert refused.reason == "sudo"
    assert reach(rig, "controller1", "id -un").says == "root\n"


@needs_toxiproxy
def test_far_and_narrow_ways(rig: Cloud) -> None:
    assert rig.proxy is not None
    script = "sudo -n /usr/bin/id >/dev/null; head -c 300000 /dev/zero | tr '\\0' x"
    rig.proxy.spoil("controller2", "latency", latency=100)
    assert reach(rig, "controller2", "id", sudo=False).seconds > 0.1
    rig.proxy.clean("controller2")
    rig.proxy.spoil("controller2", "bandwidth", rate=100)  # kB/s
    narrow = reach(rig, "controller2", script, sudo=False)
    rig.proxy.clean("controller2")
    assert len(narrow.says) == 300_000
    assert 2 < narrow.seconds < 8
    rig.proxy.spoil("controller2", "slicer", average_size=20, size_variation=10, delay=10)
    assert reach(rig, "controller2", "echo here", sudo=False).says == "here\n"
    rig.proxy.clean("controller2")


@needs_toxiproxy
@pytest.mark.parametrize(("kind", "least"), [("timeout", 1.0), ("reset_peer", 0.0)])
def test_a_way_that_stalls_or_resets_is_a_lost_node(rig: Cloud, kind: str, least: float) -> None:
    assert rig.proxy is not None
    login = start(rig, "controller2", "sleep 30", sudo=False, idle_timeout=3)
    login.entered()
    rig.proxy.spoil("controller2", kind, timeout=0)
    outcome = login.outcome()
    rig.proxy.clean("controller2")
    assert outcome.reason == "lost", outcome
    assert least <= outcome.seconds < 6


def test_nothing_is_left_running(rig: Cloud) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(host.running() for host in rig.hosts.values()):
        time.sleep(0.1)
    assert {name: host.running() for name, host in rig.hosts.items()} == {name: [] for name in rig.hosts}
    assert rig.client.running() == []
    assert rig.client.left() == []


def test_nothing_of_a_killed_rig_is_left(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from tests.rig.cloud import cloud
        from tests.rig.host import Plan
        with cloud([Plan("a"), Plan("b")], Path({str(tmp_path)!r})) as built:
            built["a"].space.start(["sleep", "1234"])
            print(*(space.pid for space in (built["a"].space, built["b"].space, built.client.space)), flush=True)
            time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        firsts = [int(word) for word in process.stdout.readline().split()]
        assert len(firsts) == 3
        assert all(runs(pid) for pid in firsts)
        os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while any(runs(pid) for pid in firsts) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(runs(pid) for pid in firsts)
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False
