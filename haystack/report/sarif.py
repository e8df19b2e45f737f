"""``--format sarif``: the answer as SARIF 2.1.0 for code scanning and CI; patterns are rules, causes are results."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from .. import __version__
from ..diagnose import Candidate, Diagnosis, Evidence
from ..diagnose.model import Suspect, Triage
from ..diagnose.twins import template
from ..library.model import Pattern
from .clean import clean
from .json_report import printed, time_text
from .words import cut, fix_lines, hit, not_read, summary, sure_causes, suspect_place, unknown

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"critical": "error", "error": "error", "warning": "warning", "info": "note"}
_UNKNOWN = "unknown-cause"
# The directory that holds a directory for each node: locations are relative to it.
_ROOT = "LOGS"
_LONGEST = 2000
_PLACEHOLDER = re.compile(r"\{(?=\d+\})|(?<=\d)\}")
_MASKED = re.compile(r"\*\*\*[0-9a-f]{6}")


def render(answer: Diagnosis | Triage, ascii_only: bool = False) -> str:
    """The document, indented, with a line end."""
    return printed(document(answer), ascii_only)


def document(answer: Diagnosis | Triage) -> dict[str, Any]:
    """The document as plain values, without secrets."""
    causes = sure_causes(answer)
    patterns = list({candidate.pattern.id: candidate.pattern for candidate in answer.candidates}.values())
    rules = [_rule(pattern) for pattern in patterns]
    number = {pattern.id: index for index, pattern in enumerate(patterns)}
    results = [_result(candidate, number[candidate.pattern.id], candidate in causes) for candidate in answer.candidates]
    if unknown(answer):
        rules.append(_unknown_rule())
        results += _unknown_results(answer, len(rules) - 1)
    run = {
        "tool": {"driver": {"name": "haystack", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the logs: a directory for each node, then its paths"}}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": _message(f"not read: {line}")}}
                    for line in not_read(answer)
                ],
            }
        ],
        "results": results,
        "properties": {"verdict": answer.verdict, "summary": summary(answer)},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(pattern: Pattern) -> dict[str, Any]:
    links = [reference for reference in pattern.references if reference.startswith("https://")]
    steps = fix_lines(tuple((step.text, step.changing) for step in pattern.fix))
    rule: dict[str, Any] = {
        "id": pattern.id,
        "shortDescription": {"text": _message(pattern.title)},
        "fullDescription": {"text": _message(pattern.what)},
        "help": {"text": _message("\n".join([pattern.why, "", *steps]))},
        "defaultConfiguration": {"level": _LEVELS[pattern.severity]},
        "properties": {"tags": [pattern.service, pattern.layer]},
    }
    return {**rule, "helpUri": quote(links[0], safe="%/:=&?~#+!$,;'@()*[]")} if links else rule


def _unknown_rule() -> dict[str, Any]:
    return {
        "id": _UNKNOWN,
        "shortDescription": {"text": "Something failed, and no known fault fits"},
        "defaultConfiguration": {"level": "error"},
    }


def _result(candidate: Candidate, rule: int, sure: bool) -> dict[str, Any]:
    pattern = candidate.pattern
    words = [clean(candidate.cause), *(clean(reason) for reason in candidate.reasons)]
    reach = candidate.reach
    properties: dict[str, Any] = {"confidence": candidate.confidence, "service": pattern.service}
    if reach:
        words.insert(1, hit(reach))
        properties |= {"records": reach.records, "nodes": [clean(node) for node in reach.nodes]}
        properties |= {"first": time_text(reach.first), "last": time_text(reach.last)}
    return {
        "ruleId": pattern.id,
        "ruleIndex": rule,
        # What is only possible is for somebody to look at, and has no level then (SARIF 3.27.10).
        "kind": "fail" if sure else "review",
        "level": _LEVELS[candidate.severity] if sure else "none",
        "message": {"text": _message("; ".join(words))},
        **_locations(candidate.evidence),
        "partialFingerprints": {"haystackCause/v1": _fingerprint(pattern.id, candidate.cause)},
        "rank": round(candidate.confidence * 100, 1),
        "properties": properties,
    }


def _unknown_results(answer: Diagnosis | Triage, rule: int) -> list[dict[str, Any]]:
    """A result for each suspect; one without a place where there is no suspect."""

    def result(text: str, evidence: Sequence[Evidence], key: str) -> dict[str, Any]:
        return {
            "ruleId": _UNKNOWN,
            "ruleIndex": rule,
            "level": "error",
            "message": {"text": _message(text)},
            **_locations(evidence),
            "partialFingerprints": {"haystackCause/v1": _fingerprint(_UNKNOWN, key)},
        }

    def words(suspect: Suspect) -> str:
        return "; ".join([unknown(answer), f"suspect: {suspect_place(suspect)}", *map(clean, suspect.reasons)])

    if not answer.suspects:
        return [result(unknown(answer), (), unknown(answer))]
    return [result(words(suspect), suspect.evidence, suspect_place(suspect)) for suspect in answer.suspects]


def _locations(evidence: Sequence[Evidence]) -> dict[str, Any]:
    locations = [_location(item) for item in evidence]
    return {
        "locations": locations[:1],
        "relatedLocations": [{"id": number, **location} for number, location in enumerate(locations[1:], 1)],
    }


def _location(evidence: Evidence) -> dict[str, Any]:
    origin = evidence.record.origin
    path = "/".join(part for part in (clean(origin.node), clean(origin.path).lstrip("/")) if part)
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(path, safe="/"), "uriBaseId": _ROOT}}
    text = cut(clean(evidence.text), _LONGEST)
    if evidence.line:
        physical["region"] = {"startLine": evidence.line, "snippet": {"text": text}}
    where = {"name": clean(origin.service) or "-", "fullyQualifiedName": clean(f"{origin.node}/{origin.service}")}
    time = time_text(evidence.record.time)
    return {
        "physicalLocation": physical,
        "logicalLocations": [{**where, "kind": "module"}],
        "message": {"text": _message(f"{time}  {text}" if time else text)},
    }


def _fingerprint(rule: str, cause: str) -> str:
    """Tells one cause from another and is the same in each run: without ids, numbers and what stands for a secret."""
    plain = _MASKED.sub("*", clean(cause))
    return hashlib.sha256(f"{rule}\n{template(plain)}".encode()).hexdigest()[:32]


def _message(text: str) -> str:
    """Plain text of a message, in which ``[text](1)`` would be a link and ``{0}`` a place to fill."""
    lines = "\n".join(clean(line) for line in text.split("\n"))
    escaped = re.sub(r"([\\\[\]])", r"\\\1", lines)
    return _PLACEHOLDER.sub(lambda found: found.group() * 2, escaped)
