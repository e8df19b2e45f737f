"""The baseline: each mistake has its place, what is accepted counts no more, and what is over or unused is told."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import haystack
from haystack.diagnose import CAUSE_FOUND, HEALTHY, UNKNOWN_CAUSE
from haystack.diagnose.gate import complaints
from haystack.diagnose.model import Triage
from haystack.errors import LibraryError
from haystack.library.baseline import load_baseline
from haystack.report import triage_text
from tests.making import FIXTURES, OTHER, merged, oslo, write

HAYSTACK = Path(sys.executable).parent / "haystack"
KNOWN = ("nova-disk-space-base", "nova-quota-exceeded", "neutron-server-stopped")
GOOD = """\
accept:
  - cause: nova-disk-space-base
    text: /var/lib/nova
    node: compute1
    reason: the disks are ordered, OPS-1
    until: 2027-01-31
  - cause: nova-quota-exceeded
    reason: the demo project is meant to
    until: 2027-02-01
"""


def baseline(directory: Path, text: str = GOOD) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "baseline.yaml"
    path.write_text(text)
    return path


def test_a_good_one(tmp_path: Path) -> None:
    path = baseline(tmp_path)
    disk, quota = load_baseline(path, KNOWN)
    assert (disk.cause, disk.text, disk.node, disk.until) == (KNOWN[0], "/var/lib/nova", "compute1", date(2027, 1, 31))
    assert (quota.text, quota.node, quota.reason) == ("", "", "the demo project is meant to")
    assert (disk.place, quota.place) == (f"{path}:2", f"{path}:7")


@pytest.mark.parametrize(
    "text", ["accept: []\n", "accept: [{cause: nova-quota-exceeded, text: , node: , reason: a, until: 2027-01-01}]"]
)
def test_what_is_left_empty_asks_for_nothing(tmp_path: Path, text: str) -> None:
    assert all((entry.text, entry.node) == ("", "") for entry in load_baseline(baseline(tmp_path, text), KNOWN))


# (what is replaced, by what, line of the complaint, words of the complaint)
BROKEN = [
    ("accept:", "accepted:", 1, ['a list below the key "accept"']),
    (GOOD, "", 1, ['a list below the key "accept"']),
    (GOOD, "- a\n", 1, ['a list below the key "accept"']),
    (GOOD, "accept: {}\n", 1, ['a list below the key "accept"']),
    (GOOD, "accept: []\nmore: 1\n", 1, ['a list below the key "accept"']),
    (GOOD, "accept:\n  - nova-quota-exceeded\n", 2, ["an entry has the keys cause, reason and until"]),
    ("    text:", "    txt:", 3, ['unknown key "txt"', 'did you mean "text"?']),
    ("    node:", "    nodes:", 4, ['unknown key "nodes"', 'did you mean "node"?']),
    ("    reason: the disks are ordered, OPS-1\n", "", 2, ['"reason" is missing']),
    ("    reason: the disks are ordered, OPS-1\n", "    reason:\n", 2, ['"reason" is missing']),
    ("    until: 2027-02-01\n", "", 7, ['"until" is missing']),
    ("  - cause: nova-quota-exceeded\n    reason", "  - reason", 7, ['"cause" is missing']),
    ("nova-disk-space-base", "nova-disk-space-bas", 2, ['no pattern "nova-disk-space-bas"', 'did you mean "nova-disk-space-base"?']),
    ("2027-01-31", "2027-02-31", 6, ['"2027-02-31" is no day', "write 2027-01-31"]),
    ("2027-01-31", "next week", 6, ['"next week" is no day']),
    ("2027-01-31", "2027-01-31 10:00:00", 6, ["is no day"]),
    ("    text: /var", "    cause: x\n    text: /var", 3, ["cause"]),
    ("accept:", "accept: [", 2, ["not valid YAML"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "words"), BROKEN)
def test_a_mistake_has_its_place(tmp_path: Path, old: str, new: str, line: int, words: list[str]) -> None:
    assert old in GOOD
    path = baseline(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(LibraryError) as caught:
        load_baseline(path, KNOWN)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}:"), message
    assert all(word in message for word in words), message


# --- what it does to an answer

FULL = FIXTURES / "compute_disk_full"
TODAY = date(2026, 11, 23)


def accepted(tmp_path: Path, entries: str, logs: Path = FULL) -> Triage:
    return haystack.triage([logs], baseline=baseline(tmp_path, f"accept: [{entries}]\n"), today=TODAY, jobs=1)


DISK = "cause: nova-disk-space-base, reason: disks are ordered, until: {until}"
# (the entry, is it accepted?, what a note says)
ENTRIES = [
    (DISK.format(until="2026-11-24"), True, ""),
    (DISK.format(until="2026-11-23"), True, ""),
    (DISK.format(until="2026-11-22"), False, "nova-disk-space-base is accepted no more since 2026-11-22"),
    (DISK.format(until="2026-11-24") + ", text: /var/lib/nova", True, ""),
    (DISK.format(until="2026-11-24") + ", text: /var/lib/glance", False, "nova-disk-space-base was not seen; remove it?"),
    (DISK.format(until="2026-11-24") + ", node: compute1", False, "was not seen"),  # controller1 tells it again
    (DISK.format(until="2026-11-24") + ", node: compute2", False, "was not seen"),
    ("cause: nova-quota-exceeded, reason: a, until: 2026-11-24", False, "nova-quota-exceeded was not seen"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "fits", "note"), ENTRIES)
def test_what_an_entry_accepts(tmp_path: Path, entry: str, fits: bool, note: str) -> None:
    found = accepted(tmp_path, f"{{{entry}}}")
    assert [pardon.candidate.pattern.id for pardon in found.accepted] == ["nova-disk-space-base"] * fits
    assert ("nova-disk-space-base" in [c.pattern.id for c in found.candidates]) != fits
    assert found.verdict == (HEALTHY if fits else CAUSE_FOUND)
    assert (complaints(found, ["warning"], []) == []) == fits
    assert bool(note) == bool(found.coverage.notes)
    assert all(line.startswith(f"{tmp_path}/baseline.yaml:1: ") and note in line for line in found.coverage.notes)


def test_a_node_where_alone_it_was_seen(tmp_path: Path) -> None:
    logs = FIXTURES / "libvirtd_down"
    line = "cause: libvirt-socket-missing, reason: a, until: 2026-12-01, node: {}"
    nodes = next(c.reach.nodes for c in haystack.triage([logs], jobs=1).candidates if c.reach)
    assert len(nodes) > 1
    assert not accepted(tmp_path, f"{{{line.format(nodes[0])}}}", logs).accepted


def test_the_next_cause_is_still_one(tmp_path: Path) -> None:
    logs = merged(tmp_path / "logs", "libvirtd_down", "compute_disk_full")
    found = accepted(tmp_path, f"{{{DISK.format(until='2026-12-01')}}}", logs)
    assert found.verdict == CAUSE_FOUND
    assert found.candidates[0].pattern.id == "libvirt-socket-missing"
    assert len(complaints(found, ["critical"], [])) == 1


def test_what_nothing_explains_is_not_accepted_with_it(tmp_path: Path) -> None:
    logs = merged(tmp_path / "logs", "compute_disk_full")
    odd = oslo(7200, "the frobnicator lost its wheels", OTHER, "ERROR", logger="odd.odd")
    write(logs / "compute9/var/log/nova/nova-compute.log", [odd])
    found = accepted(tmp_path, f"{{{DISK.format(until='2026-12-01')}}}", logs)
    assert (found.verdict, found.unknown.count) == (UNKNOWN_CAUSE, 1)
    assert complaints(found, ["error"], []) == ["--fail-on error: something failed for no known reason"]


def test_it_is_shown(tmp_path: Path) -> None:
    text = triage_text.plain(accepted(tmp_path, f"{{{DISK.format(until='2026-12-01')}}}"), 100)
    assert "No failure but what is accepted" in text
    assert "Accepted until 2026-12-01   No space left on the compute node" in text
    assert "disks are ordered" in text


def test_on_the_command_line(tmp_path: Path) -> None:
    def run(text: str, *more: str) -> subprocess.CompletedProcess[str]:
        args = [HAYSTACK, "triage", "--logs", FULL, "--baseline", baseline(tmp_path, text), "--fail-on", "error", *more]
        return subprocess.run([str(arg) for arg in args], capture_output=True, text=True, check=False)

    good = run(f"accept: [{{{DISK.format(until='2999-12-31')}}}]", "--format", "json")
    assert (good.returncode, good.stderr) == (0, "")
    document = json.loads(good.stdout)
    assert [(a["pattern"], a["until"]) for a in document["accepted"]] == [("nova-disk-space-base", "2999-12-31")]
    over = run(f"accept: [{{{DISK.format(until='2020-01-01')}}}]")
    assert over.returncode == 1
    assert "accepted no more since 2020-01-01" in over.stdout
    broken = run("accept: [{cause: nova-disk-space-bas}]")
    assert (broken.returncode, broken.stdout) == (2, "")
    assert "baseline.yaml:1" in broken.stderr
    missing = subprocess.run(
        [str(HAYSTACK), "triage", "--logs", str(FULL), "--baseline", "/nowhere.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert missing.returncode == 2
    assert "/nowhere.yaml" in missing.stderr
