"""Patterns on records: clauses on single records, then any/all/then/absent over the records at hand.

The result of a clause is a ``Hit``; the result of a pattern is a ``Finding`` with the records that prove it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import regex

from ..record import Record
from ..scanner import Scanner
from ..services import Services
from .library import Library
from .model import Clause, Pattern

# No expression may run longer than this on one record (seconds).
REGEX_TIMEOUT = 0.25
# Expressions look at so much of a record: enough for the longest tracebacks seen, short enough for a 1 GB line.
TEXT_LIMIT = 65536

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


class Hit(NamedTuple):
    """A clause that holds on a record; ``line`` is the body line (0: the first) where its text stands."""

    pattern: str
    clause: int
    record: Record
    captures: tuple[tuple[str, str], ...]
    line: int


class Finding(NamedTuple):
    """A pattern seen on given records, the most telling record first."""

    pattern: Pattern
    hits: tuple[Hit, ...]

    @property
    def record(self) -> Record:
        """The record that proves the finding best."""
        return self.hits[0].record

    @property
    def captures(self) -> dict[str, str]:
        """All captures, the first hit that has one winning, and the node and service of the first record."""
        merged: dict[str, str] = {}
        for hit in self.hits:
            for name, value in hit.captures:
                merged.setdefault(name, value)
        origin = self.record.origin
        merged.setdefault("node", origin.node or "this node")
        merged.setdefault("service", origin.service or "a service")
        return merged

    @property
    def time(self) -> datetime | None:
        """Time of the first record."""
        return min((hit.record.time for hit in self.hits if hit.record.time), default=None)


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> regex.Pattern[str]:
    return regex.compile(expression)


@lru_cache(maxsize=256)
def _exception(name: str) -> regex.Pattern[str]:
    return regex.compile(rf"(?<!\w){regex.escape(name)}(?::|$)", regex.MULTILINE)


def clause_hit(clause: Clause, record: Record, services: Services, text: str | None = None) -> dict[str, str] | None:
    """Captures when the clause holds on the record, None when it does not.

    An expression that runs into its time limit does not hold: log content must not hang the run.
    """
    if clause.level is not None and (record.level is None or record.level < clause.level):
        return None
    if clause.logger and record.logger != clause.logger and not record.logger.startswith(clause.logger + "."):
        return None
    if clause.service and not any(services.matches(name, record.origin.service) for name in clause.service):
        return None
    if text is None:
        text = record.text
    if any(piece not in text for piece in clause.text) or any(piece in text for piece in clause.without):
        return None
    if clause.exception and not _raised(clause.exception, record, text):
        return None
    captures: dict[str, str] = {}
    if clause.regex:
        try:
            found = _compiled(clause.regex).search(text, 0, TEXT_LIMIT, timeout=REGEX_TIMEOUT)
        except TimeoutError:
            return None
        if found is None:
            return None
        captures = {name: value for name, value in found.groupdict().items() if value is not None}
    for name, op, number in clause.where:
        try:
            held = _COMPARE[op](float(captures[name]), number)
        except (KeyError, ValueError):  # the group took no part, or caught no number
            held = False
        if not held:
            return None
    return captures


def _raised(exception: str, record: Record, text: str) -> bool:
    name = record.exception.name if record.exception else ""
    if exception in (name, name.rpartition(".")[2]):
        return True
    # A remote exception, or one further up the chain, stands in the text only.
    return _exception(exception).search(text, 0, TEXT_LIMIT) is not None


class Matcher:
    """The library, ready to be asked of records; finds the clauses worth trying by their literals."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._scanner = Scanner(library.literals)

    def hits(self, record: Record) -> list[Hit]:
        """All clauses of all patterns that hold on the record."""
        text = record.text
        if len(text) > TEXT_LIMIT:
            text = text[:TEXT_LIMIT]
        found: list[Hit] = []
        seen: set[int] = set()
        self._scanner.scan(text.encode("utf-8", "replace"), lambda number, _end: seen.add(number))
        clauses = {user for literal in seen for user in self.library.users[literal]}
        for pattern_id, number in (*sorted(clauses), *self.library.unscanned):
            self._try(pattern_id, number, record, text, found)
        return found

    def _try(self, pattern_id: str, number: int, record: Record, text: str, found: list[Hit]) -> None:
        match = self.library.pattern(pattern_id).match
        clause = (*match.clauses, *match.absent)[number]
        captures = clause_hit(clause, record, self.library.services, text)
        if captures is not None:
            line = _line_of(clause, record) if record.body else 0
            found.append(Hit(pattern_id, number, record, tuple(captures.items()), line))

    def findings(self, records: Iterable[Record], key: Callable[[Record], object] | None = None) -> list[Finding]:
        """All findings on the records: one a record for ``any``, one a group for the others.

        ``key`` overrides the pattern's scope as what the records of one finding must share.
        """
        by_pattern: dict[str, list[Hit]] = {}
        for record in records:
            for hit in self.hits(record):
                by_pattern.setdefault(hit.pattern, []).append(hit)
        findings: list[Finding] = []
        for pattern_id, hits in by_pattern.items():
            pattern = self.library.pattern(pattern_id)
            findings += combine(pattern, hits, key or scope_key(pattern.scope))
        return findings


def scope_key(scope: str) -> Callable[[Record], object]:
    """What two records must share to be in one scope."""
    return {
        "request": lambda r: r.global_request_id or r.request_id,
        "resource": lambda r: r.instance or r.global_request_id or r.request_id,
        "node": lambda r: r.origin.node,
        "service": lambda r: (r.origin.node, r.origin.service),
        "cloud": lambda _: None,
    }[scope]


def combine(pattern: Pattern, hits: Sequence[Hit], key: Callable[[Record], object]) -> list[Finding]:
    """Findings of one pattern from the hits of its clauses."""
    match = pattern.match
    wanted = len(match.clauses)
    # A service that comes back voids its own stop, not the stop of another, however far the fault reaches.
    voids = key if pattern.scope in ("request", "resource") else scope_key("service")
    voiding = [hit for hit in hits if hit.clause >= wanted]
    present = sorted((hit for hit in hits if hit.clause < wanted), key=lambda hit: hit.record.order)
    groups: dict[object, list[Hit]] = {}
    for hit in present:
        groups.setdefault(key(hit.record), []).append(hit)
    findings: list[Finding] = []
    for group in groups.values():
        if match.kind == "any":
            group = _once(group)
            bundles = [[hit] for hit in group] if match.at_least == 1 else _bursts(group, match.at_least, match.within)
        else:
            bundles = _sequences(group, wanted, match.within, ordered=match.kind == "then")
        for bundle in bundles:
            if not any(
                voids(void.record) == voids(bundle[0].record) and _follows(bundle[0].record, void.record, match.within)
                for void in voiding
            ):
                findings.append(Finding(pattern, tuple(bundle)))
    return findings


def _once(hits: Sequence[Hit]) -> list[Hit]:
    """One hit a record, the one with most captures: a record that two clauses fit is still one event."""
    best: dict[int, Hit] = {}
    for hit in hits:
        known = best.get(id(hit.record))
        if known is None or len(hit.captures) > len(known.captures):
            best[id(hit.record)] = hit
    return list(best.values())


def _bursts(hits: list[Hit], count: int, within: float) -> list[list[Hit]]:
    """Runs of at least ``count`` hits of which each such many lie within the window."""
    bursts: list[list[Hit]] = []
    start = 0
    for end in range(len(hits)):
        while not _near(hits[start].record, hits[end].record, within):
            start += 1
        if end - start + 1 >= count:
            if bursts and hits[start] in bursts[-1]:
                bursts[-1].append(hits[end])
            else:
                bursts.append(list(hits[start : end + 1]))
    return bursts


def _sequences(hits: list[Hit], wanted: int, within: float, ordered: bool) -> list[list[Hit]]:
    """Bundles with one hit of each clause near each other, in clause order where ``ordered``."""
    bundles: list[list[Hit]] = []
    current: dict[int, Hit] = {}
    for hit in hits:
        if current and not _near(next(iter(current.values())).record, hit.record, within):
            current = {}
        if ordered and hit.clause != len(current):
            if hit.clause == 0:
                current = {0: hit}
            continue
        current[hit.clause] = hit
        if len(current) == wanted:
            bundles.append([current[number] for number in range(wanted)])
            current = {}
    return bundles


def _near(one: Record, other: Record, seconds: float) -> bool:
    if one.time is None or other.time is None:
        return True
    return abs((other.time - one.time).total_seconds()) <= seconds


def _follows(one: Record, other: Record, seconds: float) -> bool:
    """Whether the other came after the one (or at once with it, as clocks go), within the time."""
    if one.time is None or other.time is None:
        return True
    return -1.0 <= (other.time - one.time).total_seconds() <= seconds


def _line_of(clause: Clause, record: Record) -> int:
    """Number of the body line that shows the clause's text, 0 for the first line."""
    needle = (clause.text or (clause.exception,))[0]
    if not needle or needle in record.message:
        return 0
    return next((i for i, line in enumerate(record.body, 1) if needle in line), 0)
