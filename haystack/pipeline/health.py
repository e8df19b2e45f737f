"""``health``: how a cloud is at the end of a window."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from ..errors import UsageError
from ..insight.health import CHECKS, Health
from ..insight.health import health as judge
from ..insight.health.machine import judged
from ..insight.health.signs import scan_of
from ..insight.health.silence import Asked
from ..library import Matcher, load
from ..names import did_you_mean
from ..search.files import FilesEngine
from ..search.rhythm import last_record, longest_gap, pulses
from .common import open_logs, sample, shown_paths, told_clocks
from .shown import Shown


def health(
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
    checks: Sequence[str] = (),
) -> Health:
    """Tell the health of a cloud at the end of a window: support services, availability, resources.

    The arguments are those of ``trace``; the end is ``until``, or the last line of all logs. ``checks`` are ids of
    the checks wanted, all without any. Raises what ``trace`` raises, UsageError also for an unknown check.
    """
    for name in checks:
        if name not in CHECKS:
            raise UsageError(f"--check {name}: no such check; {did_you_mean(name, CHECKS)}".rstrip("; "))
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
    everything = tuple(CHECKS.values())  # one check leans on another: who is stopped is not silent
    scan = scan_of(everything, library)
    query = scope._replace(
        literals=tuple(dict.fromkeys((*scan.literals, *scan.tracked))),
        in_order=library.in_order,
        tracked=frozenset(scan.tracked),
    )
    samples = sample(engine, query)
    beats = pulses(engine, query)
    asked = Asked(
        lambda pulse, history, least: longest_gap(engine, pulse, history, least),
        lambda pulse: last_record(engine, pulse, scope.until),
    )
    machines = {node: judged(told) for node, told in engine.machines.items() if not nodes or node in nodes}
    found = judge(samples, beats, asked, machines, everything, Matcher(library))
    results = [result for result in found if not checks or result.check.id in checks]
    lines = Shown(engine, [row.record for result in results for row in result.rows if row.record])
    numbered = [
        result._replace(rows=tuple(row._replace(record=row.record and lines.record(row.record)) for row in result.rows))
        for result in results
    ]
    times = [time for pulse in beats for time in (pulse.first, pulse.last) if time]
    return Health(
        tuple(numbered),
        engine.coverage(),
        shown_paths(logs),
        library.problems,
        scope.since or min(times, default=None),
        scope.until or max(times, default=None),
        told_clocks(engine),
    )
