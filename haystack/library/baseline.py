"""The baseline: causes that are known and accepted for a while, so that CI fails on new ones only.

accept:
  - cause: nova-quota-exceeded      # id of a pattern
    text: demo                      # optional: only where this is in the cause as it is shown
    node: compute7                  # optional: only where it is seen on this node and no other
    reason: the demo project is meant to hit its quota, OPS-1234
    until: 2027-01-31               # the last day it is accepted
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ..names import did_you_mean
from .located import Located, read

_KEYS = ("cause", "text", "node", "reason", "until")
_NEEDED = ("cause", "reason", "until")


class Accepted(NamedTuple):
    """A cause that is accepted up to and with the day ``until``; ``place`` is where the file says so."""

    cause: str
    reason: str
    until: date
    text: str
    node: str
    place: str


def load_baseline(path: Path, known: Collection[str]) -> list[Accepted]:
    """The entries of a baseline; ``known`` are the ids of all patterns.

    Raises LibraryError, with file and line, for one that cannot be read or does not say what is accepted.
    """
    document = read(path)
    data = document.data
    if not isinstance(data, dict) or set(data) != {"accept"} or not isinstance(data["accept"], list):
        raise document.error((), 'a baseline is a list below the key "accept"')
    return [_entry(document, number, known) for number in range(len(data["accept"]))]


def _entry(document: Located, number: int, known: Collection[str]) -> Accepted:
    where = ("accept", number)
    entry = document.data["accept"][number]
    if not isinstance(entry, dict):
        raise document.error(where, "an entry has the keys cause, reason and until")
    for key in entry:
        if key not in _KEYS:
            raise document.error((*where, key), f'unknown key "{key}"', did_you_mean(str(key), _KEYS))
    for key in _NEEDED:
        if not entry.get(key):
            raise document.error(where, f'"{key}" is missing: what is accepted has a cause, a reason and an end')
    cause = str(entry["cause"])
    if cause not in known:
        raise document.error((*where, "cause"), f'no pattern "{cause}"', did_you_mean(cause, sorted(known)))
    try:
        until = date.fromisoformat(str(entry["until"]))
    except ValueError as err:
        raise document.error((*where, "until"), f'"{entry["until"]}" is no day; write 2027-01-31') from err
    place = f"{document.path}:{document.lines.get(where, 1)}"
    return Accepted(
        cause, str(entry["reason"]), until, str(entry.get("text") or ""), str(entry.get("node") or ""), place
    )
