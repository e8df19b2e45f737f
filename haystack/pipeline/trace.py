"""``trace``: from ids to the cause."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from ..correlate.ids import UUID, normalise, spellings
from ..correlate.trace import Trace, entry, follow, merge, names, surroundings
from ..correlate.trace import find as find_ids
from ..diagnose import NOT_FOUND, Candidate, Diagnosis, Suspect, diagnose
from ..diagnose.model import Stop
from ..diagnose.twins import operation, twin_requests
from ..errors import UsageError
from ..insight.citations import Citations
from ..library import Matcher, load
from ..record import Record
from ..search import Query
from ..search.discover import printable
from ..search.files import FilesEngine
from .common import open_logs, set_clocks, shown_paths, told_clocks
from .shown import Shown

# Twins are looked for so far before and after the request.
_TWINS_AROUND = timedelta(minutes=30)
# An id shorter than this would be found everywhere.
_SHORTEST_ID = 6
_LONGEST_ID = 200


def trace(
    ids: Sequence[str],
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
) -> Diagnosis:
    """Find the root cause of what happened to the requests or resources named by ``ids``.

    ``ids`` are request ids (with or without ``req-``), or uuids of instances, volumes or ports. ``logs`` are
    directories of logs or log files. ``since`` and ``until`` (aware) bound the search, ``nodes`` and ``services``
    restrict it, ``zone`` is the zone of local time stamps (default UTC), ``patterns`` are directories that add
    to the shipped library, ``jobs`` bounds the processes (default: one for each CPU), ``progress`` is called with
    (bytes done, bytes in all). ``max_archive_size`` and ``max_archive_members`` bound how far an archive is unpacked.

    Raises UsageError for an unusable id, SourceError when a path of ``logs`` does not exist and LibraryError for
    a broken library. What cannot be read is in the diagnosis' ``coverage``.
    """
    asked = [i.strip() for i in ids if i.strip()]
    _check_ids(asked)
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
    first = find_ids(engine, asked, scope)
    known = Diagnosis(
        asked=tuple(asked),
        verdict=NOT_FOUND,
        coverage=engine.coverage(),
        logs=shown_paths(logs),
        problems=library.problems,
    )
    if not first:
        return known
    first = _in_right_time(engine, asked, first, scope)
    found = follow(engine, asked, first, scope)
    absent = [i for i in asked if len(asked) > 1 and not any(names(r, s) for r in first for s in spellings(i))]
    found = found._replace(notes=(*found.notes, *(f"no log line has {identifier}" for identifier in absent)))
    # Causes are looked for everywhere near the trace: --node and --service say where to look for the id.
    everywhere = Query(since=scope.since, until=scope.until)
    around = surroundings(engine, found, library.literals, everywhere)
    twins = _twins(engine, found)
    citations = Citations(engine.found, library.services)
    answer = diagnose(found, around, twins, Matcher(library), citations.of)
    # No trouble, and no exit code: it was logs that were asked about.
    found = found._replace(notes=(*found.notes, *citations.notes))
    found, candidates, suspects, stop = _numbered(engine, found, answer.candidates, answer.suspects, answer.stopped_at)
    return known._replace(
        verdict=answer.verdict,
        outcome=answer.outcome,
        candidates=candidates,
        suspects=suspects,
        stopped_at=stop,
        trace=found,
        coverage=engine.coverage(),
        clocks=told_clocks(engine),
    )


def _check_ids(asked: Sequence[str]) -> None:
    if not asked:
        raise UsageError("no id given: name a request, instance, volume or port id")
    for identifier in asked:
        if not identifier.isprintable() or identifier != printable(identifier):
            raise UsageError(f"{printable(identifier)!r} holds characters that no id has")
        if len(identifier.encode()) > _LONGEST_ID:
            raise UsageError(f'"{identifier[:40]}…" is too long for an id')
        if os.sep in identifier or (not _is_uuid(identifier) and Path(identifier).exists()):
            raise UsageError(f'"{identifier}" is a path, not an id; give paths with --logs {identifier}')
        if len(normalise(identifier)) < _SHORTEST_ID:
            raise UsageError(f'"{identifier}" is too short for an id; it would be found everywhere')


def _is_uuid(identifier: str) -> bool:
    return bool(UUID.search(identifier.lower())) or len(spellings(identifier)) > 1


def _in_right_time(engine: FilesEngine, asked: Sequence[str], records: list[Record], scope: Query) -> list[Record]:
    """Estimate clocks from the first records; those of nodes that read differently are read anew."""
    wrong = {record.origin.node for record in records}.intersection(set_clocks(engine, records))
    if not wrong:
        return records
    kept = [record for record in records if record.origin.node not in wrong]
    again = find_ids(engine, asked, scope._replace(nodes=frozenset(wrong)))
    return merge([*kept, *again])


def _twins(engine: FilesEngine, found: Trace) -> list[list[Record]]:
    """Records of requests of the same operation that succeeded near the trace."""
    began = entry(found)
    if began is None or found.since is None or found.until is None:
        return []
    record, call = began
    if call.method in ("GET", "HEAD"):
        return []  # reads stop nowhere
    path = operation(call.url).partition("*")[0]
    calls = engine.search(
        Query(
            literals=(f"{call.method} {path}",),
            since=found.since - _TWINS_AROUND,
            until=found.until + _TWINS_AROUND,
            services=frozenset((record.origin.service,)),
        )
    )
    ids = twin_requests(found, calls)
    if not ids:
        return []
    window = found.until - found.since + timedelta(seconds=60)
    records = engine.search(
        Query(
            ids=tuple(ids),
            since=found.since - _TWINS_AROUND - window,
            until=found.until + _TWINS_AROUND + window,
        )
    )
    return [[r for r in records if any(i.endswith(twin) for i in r.request_ids)] for twin in ids]


def _numbered(
    engine: FilesEngine,
    found: Trace,
    candidates: Sequence[Candidate],
    suspects: Sequence[Suspect],
    stop: Stop | None,
) -> tuple[Trace, tuple[Candidate, ...], tuple[Suspect, ...], Stop | None]:
    """Line numbers, for the records that are shown."""
    shown = list(found.records)
    shown += [evidence.record for candidate in candidates for evidence in candidate.evidence]
    shown += [evidence.record for suspect in suspects for evidence in suspect.evidence]
    shown += [stop.record] if stop else []
    lines = Shown(engine, shown)
    return (
        found._replace(records=tuple(map(lines.record, found.records))),
        tuple(candidate._replace(evidence=lines.of(candidate.evidence)) for candidate in candidates),
        tuple(suspect._replace(evidence=lines.of(suspect.evidence)) for suspect in suspects),
        stop._replace(record=lines.record(stop.record)) if stop else None,
    )
