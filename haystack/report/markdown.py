"""``--format markdown``: the answer to paste into a ticket. Log text in it is inert (``markup``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ..diagnose import HEALTHY, Candidate, Diagnosis, Suspect
from ..diagnose.model import Triage, Unexplained
from .clocks import corrections
from .markup import block, code, prose, table
from .words import (
    asked,
    cause_label,
    clock,
    counted,
    cut,
    evidence_block,
    first_day,
    fix_lines,
    hit,
    moment,
    not_read,
    novelty,
    possible_causes,
    question,
    read,
    span,
    sparkline,
    stopped,
    summary,
    sure_causes,
    suspect_place,
    unknown,
    window,
)

_MOST_POSSIBLE = 5
_MOST_UNEXPLAINED = 20
_MOST_TIMELINE = 60
_MOST_REQUESTS = 5
_LONGEST = 300


def render(answer: Diagnosis | Triage, _ascii_only: bool = False) -> str:
    """The answer as Markdown, with a line end."""
    lines = _diagnosis(answer) if isinstance(answer, Diagnosis) else _triage(answer)
    return "\n".join([*lines, *_about(answer)]).rstrip("\n") + "\n"


def _diagnosis(diagnosis: Diagnosis) -> list[str]:
    lines = [f"# {code(question(diagnosis))}", ""]
    for name, call, record, time in asked(diagnosis.trace) if diagnosis.trace else ():
        line = f"- {code(name)}"
        if call and record:
            took = f" after {call.seconds:.2f} s" if call.seconds is not None else ""
            line += f": {code(f'{call.method} {call.url}')} answered **{call.status}**{took}"
            line += f", {code(record.origin.node)} {code(record.origin.service)}"
        lines.append(f"{line}, {moment(time)}")
    lines += ["", f"**{prose(summary(diagnosis))}**", ""]
    day = first_day(diagnosis.trace)
    lines += _causes(diagnosis, day)
    where = stopped(diagnosis)
    lines += ["## Where it stopped", "", prose(where), ""] if where else []
    return lines + _timeline(diagnosis, day)


def _triage(triage: Triage) -> list[str]:
    lines = [f"# {question(triage)}: {window(triage)}", "", f"**{prose(summary(triage))}**", ""]
    lines += _overview(triage)
    lines += _causes(triage, first_day(triage))
    lines += _unexplained(triage.unexplained)
    if triage.noise:
        noise = ", ".join(f"{code(known.pattern.id)} {known.records:,}" for known in triage.noise)
        lines += ["## Known noise", "", f"Harmless, and how many records show it: {noise}", ""]
    return lines


def _overview(triage: Triage) -> list[str]:
    reached = [(number, c, c.reach) for number, c in enumerate(triage.candidates, 1) if c.reach]
    if not reached:
        return []
    heads = ["#", "Cause", "Confidence", "Requests", "Instances", "Nodes", "When"]
    day = first_day(triage)
    rows = [
        [
            str(number),
            prose(candidate.cause),
            f"{candidate.confidence:.0%}",
            f"{reach.requests.count:,}{'+' if reach.requests.more else ''}",
            f"{reach.instances.count:,}{'+' if reach.instances.more else ''}",
            str(len(reach.nodes)),
            span(reach.first, reach.last, day),
        ]
        for number, candidate, reach in reached
    ]
    return table(heads, rows)


def _causes(answer: Diagnosis | Triage, day: date | None) -> list[str]:
    lines = [line for candidate in sure_causes(answer) for line in _cause(candidate, day)]
    possible = possible_causes(answer)
    if answer.verdict == HEALTHY:
        return lines
    if unknown(answer):
        lines += ["## Cause unknown", "", prose(unknown(answer)), ""]
        for suspect in answer.suspects:
            lines += _suspect(suspect, day)
    if possible:
        lines += ["## Also possible", ""]
        lines += [f"- {c.confidence:.0%} {prose(c.cause)} ({code(c.pattern.id)})" for c in possible[:_MOST_POSSIBLE]]
        left = len(possible) - _MOST_POSSIBLE
        lines += [*([f"- and {left} more"] if left > 0 else []), ""]
    return lines


def _cause(candidate: Candidate, day: date | None) -> list[str]:
    pattern = candidate.pattern
    lines = [f"## {cause_label(candidate, is_cause=True)}, {candidate.confidence:.0%}", ""]
    lines += [f"**{prose(candidate.cause)}** ({candidate.severity}, {code(pattern.id)})", ""]
    reach = candidate.reach
    if reach:
        bars = sparkline(reach.over_time, 24).replace(" ", "·")  # a code span loses blanks at its ends
        when = f"{span(reach.first, reach.last, day)}  {code(bars)}".strip()
        lines += [f"- hit: {prose(hit(reach))}", f"- when: {when}"]
        lines += [f"- trace: {code(f'haystack trace {i}')}" for i in reach.requests.some[:_MOST_REQUESTS]]
        lines.append("")
    lines += [*block(evidence_block(candidate.evidence, day)), prose(pattern.what), "", "Because:", ""]
    lines += [f"- {prose(cut(reason, _LONGEST))}" for reason in candidate.reasons]
    lines.append("")
    if candidate.confirm:
        lines += ["Confirm:", "", *block(candidate.confirm)]
    if candidate.fix:
        lines += ["Fix:", "", *block(fix_lines(candidate.fix))]
    return lines


def _suspect(suspect: Suspect, day: date | None) -> list[str]:
    lines = [f"Suspect: {code(suspect_place(suspect))} of {code(suspect.service)}", ""]
    lines += [f"- {prose(cut(reason, _LONGEST))}" for reason in suspect.reasons]
    return [*lines, "", *block(evidence_block(suspect.evidence, day))]


def _unexplained(unexplained: Sequence[Unexplained]) -> list[str]:
    if not unexplained:
        return []
    rows = [
        [f"{row.reach.records:,}", novelty(row), code(row.service), code(cut(row.template, 160))]
        for row in unexplained[:_MOST_UNEXPLAINED]
    ]
    lines = ["## Not explained", "", *table(["Records", "", "Service", "Message"], rows)]
    left = len(unexplained) - _MOST_UNEXPLAINED
    return [*lines, f"and {counted(left, 'other message')}", ""] if left > 0 else lines


def _timeline(diagnosis: Diagnosis, day: date | None) -> list[str]:
    records = diagnosis.trace.records if diagnosis.trace else ()
    if not records:
        return []
    lines = [
        f"{clock(record.time, day)}  {record.origin.node or '-'} {record.origin.service or '-'}  "
        f"{record.level.name if record.level is not None else '-'}  {cut(record.message, 160)}"
        for record in records[:_MOST_TIMELINE]
    ]
    left = len(records) - _MOST_TIMELINE
    more = [f"and {counted(left, 'more record')}"] if left > 0 else []
    return ["## Timeline", "", *block([*lines, *more])]


def _about(answer: Diagnosis | Triage) -> list[str]:
    lines = ["## What was read", "", f"- {prose(read(answer))}"]
    lines += [f"- clock: {prose(line)}" for line in corrections(answer.clocks)]
    lines += [f"- **not read:** {code(line)}" for line in not_read(answer)]
    return [*lines, ""]
