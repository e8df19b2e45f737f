"""From a trace and its surroundings to ranked candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..correlate.trace import Trace
from ..library.matcher import Matcher
from ..record import Record
from . import model
from .cite import Cite, cite_nothing
from .graph import LINKED, groups, places
from .model import Candidate, Stop, Suspect
from .outcome import Outcome, outcome
from .rank import rank
from .suspects import suspects
from .twins import stopped_at

# A candidate at or above this is called the cause.
SURE = 0.5


class Answer(NamedTuple):
    """What diagnosing gives; the pipeline adds what was asked and what was read."""

    verdict: str
    outcome: Outcome
    candidates: tuple[Candidate, ...]
    suspects: tuple[Suspect, ...]
    stopped_at: Stop | None


def diagnose(
    trace: Trace,
    around: Sequence[Record],
    twins: Sequence[Sequence[Record]],
    matcher: Matcher,
    cite: Cite = cite_nothing,
) -> Answer:
    """Diagnose one trace.

    ``around`` are records of the surroundings, ``twins`` the records of requests of the same operation that
    succeeded, ``cite`` knows the settings and facts that support a pattern. A request that succeeded has no candidates:
    no cause is invented.
    """
    findings = matcher.findings([*trace.records, *around])
    noise = [finding for finding in findings if finding.pattern.layer == "noise"]
    harmless = places(noise)
    # What is known to be harmless proves nothing, whichever other pattern fits it too.
    telling = groups(
        [finding for finding in findings if finding.pattern.layer != "noise" and places([finding]) - harmless], trace
    )
    result = outcome(trace, harmless)
    stop = stopped_at(trace, twins)
    fell_silent = stop is not None and result.call is not None and result.call.status == 202
    if result.failed is False and not (fell_silent and not result.good):
        return Answer(model.HEALTHY, result, (), (), None)
    if result.failed is None and not fell_silent and not any(group.link >= LINKED for group in telling):
        return Answer(model.HEALTHY, result, (), (), None)
    candidates = tuple(rank(telling, trace, result, stop, cite))
    sure = bool(candidates) and candidates[0].confidence >= SURE
    suspected = () if sure else tuple(suspects(trace, harmless))
    return Answer(model.CAUSE_FOUND if sure else model.UNKNOWN_CAUSE, result, candidates, suspected, stop)
