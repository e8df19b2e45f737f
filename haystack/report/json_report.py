"""``--format json``: the diagnosis as the stable document ``haystack/diagnosis-1`` (docs/diagnosis-1.schema.json)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..diagnose.model import Candidate, Diagnosis, Evidence, Suspect
from ..library.cited import CitedFact, CitedSetting
from ..masking import mask
from ..record import Record
from ..search import Coverage
from ..search.clock import NodeClock

SCHEMA = "haystack/diagnosis-1"
# The text of one record in the document; a longer one is cut.
_LONGEST = 4096
# What JSON lets through and a terminal or an encoder does not survive: DEL, C1, bidirectional marks, surrogates.
_UNSAFE = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def render(diagnosis: Diagnosis, ascii_only: bool = False) -> str:
    """The document, indented, with a line end; ``ascii_only`` for an output that is not UTF-8."""
    return printed(document(diagnosis), ascii_only)


def printed(document: dict[str, Any], ascii_only: bool) -> str:
    """A document as text that changes nothing on a terminal."""
    return escape_unsafe(json.dumps(document, indent=1, ensure_ascii=ascii_only)) + "\n"


def escape_unsafe(text: str) -> str:
    """JSON without the characters that JSON lets through and a terminal does not survive."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The document as plain values, without secrets."""
    return without_secrets(_document(diagnosis))


def without_secrets(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every text in it masked."""
    result: dict[str, Any] = masked(document)
    return result


def masked(value: Any) -> Any:
    """Every text of the document masked, whole, and cut only then: half a URL hides what was its password."""
    if isinstance(value, str):
        return mask(value)[:_LONGEST]
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {mask(key): masked(item) for key, item in value.items()}
    return value


def _document(diagnosis: Diagnosis) -> dict[str, Any]:
    trace = diagnosis.trace
    outcome = diagnosis.outcome
    call = outcome.call if outcome else None
    stop = diagnosis.stopped_at
    return {
        "schema": SCHEMA,
        "query": {
            "command": "trace",
            "ids": list(diagnosis.asked),
            "logs": list(diagnosis.logs),
            "requests": sorted(f"req-{i}" for i in trace.requests) if trace else [],
            "resources": dict(sorted(trace.resources.items())) if trace else {},
            "since": time_text(trace.since) if trace else None,
            "until": time_text(trace.until) if trace else None,
        },
        "verdict": diagnosis.verdict,
        "outcome": {
            "failed": outcome.failed if outcome else None,
            "reason": outcome.reason if outcome else "",
            "method": call.method if call else None,
            "url": call.url if call else None,
            "status": call.status if call else None,
            "seconds": call.seconds if call else None,
        },
        "candidates": [candidate_document(rank, c) for rank, c in enumerate(diagnosis.candidates, 1)],
        "suspects": [suspect_document(rank, s) for rank, s in enumerate(diagnosis.suspects, 1)],
        "stopped_at": None
        if stop is None
        else {
            **_line(stop.record, stop.record.origin.line, stop.record.message),
            "missing": stop.missing,
            "twins": stop.twins,
        },
        "timeline": [_timeline(record) for record in trace.records] if trace else [],
        "coverage": coverage_document(diagnosis.coverage, trace.notes if trace else ()),
        "clock": clock_document(diagnosis.clocks),
        "problems": list(diagnosis.problems),
    }


def coverage_document(coverage: Coverage, notes: Sequence[str] = ()) -> dict[str, Any]:
    """What was read and what was not, as plain values."""
    return {
        "files": coverage.files,
        "bytes": coverage.bytes,
        "unreadable": [trouble._asdict() for trouble in coverage.unreadable],
        "skipped": [trouble._asdict() for trouble in coverage.skipped],
        "unparsed_lines": coverage.unparsed_lines,
        "notes": [*coverage.notes, *notes],
    }


def clock_document(clocks: Mapping[str, NodeClock]) -> dict[str, Any]:
    """The clocks of nodes as plain values."""
    return {
        node: {
            "zone": str(clock.zone),
            "ahead_seconds": clock.ahead,
            "uncertainty_seconds": clock.uncertainty or None,
            "source": clock.source,
        }
        for node, clock in sorted(clocks.items())
    }


def candidate_document(rank: int, candidate: Candidate) -> dict[str, Any]:
    """A candidate as plain values, not masked yet."""
    pattern = candidate.pattern
    return {
        "rank": rank,
        "pattern": pattern.id,
        "title": pattern.title,
        "service": pattern.service,
        "layer": pattern.layer,
        "severity": candidate.severity,
        "confidence": candidate.confidence,
        "cause": candidate.cause,
        "explains": list(candidate.explains),
        "reasons": list(candidate.reasons),
        "evidence": [evidence_document(evidence) for evidence in candidate.evidence],
        "confirm": list(candidate.confirm),
        "fix": [{"step": text, "changing": changing} for text, changing in candidate.fix],
        "references": list(pattern.references),
        "requests_hit": candidate.requests_hit,
        "captures": dict(candidate.captures.items()),
        "settings": [_setting(setting) for setting in candidate.settings],
        "facts": [_fact(fact) for fact in candidate.facts],
    }


def _setting(setting: CitedSetting) -> dict[str, Any]:
    return {
        "service": setting.service,
        "section": setting.section,
        "option": setting.option,
        "value": setting.value,
        "set": setting.set,
        "text": setting.text,
        "places": [{"node": node, "file": path, "line": line or None} for node, path, line in setting.places],
    }


def _fact(fact: CitedFact) -> dict[str, Any]:
    return {
        "fact": fact.fact,
        "value": fact.value,
        "of": dict(fact.of),
        "text": fact.text,
        "node": fact.node,
        "file": fact.path,
        "line": fact.line or None,
        "taken": time_text(fact.taken),
        "away_seconds": None if fact.away is None else fact.away.total_seconds(),
        "counts": fact.counts,
    }


def suspect_document(rank: int, suspect: Suspect) -> dict[str, Any]:
    """A suspect as plain values, not masked yet."""
    return {
        "rank": rank,
        "service": suspect.service,
        "module": suspect.module,
        "function": suspect.function,
        "line": suspect.line,
        "reasons": list(suspect.reasons),
        "evidence": [evidence_document(evidence) for evidence in suspect.evidence],
    }


def evidence_document(evidence: Evidence) -> dict[str, Any]:
    """A line of evidence as plain values, not masked yet."""
    return _line(evidence.record, evidence.line, evidence.text)


def _line(record: Record, line: int, text: str) -> dict[str, Any]:
    return {
        "time": time_text(record.time),
        "node": record.origin.node,
        "service": record.origin.service,
        "file": record.origin.path,
        "line": line,
        "text": text,
    }


def _timeline(record: Record) -> dict[str, Any]:
    return {
        "time": time_text(record.time),
        "node": record.origin.node,
        "service": record.origin.service,
        "level": record.level.name if record.level is not None else None,
        "logger": record.logger,
        "request_id": record.request_id or None,
        "file": record.origin.path,
        "line": record.origin.line,
        "message": record.message,
    }


def time_text(time: datetime | None) -> str | None:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z") if time else None
