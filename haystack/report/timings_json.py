"""``--format json`` of ``timings``: the document ``haystack/timings-1`` (docs/timings-1.schema.json)."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from ..insight.calls import Server, SlowCall, Tally
from ..insight.durations import EXACT, RELATIVE_ERROR, Durations
from ..insight.over_time import OverTime
from ..insight.runs import Lead, RunSeen, StepTimes
from ..insight.timings import Timings
from .json_report import coverage_document, escape_unsafe, masked, time_text

SCHEMA = "haystack/timings-1"


def as_json(found: Timings, ascii_only: bool = False) -> str:
    """The document, indented, with a line end; ``ascii_only`` for an output that is not UTF-8."""
    return escape_unsafe(json.dumps(masked(_document(found)), indent=1, ensure_ascii=ascii_only)) + "\n"


def _document(found: Timings) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "query": {"command": "timings", "logs": list(found.logs)},
        "first": _time(found.first),
        "last": _time(found.last),
        "calls": found.calls,
        "percentiles": {"exact_up_to": EXACT, "relative_error": RELATIVE_ERROR},
        "slot_seconds": found.width,
        "services": [
            {**_server(server), **_tally(tally), "over_time": _over_time(series)}
            for server, tally, series in found.servers
        ],
        "routes": [
            {**_server(key.server), "method": key.method, "route": key.route, **_tally(tally)}
            for key, tally in found.routes
        ],
        "slowest": [_slow(call) for call in found.slowest],
        "operations": [_lead(lead) for lead in found.leads],
        "coverage": coverage_document(found.coverage, found.notes),
        "problems": list(found.problems),
    }


def _server(server: Server) -> dict[str, Any]:
    return {"service": server.service, "backend": server.backend or None, "writer": server.writer or "haproxy"}


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "count": tally.count,
        "errors": tally.errors,
        "error_rate": tally.errors / tally.count,
        "refused": tally.refused,
        "statuses": {str(status): count for status, count in sorted(tally.statuses.items())},
        "seconds": _seconds(tally.durations),
    }


def _seconds(durations: Durations) -> dict[str, Any] | None:
    if not durations.count:
        return None
    return {
        "count": durations.count,
        "total": round(durations.total, 6),
        "p50": _rounded(durations.percentile(50)),
        "p95": _rounded(durations.percentile(95)),
        "p99": _rounded(durations.percentile(99)),
        "max": round(durations.longest, 6),
    }


def _rounded(seconds: float | None) -> float:
    return round(seconds or 0.0, 6)


def _over_time(series: OverTime | None) -> list[dict[str, Any]]:
    return [
        {
            "time": _time(start),
            "count": slot.count,
            "errors": slot.errors,
            "p50": _percentile(slot.durations, 50),
            "p95": _percentile(slot.durations, 95),
        }
        for start, slot in series or ()
    ]


def _percentile(durations: Durations, percent: float) -> float | None:
    return _rounded(durations.percentile(percent)) if durations.count else None


def _slow(call: SlowCall) -> dict[str, Any]:
    return {
        "seconds": round(call.seconds, 6),
        "time": _time(call.time),
        "node": call.node,
        **_server(call.server),
        "method": call.method,
        "url": call.url,
        "status": call.status,
        "request_id": call.request_id or None,
        "file": call.path,
        "line": call.line,
    }


def _lead(lead: Lead) -> dict[str, Any]:
    return {
        "operation": lead.operation.id,
        "title": lead.operation.title,
        "service": lead.operation.service,
        "begun": lead.begun,
        "completed": lead.completed,
        "failed": lead.failed,
        "refused": lead.refused,
        "unfinished": lead.unfinished,
        "seconds": _seconds(lead.durations),
        "steps": [_step(step, lead.durations.total) for step in lead.steps],
        "slowest": [_run(run) for run in sorted(lead.slowest, reverse=True)],
        "failures": [_run(run) for run in lead.failures],
    }


def _step(step: StepTimes, total: float) -> dict[str, Any]:
    return {
        "step": step.name,
        "share": round(step.durations.total / total, 6) if total else 0.0,
        "seconds": _seconds(step.durations),
        "failed_after": step.failed,
        "unfinished_after": step.unfinished,
    }


def _run(run: RunSeen) -> dict[str, Any]:
    return {
        "seconds": round(run.seconds, 6),
        "began": _time(run.began),
        "request_id": run.request_id or None,
        "resource": run.resource or None,
        "last_step": run.last_step,
    }


def _time(time: float | None) -> str | None:
    return None if time is None else time_text(datetime.fromtimestamp(time, timezone.utc))
