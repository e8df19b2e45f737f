"""``triage``: from a window to the causes behind all that went wrong in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from ..diagnose import NOT_FOUND
from ..diagnose.accept import accept
from ..diagnose.failures import LITERALS
from ..diagnose.model import Triage
from ..diagnose.triage import triage as triage_samples
from ..insight.citations import Citations
from ..library import Matcher, load
from ..library.baseline import load_baseline
from ..search import Query
from ..search.files import FilesEngine
from ..search.samples import Sample
from .common import open_logs, sample, shown_paths, told_clocks
from .shown import Shown

# Before a window so much is read at least, to know what is usual.
_LEAST_BEFORE = timedelta(hours=1)


def triage(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    zone: tzinfo | None = None,
    patterns: Sequence[str | os.PathLike[str]] = (),
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
    baseline: str | os.PathLike[str] | None = None,
    today: date | None = None,
) -> Triage:
    """Find the causes behind all that went wrong in a window, whom each hit, and what no pattern explains.

    The arguments are those of ``trace``. With ``since``, errors of as long a time before are counted as well, at least
    of an hour: what is new is told from what always happens. ``baseline`` is a file of causes that are accepted
    ``today`` (by default the day it is here). Raises what ``trace`` raises, LibraryError also for a broken baseline.
    """
    library = load([Path(directory) for directory in patterns])
    engine, scope = open_logs(
        FilesEngine,
        library,
        logs=logs,
        since=since,
        until=until,
        nodes=nodes,
        services=services,
        zone=zone,
        jobs=jobs,
        progress=progress,
        max_archive_size=max_archive_size,
        max_archive_members=max_archive_members,
    )
    accepted = load_baseline(Path(baseline), library.ids) if baseline is not None else []
    literals = tuple(dict.fromkeys((*library.literals, *LITERALS)))
    query = scope._replace(literals=literals, in_order=library.in_order)
    samples = sample(engine, query)
    before, scale = _before(engine, query, samples)
    citations = Citations(engine.found, library.services)
    exact = (scope.since is None and scope.until is None) or engine.in_order
    result = triage_samples(samples, before, scale, Matcher(library), citations.of, exact)
    shown = [evidence.record for candidate in result.candidates for evidence in candidate.evidence]
    shown += [evidence.record for suspect in result.suspects for evidence in suspect.evidence]
    shown += [item.evidence.record for item in result.unexplained]
    lines = Shown(engine, shown)
    coverage = engine.coverage()
    answer = Triage(
        result.verdict if engine.covers(query) else NOT_FOUND,
        coverage._replace(notes=(*coverage.notes, *citations.notes)),
        shown_paths(logs),
        library.problems,
        scope.since or result.window.since,
        scope.until or result.window.until,
        tuple(candidate._replace(evidence=lines.of(candidate.evidence)) for candidate in result.candidates),
        tuple(suspect._replace(evidence=lines.of(suspect.evidence)) for suspect in result.suspects),
        tuple(item._replace(evidence=lines.of((item.evidence,))[0]) for item in result.unexplained),
        result.noise,
        result.failed,
        unknown=result.unknown,
        clocks=told_clocks(engine),
    )
    return accept(answer, accepted, today or date.today()) if accepted else answer  # noqa: DTZ011 - the day it is here


def _before(engine: FilesEngine, query: Query, samples: Sequence[Sample]) -> tuple[list[Sample] | None, float]:
    """Errors of the time before the window, and how many times as long as that the window is."""
    if query.since is None:
        return None, 1.0
    times = [sample.record.time for sample in samples if sample.record.time]
    length = (query.until or max(times, default=query.since)) - query.since
    span = max(length, _LEAST_BEFORE)
    until = query.since - timedelta(microseconds=1)
    return engine.sample(query._replace(literals=LITERALS, since=query.since - span, until=until)), length / span
