"""``--format junit``: the answer as a test suite that CI shows, valid against the schema of the Jenkins xUnit plugin.

A cause is a failing test case named after its pattern; an answer without any failure is one that passes.
"""

from __future__ import annotations

from xml.etree import ElementTree

from ..diagnose import NOT_FOUND, Candidate, Diagnosis
from ..diagnose.model import Triage
from .clean import clean
from .clocks import corrections
from .words import (
    evidence_block,
    first_day,
    fix_lines,
    hit,
    not_read,
    possible_causes,
    question,
    read,
    span,
    summary,
    sure_causes,
    suspect_place,
    unknown,
)

_Element = ElementTree.Element


def render(answer: Diagnosis | Triage, ascii_only: bool = False) -> str:
    """The document, indented, with a line end; what ASCII lacks as references with ``ascii_only``."""
    suite = _suite(answer)
    root = ElementTree.Element("testsuites", {"name": "haystack"})
    root.append(suite)
    ElementTree.indent(root)
    encoding = "us-ascii" if ascii_only else "utf-8"
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{ElementTree.tostring(root, encoding).decode(encoding)}\n'


def _suite(answer: Diagnosis | Triage) -> _Element:
    cases = _cases(answer)
    counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error", "skipped")}
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": question(answer),
            "tests": str(len(cases)),
            "failures": str(counts["failure"]),
            "errors": str(counts["error"]),
            "skipped": str(counts["skipped"]),
            "time": "0",
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    known = {"verdict": answer.verdict, "summary": summary(answer), "read": read(answer)}
    known |= {f"clock.{number}": line for number, line in enumerate(corrections(answer.clocks), 1)}
    for name, value in known.items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": value})
    suite.extend(cases)
    lines = not_read(answer)
    if lines:
        ElementTree.SubElement(suite, "system-err").text = _lines("not read:", *lines)
    return suite


def _cases(answer: Diagnosis | Triage) -> list[_Element]:
    if answer.verdict == NOT_FOUND:
        case = _case("not-found", "haystack")
        ElementTree.SubElement(case, "error", {"type": "not-found", "message": summary(answer)})
        return [case]
    cases = [_cause(candidate, answer) for candidate in sure_causes(answer)]
    cases += [_possible(candidate) for candidate in possible_causes(answer)]
    if unknown(answer):
        cases.insert(0, _unknown(answer))
    return cases or [_case("no-failure-found", "haystack")]


def _case(name: str, service: str) -> _Element:
    return ElementTree.Element("testcase", {"name": name, "classname": service, "time": "0"})


def _cause(candidate: Candidate, answer: Diagnosis | Triage) -> _Element:
    pattern = candidate.pattern
    day = first_day(answer.trace if isinstance(answer, Diagnosis) else answer)
    case = _case(pattern.id, pattern.service)
    failure = ElementTree.SubElement(case, "failure", {"type": candidate.severity, "message": clean(candidate.cause)})
    reach = candidate.reach
    failure.text = _lines(
        f"confidence {candidate.confidence:.0%}",
        *([f"hit {hit(reach)}", f"when {span(reach.first, reach.last, day)}"] if reach else []),
        "",
        *evidence_block(candidate.evidence, day),
        "",
        *(f"because {clean(reason)}" for reason in candidate.reasons),
        "",
        clean(pattern.what),
        "",
        *(f"confirm {clean(command)}" for command in candidate.confirm),
        *(f"fix {step}" for step in fix_lines(candidate.fix)),
        f"more haystack patterns show {pattern.id}",
    )
    return case


def _possible(candidate: Candidate) -> _Element:
    """What is only possible fails no build."""
    case = _case(candidate.pattern.id, candidate.pattern.service)
    message = f"possible, {candidate.confidence:.0%}: {clean(candidate.cause)}"
    ElementTree.SubElement(case, "skipped", {"message": message})
    return case


def _unknown(answer: Diagnosis | Triage) -> _Element:
    case = _case("unknown-cause", answer.suspects[0].service if answer.suspects else "haystack")
    failure = ElementTree.SubElement(case, "failure", {"type": "unknown-cause", "message": unknown(answer)})
    day = first_day(answer.trace if isinstance(answer, Diagnosis) else answer)
    lines = []
    for suspect in answer.suspects:
        lines += [f"suspect {suspect.service} {suspect_place(suspect)}", *evidence_block(suspect.evidence, day)]
        lines += [f"because {clean(reason)}" for reason in suspect.reasons]
    for row in answer.unexplained if isinstance(answer, Triage) else ():
        lines.append(f"{row.reach.records}x {row.service}: {clean(row.template)}")
    failure.text = _lines(*lines)
    return case


def _lines(*lines: str) -> str:
    return "\n" + "\n".join(lines) + "\n"
