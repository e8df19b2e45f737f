"""Answers of triage, put together from the causes that tracing captured incidents finds, with whom they hit."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import haystack
from haystack.diagnose import CAUSE_FOUND, HEALTHY, NOT_FOUND, UNKNOWN_CAUSE, Diagnosis
from haystack.diagnose.model import MORE, NEW, Evidence, Known, Names, Reach, Suspect, Triage, Unexplained
from haystack.diagnose.twins import template
from haystack.library import load
from haystack.record import Record
from haystack.search import Coverage
from haystack.search.query import Trouble
from tests.accuracy.score import failing_id, labels
from tests.making import FIXTURES

_SLICES = 48
CASES = {root.name: failing_id(label) or label["healthy_requests"][0] for root, label in labels(FIXTURES)}


@lru_cache
def traced(incident: str) -> Diagnosis:
    """The diagnosis of a fixture's request."""
    return haystack.trace([CASES[incident]], [FIXTURES / incident], jobs=1)


@lru_cache
def errors(incident: str) -> tuple[Record, ...]:
    """All records of a fixture that are errors."""
    return tuple(haystack.find("", [FIXTURES / incident], level="error", jobs=1))


def reach_of(records: tuple[Record, ...], triage: Triage) -> Reach:
    """Whom some records hit, counted as triage does."""

    def names(found: list[str]) -> Names:
        different = list(dict.fromkeys(filter(None, found)))
        return Names(len(different), tuple(different[:8]))

    times = sorted(record.time for record in records if record.time)
    counts = [0] * _SLICES
    if triage.since and triage.until:
        length = (triage.until - triage.since) / _SLICES
        for time in times:
            counts[max(0, min(_SLICES - 1, int((time - triage.since) / length)))] += 1
    return Reach(
        len(records),
        True,
        names([record.request_id for record in records]),
        names([record.instance for record in records]),
        names([record.project for record in records]),
        tuple(dict.fromkeys(record.origin.node for record in records)),
        tuple(dict.fromkeys(record.origin.service for record in records)),
        times[0] if times else None,
        times[-1] if times else None,
        tuple(counts),
    )


def _empty(incident: str, verdict: str) -> Triage:
    """A triage of the time of a fixture's trace, without any finding."""
    diagnosis = traced(incident)
    assert diagnosis.trace
    since, until = diagnosis.trace.since, diagnosis.trace.until
    assert since
    assert until
    minute = timedelta(seconds=60)
    coverage = diagnosis.coverage
    return Triage(verdict, coverage, (f"fixtures/{incident}",), (), since - minute, until + minute)


def _unexplained(incident: str, triage: Triage) -> tuple[Unexplained, ...]:
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in errors(incident):
        groups.setdefault((record.origin.service, template(record.message)), []).append(record)
    rows = []
    for number, ((service, text), records) in enumerate(groups.items()):
        novelty, before = ((NEW, 0.0), (MORE, 2.5), ("", None))[number % 3]
        evidence = Evidence(records[0], 0, records[0].message)
        rows.append(Unexplained(service, "ERROR", text, reach_of(tuple(records), triage), before, novelty, evidence))
    return tuple(rows)


def sick() -> Triage:
    """A sick cloud: a cause that hit many, one that is possible, errors nobody explains, noise, a node not read."""
    triage = _empty("neutron_down", CAUSE_FOUND)
    diagnosis, other = traced("neutron_down"), traced("libvirtd_down")
    assert diagnosis.trace
    records = errors("neutron_down") + tuple(item.record for item in diagnosis.candidates[0].evidence)
    possible = other.candidates[0]._replace(confidence=0.41)
    own = tuple(item.record for item in possible.evidence)
    triage = triage._replace(until=max(record.time for record in own if record.time) + timedelta(seconds=60))
    library = load([])
    noise = [pattern for pattern in map(library.pattern, library.ids) if pattern.layer == "noise"][:4]
    assert noise
    return triage._replace(
        candidates=(
            diagnosis.candidates[0]._replace(reach=reach_of(records, triage)),
            possible._replace(reach=reach_of(own, triage)._replace(exact=False)),
        ),
        unexplained=_unexplained("neutron_down", triage),
        noise=tuple(Known(pattern, 10 ** (4 - number)) for number, pattern in enumerate(noise)),
        failed=Names(14, (CASES["neutron_down"],)),
        coverage=triage.coverage._replace(unreadable=(Trouble("compute7", "unreachable"),)),
    )


def unknown() -> Triage:
    """Requests failed, and no pattern fits: suspects, and messages that are new."""
    triage = _empty("compute_disk_full", UNKNOWN_CAUSE)
    record = errors("compute_disk_full")[0]
    evidence = (Evidence(record, 0, record.message),)
    suspect = Suspect(
        "nova-compute", "nova.compute.manager", "_build_resources", 2731, ("the first traceback",), evidence
    )
    return triage._replace(
        suspects=(suspect,), unexplained=_unexplained("compute_disk_full", triage), failed=Names(5000, (), True)
    )


def healthy() -> Triage:
    """A healthy cloud."""
    return _empty("healthy_boot", HEALTHY)


def silent() -> Triage:
    """Nothing was read at all: no times, no names."""
    return Triage(NOT_FOUND, Coverage(), ("empty",), ())


TRIAGES = {"sick": sick, "unknown": unknown, "healthy": healthy, "silent": silent}
