"""What passes and what does not. Log lines are composed."""

from __future__ import annotations

from pathlib import Path

import pytest

import haystack
from haystack.diagnose.gate import complaints
from tests.making import FIXTURES, NEEDLE, oslo, write

LOCKED = "Node 1be26c0b-03f2-4d2e-ae87-c02d7f33c123 is locked by host c1, please retry"
UNKNOWN = "something failed for no known reason"
# Lines, what is asked, and how each complaint ends.
CASES: list[tuple[list[str], list[str], list[str]]] = [
    ([oslo(0, "all is well")], ["warning"], []),
    ([oslo(0, "it broke", level="ERROR")], ["error"], [UNKNOWN]),  # of no request: a periodic task's
    ([oslo(0, "it broke", NEEDLE, "ERROR")], ["error"], [UNKNOWN]),
    ([oslo(0, "it broke", NEEDLE, "ERROR")], ["critical"], []),
    ([oslo(0, LOCKED, NEEDLE, "ERROR")], ["error"], ["is locked by c1"]),
    ([oslo(0, LOCKED, NEEDLE, "ERROR")], ["critical", "ironic-node-locked"], ["is locked by c1"]),
]


@pytest.mark.parametrize(("lines", "fail_on", "ends"), CASES)
def test_what_does_not_pass(lines: list[str], fail_on: list[str], ends: list[str], tmp_path: Path) -> None:
    write(tmp_path / "c1/var/log/ironic/ironic-conductor.log", lines)
    found = complaints(haystack.triage([tmp_path], jobs=1), fail_on, ())
    assert len(found) == len(ends)
    assert all(text.endswith(end) for text, end in zip(found, ends, strict=True))


@pytest.mark.parametrize("incident", ["healthy_boot", "healthy_parallel"])
def test_a_healthy_cloud_passes(incident: str) -> None:
    assert complaints(haystack.triage([FIXTURES / incident], jobs=1), ["warning"], ()) == []
