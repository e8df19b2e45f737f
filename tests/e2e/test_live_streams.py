"""``trace --live`` on nodes that log to journald or on the stdout of containers, against ``fetch`` and ``trace``."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import haystack
from haystack.diagnose import Diagnosis
from haystack.pipeline.fetch import fetch
from haystack.pipeline.live import Live
from haystack.settings import Settings
from tests.fetching import tools
from tests.live import live_cloud, needs_live
from tests.sshd import serve

FIXTURE = Path(__file__).parents[2] / "fixtures" / "neutron_down"
REQUEST = "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"
SINCE = datetime(2026, 11, 22, tzinfo=timezone.utc)
REMOTE = Path("/lib/systemd/systemd-journal-remote")
MACHINE = Path("/etc/machine-id")

_ADDRESS = re.compile(r"0x[0-9a-f]+")
pytestmark = needs_live
needs_journal = pytest.mark.skipif(
    not REMOTE.exists() or not shutil.which("journalctl") or not MACHINE.exists() or not MACHINE.read_text().strip(),
    reason="needs systemd-journal-remote and /etc/machine-id",
)


def events(log: Path) -> list[tuple[datetime, str]]:
    """The lines of a log by the time of the event they belong to."""
    found: list[tuple[datetime, str]] = []
    for line in log.read_text().splitlines():
        try:
            time = datetime.fromisoformat(line[:23]).replace(tzinfo=timezone.utc)
            found.append((time, line))
        except ValueError:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
    return found


def exported(said: Sequence[tuple[datetime, str, str]]) -> bytes:
    """What programs said, as ``journalctl -o export`` has it."""
    parts = []
    for number, (time, name, line) in enumerate(said, 1):
        text = line.encode()
        message = b"MESSAGE\n" + struct.pack("<Q", len(text)) + text if b"\n" in text else b"MESSAGE=" + text
        micros = int(time.timestamp() * 1e6)
        head = f"__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={number}\n_BOOT_ID={'ab' * 16}\n"
        parts.append(f"{head}PRIORITY=6\nSYSLOG_IDENTIFIER={name}\n_PID=811\n".encode() + message + b"\n\n")
    return b"".join(parts)


def causes(diagnosis: Diagnosis) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """What is said of causes. Lines of one moment that differ in an address only may stand for each other."""
    return [
        (one.cause, [(e.record.origin.node, e.record.origin.service, _ADDRESS.sub("0x", e.text)) for e in one.evidence])
        for one in diagnosis.candidates
    ]


@needs_journal
def test_entries_of_the_journal_are_found(tmp_path: Path) -> None:
    tree = tmp_path / "captured"
    shutil.copytree(FIXTURE, tree)
    logs = tree / "controller1" / "var" / "log"
    journaled = [logs / "neutron" / "neutron-server.log", logs / "nova" / "nova-api.log"]
    said = sorted((time, log.stem, text) for log in journaled for time, text in events(log))
    for log in journaled:
        log.unlink()
    place = logs / "journal" / MACHINE.read_text().strip()
    place.mkdir(parents=True)
    subprocess.run([REMOTE, "-o", place / "system.journal", "-"], input=exported(said), check=True, capture_output=True)
    with live_cloud(tmp_path, ["compute1", "compute2", "controller1"]) as cloud:
        nodes = cloud.show(tree)
        there = haystack.trace([REQUEST], live=Live(nodes, cloud.settings), since=SINCE)
        assert not there.coverage.unreadable
        fetch(nodes, cloud.settings, tmp_path / "to", since=SINCE)
    here = haystack.trace([REQUEST], logs=[tmp_path / "to"], since=SINCE)
    assert there.candidates[0].pattern.id == "neutron-server-stopped"
    assert causes(there) == causes(here)
    told, expected = ([(r.time, r.message) for r in one.trace.records] for one in (there, here) if one.trace)
    assert sorted(told) == sorted(expected)


# As `docker ps -a` and `docker logs --timestamps` answer; what the container says is captured.
DOCKER = """
case $1 in
  ps) echo neutron_server ;;
  logs) cat {said} ;;
esac
"""


def test_what_containers_say_is_found(tmp_path: Path) -> None:
    shutil.copytree(FIXTURE / "controller1" / "var", tmp_path / "controller1" / "var")
    logs = tmp_path / "controller1" / "var" / "log"
    server = logs / "neutron" / "neutron-server.log"
    said = tmp_path / "said"
    said.write_text(
        "".join(
            f"{time + timedelta(milliseconds=1):%Y-%m-%dT%H:%M:%S.%f}123Z {line}\n"
            for time, text in events(server)
            for line in text.split("\n")
        )
    )
    server.unlink()
    path = tools(tmp_path / "bin", {"docker": DOCKER.format(said=said), "podman": None, "journalctl": None})
    with serve(tmp_path, "controller1", [f"SetEnv PATH={path}"], logs=(str(logs),), containers="docker") as running:
        settings = Settings(nodes=(running.node,), ssh=running.options)
        there = haystack.trace([REQUEST], live=Live((running.node,), settings), since=SINCE)
        fetch((running.node,), settings, tmp_path / "to", since=SINCE)
    here = haystack.trace([REQUEST], logs=[tmp_path / "to"], since=SINCE)
    assert not there.coverage.unreadable
    assert there.candidates[0].pattern.id == "neutron-server-stopped"
    assert causes(there) == causes(here)
