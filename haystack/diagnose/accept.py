"""Causes that a baseline accepts are shown as accepted, and count no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ..library.baseline import Accepted
from .diagnose import SURE
from .model import CAUSE_FOUND, HEALTHY, UNKNOWN_CAUSE, Candidate, Pardon, Triage


def accept(triage: Triage, baseline: Sequence[Accepted], today: date) -> Triage:
    """The answer without the candidates that the baseline accepts today, and what may only be their effects.

    An entry that is over, or that accepts nothing, is a note in the coverage: a baseline is to shrink.
    """
    pardons: list[Pardon] = []
    left: list[Candidate] = []
    used: set[str] = set()
    notes: list[str] = []
    for candidate in triage.candidates:
        fitting = [entry for entry in baseline if _fits(entry, candidate)]
        used.update(entry.place for entry in fitting)
        valid = [entry for entry in fitting if entry.until >= today]
        if valid:
            pardons.append(Pardon(candidate, valid[0].reason, valid[0].until))
        else:
            left.append(candidate)
            notes += [f"{e.place}: {e.cause} is accepted no more since {e.until.isoformat()}" for e in fitting]
    effects = {name for pardon in pardons for name in pardon.candidate.explains}
    left = [c for c in left if c.confidence >= SURE or c.pattern.id not in effects]
    notes += [f"{e.place}: {e.cause} was not seen; remove it?" for e in baseline if e.place not in used]
    return triage._replace(
        verdict=_verdict(triage, left),
        candidates=tuple(left),
        accepted=tuple(pardons),
        coverage=triage.coverage._replace(notes=(*triage.coverage.notes, *notes)),
    )


def _fits(entry: Accepted, candidate: Candidate) -> bool:
    nodes = candidate.reach.nodes if candidate.reach else ()
    if entry.cause != candidate.pattern.id or entry.text not in candidate.cause:
        return False
    return not entry.node or set(nodes) <= {entry.node}


def _verdict(triage: Triage, left: Sequence[Candidate]) -> str:
    if triage.verdict != CAUSE_FOUND or any(candidate.confidence >= SURE for candidate in left):
        return triage.verdict
    return UNKNOWN_CAUSE if triage.unknown.count or triage.unexplained else HEALTHY
