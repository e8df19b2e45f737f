"""Triage of storms: what joins thousands of groups. Log lines are composed."""

from __future__ import annotations

import uuid
from pathlib import Path
from time import process_time

import haystack
from tests.making import oslo, write

LETTERS = "ghijklmnopqrstuvwxyz"  # no hex letters: what differs in those only is alike


def _host(number: int) -> str:
    return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(4))


def test_thousands_of_causes_cost_no_more_than_reading_them(tmp_path: Path) -> None:
    """Joining each with each took 41 s for 6,000 causes on the machine where this takes one."""
    text = "Node 1be26c0b-03f2-4d2e-ae87-c02d7f33c123 is locked by host {}, please retry"
    for node in range(3):
        lines = [oslo(n, text.format(_host(2000 * node + n)), str(uuid.UUID(int=n)), "ERROR") for n in range(1900)]
        write(tmp_path / f"c{node}/var/log/ironic/ironic-conductor.log", lines)
    began = process_time()
    found = haystack.triage([tmp_path], jobs=1)
    assert process_time() - began < 10
    assert [candidate.pattern.id for candidate in found.candidates] == ["ironic-node-locked"] * 12
