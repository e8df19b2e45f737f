"""What CI asks of an answer: does it pass?"""

from __future__ import annotations

from collections.abc import Sequence

from .diagnose import SURE
from .model import CAUSE_FOUND, UNKNOWN_CAUSE, Candidate, Diagnosis, Triage

# What a cause may be called at least, the least severe last.
GATES = ("critical", "error", "warning")


def complaints(answer: Diagnosis | Triage, fail_on: Sequence[str], expected: Sequence[str]) -> list[str]:
    """Why the answer does not pass, one sentence each; none when it does.

    ``fail_on`` are severities (GATES) or ids of patterns, ``expected`` ids of patterns that must be among the causes.
    """
    sure = sure_causes(answer)
    found = [
        f"--fail-on {wish}: {c.pattern.id} ({c.severity}): {c.cause}" for wish in fail_on for c in sure if _is(wish, c)
    ]
    if _failed_unknown(answer):
        found += [f"--fail-on {wish}: something failed for no known reason" for wish in fail_on if wish in GATES[1:]]
    ids = [candidate.pattern.id for candidate in sure]
    seen = ", ".join(dict.fromkeys(ids)) or "none"
    return found + [f"--expect {wish}: not found; causes found: {seen}" for wish in expected if wish not in ids]


def sure_causes(answer: Diagnosis | Triage) -> Sequence[Candidate]:
    """The candidates that the answer calls causes: the first of a diagnosis, all sure ones of a triage."""
    if answer.verdict != CAUSE_FOUND:
        return ()
    if isinstance(answer, Diagnosis):
        return answer.candidates[:1]
    return [candidate for candidate in answer.candidates if candidate.confidence >= SURE]


def _is(wish: str, candidate: Candidate) -> bool:
    if wish not in GATES:
        return candidate.pattern.id == wish
    return candidate.severity in GATES[: GATES.index(wish) + 1]


def _failed_unknown(answer: Diagnosis | Triage) -> bool:
    if isinstance(answer, Diagnosis):
        return answer.verdict != CAUSE_FOUND and answer.outcome is not None and bool(answer.outcome.failed)
    # Errors of no request (a periodic task's, a daemon's) are no less errors; what is only possible fails nothing.
    return bool(answer.unknown.count) or (answer.verdict == UNKNOWN_CAUSE and bool(answer.unexplained))
