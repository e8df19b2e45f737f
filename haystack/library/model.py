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


# An operator of ``conditions`` and what it compares with.
Condition = tuple[str, tuple[str, ...]]


class ConfigClause(NamedTuple):
    """A setting that supports a pattern: what is configured, not what happened, so it makes no finding by itself.

    ``service`` are those whose files are looked at, none for the service that the pattern was seen in; ``conditions``
    are (operator, operands) that must all hold of the value, such as ``("below", ("60",))``. ``default`` is the value
    where nothing is set, None when it is not known. ``says`` is what it means, ``{value}`` allowed. ``hits`` and
    ``misses`` are values that prove the conditions, None for not set.
    """

    service: tuple[str, ...]
    section: str
    option: str
    conditions: tuple[Condition, ...]
    default: str | None
    unit: str
    says: str
    hits: tuple[str | None, ...]
    misses: tuple[str | None, ...]


class FactClause(NamedTuple):
    """A fact that supports a pattern: how a machine is, not what happened, so it makes no finding by itself.

    ``fact`` is a kind of ``facts.KINDS``. ``service`` are those whose machines are asked, or whose units; none for
    where the pattern was seen. ``where`` are (label, values) of which one must be the fact's; a value may be a capture,
    ``{path}``, in square brackets where it may be missing. ``hits`` and ``misses`` are pieces of a ``facts.json`` that
    prove it, with captures beside them where it needs some.
    """

    fact: str
    service: tuple[str, ...]
    where: tuple[tuple[str, tuple[str, ...]], ...]
    conditions: tuple[Condition, ...]
    says: str
    hits: tuple[str, ...]
    misses: tuple[str, ...]


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
    config: tuple[ConfigClause, ...] = ()
    facts: tuple[FactClause, ...] = ()
