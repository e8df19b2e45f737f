"""``--format json`` of triage: the stable document ``haystack/triage-1`` (docs/triage-1.schema.json)."""

from __future__ import annotations

from typing import Any

from ..diagnose.model import Candidate, Known, Names, Pardon, Reach, Triage, Unexplained
from .json_report import (
    candidate_document,
    clock_document,
    coverage_document,
    evidence_document,
    printed,
    suspect_document,
    time_text,
    without_secrets,
)

SCHEMA = "haystack/triage-1"


def render(triage: Triage, ascii_only: bool = False) -> str:
    """The document, indented, with a line end; ``ascii_only`` for an output that is not UTF-8."""
    return printed(document(triage), ascii_only)


def document(triage: Triage) -> dict[str, Any]:
    """The document as plain values, without secrets."""
    return without_secrets(_document(triage))


def _document(triage: Triage) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "query": {
            "command": "triage",
            "logs": list(triage.logs),
            "since": time_text(triage.since),
            "until": time_text(triage.until),
        },
        "verdict": triage.verdict,
        "failed_requests": _names(triage.failed),
        "unknown_requests": _names(triage.unknown),
        "candidates": [_candidate(rank, candidate) for rank, candidate in enumerate(triage.candidates, 1)],
        "accepted": [_pardon(pardon) for pardon in triage.accepted],
        "suspects": [suspect_document(rank, suspect) for rank, suspect in enumerate(triage.suspects, 1)],
        "unexplained": [_unexplained(unexplained) for unexplained in triage.unexplained],
        "noise": [_known(known) for known in triage.noise],
        "coverage": coverage_document(triage.coverage),
        "clock": clock_document(triage.clocks),
        "problems": list(triage.problems),
    }


def _candidate(rank: int, candidate: Candidate) -> dict[str, Any]:
    return {
        **candidate_document(rank, candidate),
        "severity": candidate.severity,
        "reach": _reach(candidate.reach) if candidate.reach else None,
    }


def _pardon(pardon: Pardon) -> dict[str, Any]:
    candidate = pardon.candidate
    return {
        "pattern": candidate.pattern.id,
        "cause": candidate.cause,
        "reason": pardon.reason,
        "until": pardon.until.isoformat(),
        "reach": _reach(candidate.reach) if candidate.reach else None,
    }


def _unexplained(unexplained: Unexplained) -> dict[str, Any]:
    return {
        "service": unexplained.service,
        "level": unexplained.level,
        "template": unexplained.template,
        "before": unexplained.before,
        "novelty": unexplained.novelty or None,
        "reach": _reach(unexplained.reach),
        "evidence": evidence_document(unexplained.evidence),
    }


def _known(known: Known) -> dict[str, Any]:
    return {"pattern": known.pattern.id, "title": known.pattern.title, "records": known.records}


def _reach(reach: Reach) -> dict[str, Any]:
    return {
        "records": reach.records,
        "exact": reach.exact,
        "requests": _names(reach.requests),
        "instances": _names(reach.instances),
        "projects": _names(reach.projects),
        "nodes": list(reach.nodes),
        "services": list(reach.services),
        "first": time_text(reach.first),
        "last": time_text(reach.last),
        "over_time": list(reach.over_time),
    }


def _names(names: Names) -> dict[str, Any]:
    return {"count": names.count, "at_least": names.more, "some": list(names.some)}
