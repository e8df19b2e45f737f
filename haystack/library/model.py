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
    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    default: str | None
    unit: str
    says: str
    hits: tuple[str | None, ...]
    misses: tuple[str | None, ...]


class Citation(NamedTuple):
    """A setting that supports a cause: what it is, where it is set, and what that means.

    ``value`` is the default where nothing is ``set``, None when that is not known; ``places`` are (node, file, line),
    the line 0 where nothing is set.
    """

    service: str
    section: str
    option: str
    value: str | None
    set: bool
    unit: str
    says: str
    places: tuple[tuple[str, str, int], ...]

    @property
    def text(self) -> str:
        """In words: ``rpc_response_timeout is 20 s in /etc/nova/nova.conf:14 on compute1: …``."""
        name = self.option if self.section in ("", "DEFAULT") else f"[{self.section}] {self.option}"
        value = str(self.value)
        value += f" {self.unit}" if self.unit and value[-1:].isdigit() else ""
        _, path, line = self.places[0]
        nodes = ", ".join(node or "this node" for node, _, _ in self.places)
        if self.set:
            return f"{name} is {value} in {path}:{line} on {nodes}: {self.says}"
        default = f" ({value} by default)" if self.value is not None else ""
        return f"{name} is not set{default} in {path} on {nodes}: {self.says}"


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
