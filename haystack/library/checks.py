"""The proof of a pattern: its samples, read through the real formats, hit and miss as they say.

``haystack patterns check`` and the tests run ``check_library``; a complaint names the pattern's file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..facts import facts_of
from ..facts.files import FACTS_JSON
from ..formats import Line, Place, detect, fold
from ..names import did_you_mean
from ..record import Record
from .config_match import holds
from .fact_match import CAPTURES, supports
from .library import Library
from .matcher import Matcher
from .model import FactClause, Pattern, Sample
from .wording import missing

_Part = TypeVar("_Part")


class Complaint(NamedTuple):
    """Something wrong with a pattern; ``fatal`` ones make the check fail, the others are advice."""

    pattern: str
    text: str
    fatal: bool


def sample_records(sample: Sample) -> list[Record]:
    """The records a sample's text makes, as if read from a log of its service."""
    texts = sample.text.split("\n")
    place = Place("sample", sample.log, f"/var/log/{sample.log}.log", "")
    lines = [Line(text, 0, number) for number, text in enumerate(texts, 1)]
    return list(fold(lines, detect(texts), place, _utc))


def check_library(library: Library, only: Iterable[str] | None = None) -> list[Complaint]:
    """Complaints about the patterns named in ``only``, about all of them when None."""
    wanted = library.ids if only is None else list(only)
    matcher = Matcher(library)
    complaints = [Complaint(Path(text.partition(":")[0]).stem, text, True) for text in library.problems]
    for check in CHECKS:
        for pattern_id in wanted:
            complaints += check(library.pattern(pattern_id), library, matcher)
    return complaints


def _samples(pattern: Pattern, _: Library, matcher: Matcher) -> list[Complaint]:
    """Every hit sample is found, no miss sample is, and every clause is proven by a sample."""
    complaints: list[Complaint] = []
    proven: set[int] = set()
    for number, sample in enumerate(pattern.hits, 1):
        records = sample_records(sample)
        proven |= {hit.clause for record in records for hit in matcher.hits(record) if hit.pattern == pattern.id}
        findings = [f for f in matcher.findings(records, key=lambda _: None) if f.pattern.id == pattern.id]
        for name in missing(pattern.title, findings[0].captures) if findings else ():
            text = f'hit sample {number} gives the title no "{name}": write what needs it as [ … {{{name}}} … ]'
            complaints.append(Complaint(pattern.id, text, True))
        if not findings:
            formats = ", ".join(sorted({record.format for record in records}))
            complaints.append(Complaint(pattern.id, f"hit sample {number} is not matched (read as {formats})", True))
    for number, sample in enumerate(pattern.misses, 1):
        records = sample_records(sample)
        proven |= {
            hit.clause
            for record in records
            for hit in matcher.hits(record)
            if hit.pattern == pattern.id and hit.clause >= len(pattern.match.clauses)
        }
        if any(finding.pattern.id == pattern.id for finding in matcher.findings(records, key=lambda _: None)):
            complaints.append(Complaint(pattern.id, f"miss sample {number} is matched", True))
    clauses = (*pattern.match.clauses, *pattern.match.absent)
    complaints += [
        Complaint(pattern.id, f"clause {number + 1} ({_show(clause)}) is proven by no sample", True)
        for number, clause in enumerate(clauses)
        if number not in proven
    ]
    return complaints


def _show(clause: object) -> str:
    text = getattr(clause, "text", ()) or (getattr(clause, "regex", "") or getattr(clause, "exception", ""),)
    return str(text[0])[:60]


def _settings(pattern: Pattern, _: Library, __: Matcher) -> list[Complaint]:
    """Each config clause holds of its hits and not of its misses, and each of its conditions is put to the test."""
    complaints: list[Complaint] = []
    for clause in pattern.config:
        complaints += [
            Complaint(pattern.id, f"config clause {clause.option}: {kind} {value or '(not set)'} {wrong}", True)
            for kind, values, expected, wrong in (
                ("hit", clause.hits, True, "does not hold"),
                ("miss", clause.misses, False, "holds"),
            )
            for value in values
            if holds(clause, value) is not expected
        ]
        complaints += [
            Complaint(pattern.id, f'config clause {clause.option}: "{condition[0]}" is proven by no miss', True)
            for condition in clause.conditions
            if all(holds(clause._replace(conditions=(condition,)), value) for value in clause.misses)
        ]
    return complaints


def _facts(pattern: Pattern, library: Library, _: Matcher) -> list[Complaint]:
    """Each facts clause holds of its hits and not of its misses, and each of its parts matters to one of them."""
    complaints: list[Complaint] = []
    for number, clause in enumerate(pattern.facts, 1):
        name = f"facts clause {number} ({clause.fact})"
        complaints += [
            Complaint(pattern.id, f"{name}: {kind} {sample} {wrong}", True)
            for kind, samples, expected, wrong in (
                ("hit", clause.hits, True, "does not hold"),
                ("miss", clause.misses, False, "holds"),
            )
            for sample in samples
            if _holds(clause, sample, library) is not expected
        ]
        parts = [
            *((part[0], clause._replace(conditions=_without(clause.conditions, part))) for part in clause.conditions),
            *((f"where {part[0]}", clause._replace(where=_without(clause.where, part))) for part in clause.where),
        ]
        if clause.fact == "services" and clause.service:
            parts.append(("service", clause._replace(service=())))
        complaints += [
            Complaint(pattern.id, f'{name}: "{part}" is proven by no hit and no miss', True)
            for part, less in parts
            if all(_holds(less, s, library) == _holds(clause, s, library) for s in (*clause.hits, *clause.misses))
        ]
    return complaints


def _without(parts: tuple[_Part, ...], part: _Part) -> tuple[_Part, ...]:
    return tuple(other for other in parts if other is not part)


def _holds(clause: FactClause, sample: str, library: Library) -> bool:
    """Whether the clause holds of a piece of a ``facts.json``; that it was seen in the clause's services is granted."""
    document = json.loads(sample)
    captures = {name: (str(value),) for name, value in document.pop(CAPTURES, {}).items()}
    facts = facts_of({FACTS_JSON: json.dumps(document).encode()})
    seen = tuple(library.services.rows)
    return bool(supports(clause, facts, seen, captures, library.services))


def _explained(pattern: Pattern, library: Library, _: Matcher) -> list[Complaint]:
    """What a pattern explains exists, and is not itself."""
    complaints = [
        Complaint(pattern.id, f'explains unknown pattern "{name}": {did_you_mean(name, library.ids)}', True)
        for name in pattern.explains
        if name not in library
    ]
    if pattern.id in pattern.explains:
        complaints.append(Complaint(pattern.id, "explains itself", True))
    return complaints


def _scannable(pattern: Pattern, library: Library, _: Matcher) -> list[Complaint]:
    """Each clause has a telling literal; one without costs every record a match."""
    return [
        Complaint(pattern.id, f"clause {number + 1} has no telling literal: give it a plain text", False)
        for name, number in library.unscanned
        if name == pattern.id
    ]


def _fix(pattern: Pattern, _library: Library, _matcher: Matcher) -> list[Complaint]:
    """A fix looks before it changes, and there is something to confirm a root cause with."""
    if pattern.layer == "root" and not pattern.confirm:
        return [Complaint(pattern.id, "a root cause needs a read-only command to confirm it", False)]
    return []


CHECKS: tuple[Callable[[Pattern, Library, Matcher], list[Complaint]], ...] = (
    _samples,
    _settings,
    _facts,
    _explained,
    _scannable,
    _fix,
)


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)
