"""What a fact is."""

from __future__ import annotations

from typing import NamedTuple


class Told(NamedTuple):
    """A line that a file of facts, or the end of a log, tells; ``line`` counts from 1 and is 0 where nobody counted."""

    path: str
    line: int
    text: str


class Fact(NamedTuple):
    """One thing that a machine tells of itself, and the line that tells it.

    ``name`` is one of ``KINDS``; ``value`` is as a clause compares it: a number in digits, ``true`` or ``false``, a
    word. ``of`` tells of what it is, by the labels of its kind: ``{"mount": "/var"}``.
    """

    name: str
    value: str
    of: dict[str, str]
    told: Told


def plain_unit(name: str) -> str:
    """What a unit is called without the ending that most have; containers have none."""
    return name.removesuffix(".service")
