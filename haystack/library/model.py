"""What a pattern is: a known fault, how it shows in records, what it explains and how it is mended.

The YAML side of each field is described in docs/patterns.md; ``loader`` turns files into these values.
"""

from __future__ import annotations

from typing import NamedTuple

from ..record import Level

LAYERS = ("root", "effect", "symptom", "noise")
SCOPES = ("request", "resource", "node", "service", "cloud")
SEVERITIES = ("critical", "error", "warning", "info")


class Clause(NamedTuple):
    """A condition on one record; all given parts must hold.

    ``text``: each must be in the record's text. ``regex``: searched in it, named groups are captures.
    ``without``: none of these may be in it. ``logger``: the record's logger or a parent of it.
    ``level``: at least this. ``service``: one of these wrote it. ``exception``: class name, last part.
    ``where``: captures as numbers, such as ``{"percent": (">=", 95.0)}``.
    """

    text: tuple[str, ...] = ()
    regex: str = ""
    without: tuple[str, ...] = ()
    logger: str = ""
    level: Level | None = None
    service: tuple[str, ...] = ()
    exception: str = ""
    where: tuple[tuple[str, str, float], ...] = ()


class Match(NamedTuple):
    """How clauses make a finding.

    ``kind``: ``any`` clause, ``all`` of them, or one ``then`` the next. ``absent`` clauses void the finding
    when a record in reach has them. ``within`` (seconds) bounds all, then, absent and ``at_least`` (YAML: ``count``).
    """

    kind: str
    clauses: tuple[Clause, ...]
    absent: tuple[Clause, ...] = ()
    within: float = 120.0
    at_least: int = 1


class Step(NamedTuple):
    """One step of a fix; ``changing`` steps alter the system, the others only look."""

    text: str
    changing: bool


class Sample(NamedTuple):
    """Log text that proves a pattern: lines of one log, and where they come from."""

    text: str
    log: str
    source: str
    synthetic: bool


class Pattern(NamedTuple):
    """A known fault. ``lag`` (seconds) is the longest time from this fault to what it explains."""

    id: str
    title: str
    service: str
    severity: str
    layer: str
    scope: str
    what: str
    why: str
    match: Match
    explains: tuple[str, ...]
    lag: float
    confirm: tuple[str, ...]
    fix: tuple[Step, ...]
    references: tuple[str, ...]
    releases: str
    hits: tuple[Sample, ...]
    misses: tuple[Sample, ...]
