"""From samples to events: which record is a sign of what, for which subject of which check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import regex

from ...library.library import Library
from ...library.matcher import REGEX_TIMEOUT, TEXT_LIMIT, Finding, Matcher
from ...library.wording import fill
from ...record import Record
from ...search.samples import Sample
from ...services import Services
from .model import GREEN, Check, Sign

# Subjects that one record may name: the dead agents of a large cloud.
_MOST_SUBJECTS = 200


class Event(NamedTuple):
    """A record that is a sign for a subject, and how many like it there are, itself included; ``below`` is how many
    lines below its first the text stands, ``clause`` which one of a pattern's it proves."""

    check: str
    sign: Sign
    subject: str
    says: str
    record: Record
    below: int
    times: int
    clause: int = 0


class Scan(NamedTuple):
    """The literals to ask all logs for; of the lines with a ``tracked`` one the last word on each subject is wanted."""

    literals: tuple[str, ...]
    tracked: tuple[str, ...]


def scan_of(checks: Iterable[Check], library: Library) -> Scan:
    """What the signs of some checks need."""
    literals: dict[str, None] = {}
    tracked: dict[str, None] = {}
    signs = [sign for check in checks for sign in check.signs]
    plain = {pattern for sign in signs for pattern in sign.patterns if not sign.subject}
    named = {pattern for sign in signs for pattern in sign.patterns if sign.subject}
    for literal, users in zip(library.literals, library.users, strict=True):
        ids = {pattern for pattern, _clause in users}
        if ids & named:
            tracked[literal] = None
        elif ids & plain:
            literals[literal] = None
    tracked.update((sign.texts[0], None) for sign in signs if sign.texts)
    return Scan(tuple(literals), tuple(tracked))


def events(samples: Sequence[Sample], checks: Sequence[Check], matcher: Matcher) -> Iterator[Event]:
    """All signs in the samples. What is known to be harmless is no bad sign."""
    times = {sample.record.place: sample.times for sample in samples}
    findings = matcher.findings([sample.record for sample in samples])
    harmless = {hit.record.place for f in findings if f.pattern.layer == "noise" for hit in f.hits}
    services = matcher.library.services
    by_pattern: dict[str, list[Finding]] = {}
    for finding in findings:
        by_pattern.setdefault(finding.pattern.id, []).append(finding)
    for check in checks:
        for sign in check.signs:
            for pattern in sign.patterns:
                for finding in by_pattern.get(pattern, ()):
                    if finding.record.place not in harmless and _writes(sign, finding.record, services):
                        yield _of_finding(check, sign, finding, times)
    texts = [(check, sign) for check in checks for sign in check.signs if sign.texts]
    for sample in samples:
        text = sample.record.text[:TEXT_LIMIT]
        for check, sign in texts:
            if all(piece in text for piece in sign.texts) and _writes(sign, sample.record, services):
                yield from _of_text(check, sign, sample, text)


def _writes(sign: Sign, record: Record, services: Services) -> bool:
    """Whether the record's service is one of those that the sign is looked for in, and nothing in it voids the sign."""
    if any(piece in record.text for piece in sign.without):
        return False
    return not sign.services or any(services.matches(name, record.origin.service) for name in sign.services)


def _of_finding(check: Check, sign: Sign, finding: Finding, times: Mapping[tuple[str, int], int]) -> Event:
    captures = finding.captures
    return Event(
        check.id,
        sign,
        fill(sign.subject, captures),
        fill(sign.says or finding.pattern.title, captures),
        finding.record,
        finding.hits[0].line,
        times.get(finding.record.place, 1),
        finding.hits[0].clause,
    )


def _of_text(check: Check, sign: Sign, sample: Sample, text: str) -> Iterator[Event]:
    record = sample.record
    for start, captures in _found(sign.regex, text):
        captures = {"node": record.origin.node, "service": record.origin.service or "a service", **captures}
        below = text.count("\n", 0, start) if record.body else 0
        subjects = [fill(template, captures) for template in (sign.subject, sign.also)]
        for subject in subjects if sign.also else subjects[:1]:
            yield Event(check.id, sign, subject, fill(sign.says, captures), record, below, sample.times)


def _found(expression: str, text: str) -> list[tuple[int, dict[str, str]]]:
    """Each place where the expression is found, and its captures. One that runs into its time limit is not found."""
    if not expression:
        return [(0, {})]
    found = []
    try:
        for match in _compiled(expression).finditer(text, timeout=REGEX_TIMEOUT):
            captures = {name: value for name, value in match.groupdict().items() if value is not None}
            found.append((match.start(), captures))
            if len(found) >= _MOST_SUBJECTS:
                break
    except TimeoutError:
        return []
    return found


@lru_cache(maxsize=256)
def _compiled(expression: str) -> regex.Pattern[str]:
    return regex.compile(expression, regex.MULTILINE)


def is_bad(event: Event) -> bool:
    """Whether it says that something is wrong."""
    return event.sign.state != GREEN
