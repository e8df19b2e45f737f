"""Causes, with their evidence to unfold, reasons and steps to mend them; possibilities; suspects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ...diagnose import Candidate, Diagnosis, Evidence, Suspect
from ...diagnose.model import Reach, Triage
from ..words import (
    cause_label,
    clock,
    first_day,
    hit,
    listed,
    place,
    possible_causes,
    span,
    stopped,
    sure_causes,
    suspect_place,
    unknown,
    whole_place,
)
from .elements import Html, join, short, short_lines, tag

MOST_CAUSES = 10
_MOST_POSSIBLE = 10
# Bytes of a page for a line of evidence, and for the whole record that unfolds.
_ROOM, _WHOLE_ROOM = 600, 2500


def causes(answer: Diagnosis | Triage) -> Html:
    """The section of what is at fault."""
    day = first_day(answer.trace if isinstance(answer, Diagnosis) else answer)
    sure = sure_causes(answer)
    cards = [_cause(candidate, number, day) for number, candidate in enumerate(sure[:MOST_CAUSES], 1)]
    if unknown(answer):
        cards.append(_unknown(answer, day))
    possible = [*sure[MOST_CAUSES:], *possible_causes(answer)]
    if possible:
        cards.append(_possible(possible, day))
    where = stopped(answer) if isinstance(answer, Diagnosis) else ""
    if where:
        cards.append(tag("p", tag("strong", "Where it stopped: "), where))
    if not cards:
        return join([])
    return tag(
        "section", tag("h2", "Cause" if len(sure) < 2 else "Causes", id="causes"), *cards, aria_labelledby="causes"
    )


def _cause(candidate: Candidate, number: int, day: date | None) -> Html:
    pattern = candidate.pattern
    parts = [
        tag(
            "p",
            tag("strong", f"{cause_label(candidate, is_cause=True)}, {candidate.confidence:.0%}"),
            tag("span", candidate.severity, class_=f"badge {candidate.severity}"),
            tag("span", pattern.service, class_="service"),
            class_="eyebrow",
        ),
        tag("h3", short(candidate.cause, _ROOM), id=f"cause-{number}"),
        _reached(candidate.reach, day),
        tag("p", pattern.what),
        tag("h4", "Evidence"),
        evidence_list(candidate.evidence, day),
        tag("h4", "Because"),
        _list([tag("li", short(reason, _ROOM)) for reason in candidate.reasons]),
    ]
    if candidate.fix:
        steps = [tag("li", tag("code", step), " ", _badge(changing)) for step, changing in candidate.fix]
        parts += [tag("h4", "Fix"), tag("ol", *steps, class_="fix")]
    if candidate.confirm:
        parts += [tag("h4", "Confirm"), _list([tag("li", tag("code", command)) for command in candidate.confirm])]
    parts.append(_background(candidate))
    return tag("article", *parts, class_=f"cause {candidate.severity}", aria_labelledby=f"cause-{number}")


def _badge(changing: bool) -> Html:
    return tag("span", "changing", class_="badge warning") if changing else tag("span", "read-only", class_="badge")


def _background(candidate: Candidate) -> Html:
    """Why it happens, and where that is written; folded, for it is the same for each cause of the pattern."""
    pattern = candidate.pattern
    links = [
        tag(
            "li",
            tag("a", reference, href=reference, rel="noreferrer") if reference.startswith("https://") else reference,
        )
        for reference in pattern.references
    ]
    inner = [tag("p", pattern.why), *([_list(links)] if links else [])]
    inner.append(tag("p", "More: ", tag("code", f"haystack patterns show {pattern.id}")))
    return tag("details", tag("summary", "Why this happens"), *inner)


def _reached(reach: Reach | None, day: date | None) -> Html:
    """Whom it hit, and when, in triage."""
    if reach is None:
        return join([])
    rows = [("Hit", hit(reach)), ("When", span(reach.first, reach.last, day))]
    rows += [("Instances", listed(reach.instances.some, 8))] if reach.instances.some else []
    terms = [part for name, text in rows for part in (tag("dt", name), tag("dd", short(text, _ROOM)))]
    if reach.requests.some:
        ids = join([tag("code", f"haystack trace {short(i, 200)}") for i in reach.requests.some[:5]], " ")
        terms += [tag("dt", "Trace one"), tag("dd", ids)]
    return tag("dl", *terms, class_="facts")


def evidence_list(evidence: Sequence[Evidence], day: date | None) -> Html:
    """Lines of evidence; each unfolds to the whole record with its traceback."""
    items = []
    for item in evidence:
        record = item.record
        head = tag(
            "summary",
            tag("span", clock(record.time, day), class_="time"),
            " ",
            tag("span", record.origin.node or "-", class_="node"),
            " ",
            tag("span", record.origin.service or "-", class_="service"),
            " ",
            tag("span", place(item), class_="file"),
            tag("span", short(item.text, _ROOM), class_="text"),
        )
        whole = tag("pre", short_lines(record.text, _WHOLE_ROOM), tabindex=0)
        items.append(tag("li", tag("details", head, tag("p", whole_place(item), class_="file"), whole)))
    return tag("ul", *items, class_="evidence")


def _possible(candidates: Sequence[Candidate], day: date | None) -> Html:
    items = []
    for candidate in candidates[:_MOST_POSSIBLE]:
        head = tag("summary", tag("b", f"{candidate.confidence:.0%}"), " ", short(candidate.cause, _ROOM))
        inner = [_reached(candidate.reach, day), evidence_list(candidate.evidence[:3], day)]
        inner.append(tag("p", "More: ", tag("code", f"haystack patterns show {candidate.pattern.id}")))
        items.append(tag("li", tag("details", head, *inner)))
    left = len(candidates) - _MOST_POSSIBLE
    items += [tag("li", f"and {left} more")] if left > 0 else []
    return join([tag("h3", "Also possible"), tag("ul", *items, class_="possible")])


def _unknown(answer: Diagnosis | Triage, day: date | None) -> Html:
    parts = [
        tag("p", tag("strong", "Cause unknown"), class_="eyebrow"),
        tag("h3", unknown(answer), id="cause-unknown"),
        *(part for suspect in answer.suspects for part in _suspect(suspect, day)),
    ]
    return tag("article", *parts, class_="cause warning", aria_labelledby="cause-unknown")


def _suspect(suspect: Suspect, day: date | None) -> list[Html]:
    name = tag("p", tag("b", "Suspect: "), tag("code", suspect_place(suspect)), f" of {suspect.service}")
    reasons = _list([tag("li", short(reason, _ROOM)) for reason in suspect.reasons])
    return [name, reasons, evidence_list(suspect.evidence, day)]


def _list(items: Sequence[Html]) -> Html:
    return tag("ul", *items)
