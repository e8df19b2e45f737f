"""The only module that knows all stages: search, correlate, diagnose.

``haystack.trace`` is this module's ``trace``; the command line calls the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TypeVar

from .correlate import skew
from .correlate.ids import UUID, normalise
from .correlate.trace import Trace, entry, follow, merge, surroundings
from .correlate.trace import find as find_ids
from .diagnose import NOT_FOUND, Candidate, Diagnosis, Suspect, diagnose
from .diagnose.accept import accept
from .diagnose.failures import LITERALS
from .diagnose.gate import GATES, complaints
from .diagnose.model import Evidence, Stop, Triage
from .diagnose.triage import triage as triage_samples
from .diagnose.twins import operation, twin_requests
from .errors import UsageError
from .insight.citations import Citations
from .insight.config import reads
from .insight.configuration import Configuration, configuration_of, only
from .insight.drift import Drift, drift
from .insight.health import CHECKS, Health
from .insight.health import health as judge
from .insight.health.machine import facts_of
from .insight.health.signs import scan_of
from .insight.health.silence import Asked
from .insight.operations import load_operations
from .insight.over_time import BY
from .insight.proof import check_operations as prove
from .insight.roles import ASKED, Role
from .insight.timings import Timings, measure
from .insight.timings import answer as timings_answer
from .library import Matcher, load
from .library.baseline import load_baseline
from .library.checks import Complaint
from .library.literals import pieces, required_literals
from .library.names import did_you_mean
from .record import LEVELS, Level, Record
from .search import Coverage, Query
from .search.archives import Limits
from .search.clock import Clocks, NodeClock
from .search.discover import discover, nodes_of, printable
from .search.files import FilesEngine
from .search.records import RecordsEngine
from .search.rhythm import last_record, longest_gap, pulses
from .search.samples import Sample
from .search.survey import NodeLogs, survey
from .search.texts import seek_expression, seek_text

# Twins are looked for so far before and after the request.
_TWINS_AROUND = timedelta(minutes=30)
# Before a window so much is read at least, to know what is usual.
_LEAST_BEFORE = timedelta(hours=1)
_EARLIEST = datetime(1971, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(8000, 1, 1, tzinfo=timezone.utc)
# An id shorter than this would be found everywhere.
_SHORTEST_ID = 6
_LONGEST_ID = 200
# A shorter text is in so many lines that scanning for it does not pay.
_SHORTEST_PIECE = 3

_Shaped = TypeVar("_Shaped")

__all__ = [
    "GATES",
    "Found",
    "check_operations",
    "complaints",
    "config_drift",
    "configuration",
    "find",
    "find_as",
    "health",
    "nodes",
    "timings",
    "trace",
    "triage",
]


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
    since, until = _sensible(since), _sensible(until)
    _check_ids(asked)
    library = load([Path(directory) for directory in patterns])
    clocks = Clocks(NodeClock(zone, source="--tz") if zone else NodeClock())
    limits = _limits(max_archive_size, max_archive_members)
    engine = FilesEngine([Path(path) for path in logs], library.services, clocks, jobs or _cpus(), progress, limits)
    _check_names("node", nodes, nodes_of(engine.files))
    _check_names("service", services, library.services.rows)
    if since and until and since > until:
        raise UsageError(f"--since {since} is later than --until {until}")
    scope = Query(since=since, until=until, nodes=frozenset(nodes), services=frozenset(services))
    first = find_ids(engine, asked, scope)
    known = Diagnosis(
        asked=tuple(asked),
        verdict=NOT_FOUND,
        coverage=engine.coverage(),
        logs=tuple(printable(str(path)) for path in logs),
        problems=library.problems,
    )
    if not first:
        return known
    first = _set_clocks(engine, asked, first, scope)
    found = follow(engine, asked, first, scope)
    absent = [i for i in asked if len(asked) > 1 and not any(_names(record, normalise(i)) for record in first)]
    found = found._replace(notes=(*found.notes, *(f"no log line has {identifier}" for identifier in absent)))
    # Causes are looked for everywhere near the trace: --node and --service say where to look for the id.
    everywhere = Query(since=since, until=until)
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
        clocks={node: clock for node, clock in engine.clocks.nodes.items() if clock.source},
    )


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
    since, until = _sensible(since), _sensible(until)
    if since and until and since > until:
        raise UsageError(f"--since {since} is later than --until {until}")
    library = load([Path(directory) for directory in patterns])
    clocks = Clocks(NodeClock(zone, source="--tz") if zone else NodeClock())
    limits = _limits(max_archive_size, max_archive_members)
    engine = FilesEngine([Path(path) for path in logs], library.services, clocks, jobs or _cpus(), progress, limits)
    _check_names("node", nodes, nodes_of(engine.files))
    _check_names("service", services, library.services.rows)
    accepted = load_baseline(Path(baseline), library.ids) if baseline is not None else []
    query = Query(
        literals=tuple(dict.fromkeys((*library.literals, *LITERALS))),
        in_order=library.in_order,
        since=since,
        until=until,
        nodes=frozenset(nodes),
        services=frozenset(services),
    )
    samples = engine.sample(query)
    estimated = skew.estimate([sample.record for sample in samples], engine.time_ranges(), engine.clocks)
    if estimated:
        engine.clocks = Clocks(engine.clocks.default, {**engine.clocks.nodes, **estimated})
        samples = engine.sample(query)
    before, scale = _before(engine, query, samples)
    citations = Citations(engine.found, library.services)
    exact = (since is None and until is None) or engine.in_order
    result = triage_samples(samples, before, scale, Matcher(library), citations.of, exact)
    shown = [evidence.record for candidate in result.candidates for evidence in candidate.evidence]
    shown += [evidence.record for suspect in result.suspects for evidence in suspect.evidence]
    shown += [item.evidence.record for item in result.unexplained]
    lines = _Lines(engine, shown)
    coverage = engine.coverage()
    answer = Triage(
        result.verdict if engine.covers(query) else NOT_FOUND,
        coverage._replace(notes=(*coverage.notes, *citations.notes)),
        tuple(printable(str(path)) for path in logs),
        library.problems,
        since or result.window.since,
        until or result.window.until,
        tuple(candidate._replace(evidence=lines.of(candidate.evidence)) for candidate in result.candidates),
        tuple(suspect._replace(evidence=lines.of(suspect.evidence)) for suspect in result.suspects),
        tuple(item._replace(evidence=lines.of((item.evidence,))[0]) for item in result.unexplained),
        result.noise,
        result.failed,
        unknown=result.unknown,
        clocks={node: clock for node, clock in engine.clocks.nodes.items() if clock.source},
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
    since, until = _sensible(since), _sensible(until)
    if since and until and since > until:
        raise UsageError(f"--since {since} is later than --until {until}")
    for name in checks:
        if name not in CHECKS:
            raise UsageError(f"--check {name}: no such check; {did_you_mean(name, CHECKS)}".rstrip("; "))
    library = load([Path(directory) for directory in patterns])
    clocks = Clocks(NodeClock(zone, source="--tz") if zone else NodeClock())
    limits = _limits(max_archive_size, max_archive_members)
    engine = FilesEngine([Path(path) for path in logs], library.services, clocks, jobs or _cpus(), progress, limits)
    _check_names("node", nodes, nodes_of(engine.files))
    _check_names("service", services, library.services.rows)
    everything = tuple(CHECKS.values())  # one check leans on another: who is stopped is not silent
    scan = scan_of(everything, library)
    query = Query(
        literals=tuple(dict.fromkeys((*scan.literals, *scan.tracked))),
        in_order=library.in_order,
        tracked=frozenset(scan.tracked),
        since=since,
        until=until,
        nodes=frozenset(nodes),
        services=frozenset(services),
    )
    samples = engine.sample(query)
    estimated = skew.estimate([sample.record for sample in samples], engine.time_ranges(), engine.clocks)
    if estimated:
        engine.clocks = Clocks(engine.clocks.default, {**engine.clocks.nodes, **estimated})
        samples = engine.sample(query)
    beats = pulses(engine, query)
    asked = Asked(
        lambda pulse, history, least: longest_gap(engine, pulse, history, least),
        lambda pulse: last_record(engine, pulse, until),
    )
    machines = {node: facts_of(told) for node, told in engine.machines.items() if not nodes or node in nodes}
    found = judge(samples, beats, asked, machines, everything, Matcher(library))
    results = [result for result in found if not checks or result.check.id in checks]
    lines = _Lines(engine, [row.record for result in results for row in result.rows if row.record])
    numbered = [
        result._replace(rows=tuple(row._replace(record=row.record and lines.record(row.record)) for row in result.rows))
        for result in results
    ]
    times = [time for pulse in beats for time in (pulse.first, pulse.last) if time]
    return Health(
        tuple(numbered),
        engine.coverage(),
        tuple(printable(str(path)) for path in logs),
        library.problems,
        since or min(times, default=None),
        until or max(times, default=None),
        {node: clock for node, clock in engine.clocks.nodes.items() if clock.source},
    )


def find(
    text: str = "",
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    regex: bool = False,
    ignore_case: bool = False,
    level: str | Level | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    zone: tzinfo | None = None,
    patterns: Sequence[str | os.PathLike[str]] = (),
    by_file: bool = False,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> Found[Record]:
    """The records that hold a text, one after the other; an empty text is in every record.

    The text is looked for in the message with its folded lines, and in the lines as they were written; with ``regex``
    it is an expression of the ``regex`` module. ``level`` is the least level of a record (``warning``). The other
    arguments are those of ``trace``. Records come in order of time over all files, or with ``by_file`` file by file.

    Nothing is held in memory: records are read as they are asked for. What could not be read is in the answer's
    ``coverage()`` once all were. Raises what ``trace`` raises, UsageError also for an expression that is none or
    takes too long.
    """
    return find_as(
        _itself,
        text,
        logs,
        regex=regex,
        ignore_case=ignore_case,
        level=level,
        since=since,
        until=until,
        nodes=nodes,
        services=services,
        zone=zone,
        patterns=patterns,
        by_file=by_file,
        jobs=jobs,
        progress=progress,
        max_archive_size=max_archive_size,
        max_archive_members=max_archive_members,
    )


def find_as(
    shape: Callable[[Record], _Shaped],
    text: str,
    logs: Sequence[str | os.PathLike[str]],
    *,
    regex: bool = False,
    ignore_case: bool = False,
    level: str | Level | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    zone: tzinfo | None = None,
    patterns: Sequence[str | os.PathLike[str]] = (),
    by_file: bool = False,
    numbered: bool = True,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> Found[_Shaped]:
    """``find``, with each record shaped (into a line of text) by the process that read it.

    Without ``numbered`` line numbers are not needed and may be left out.
    """
    since, until = _sensible(since), _sensible(until)
    if since and until and since > until:
        raise UsageError(f"--since {since} is later than --until {until}")
    scope = Query(since=since, until=until, nodes=frozenset(nodes), services=frozenset(services))
    if regex and text:
        seek = seek_expression(text, required_literals(text), ignore_case)
    else:
        seek = seek_text(text, pieces(text, _SHORTEST_PIECE), ignore_case)
    seek = seek._replace(level=_level(level), scope=scope, numbered=numbered)
    library = load([Path(directory) for directory in patterns])
    clocks = Clocks(NodeClock(zone, source="--tz") if zone else NodeClock())
    limits = _limits(max_archive_size, max_archive_members)
    engine = RecordsEngine([Path(path) for path in logs], library.services, clocks, jobs or _cpus(), progress, limits)
    _check_names("node", nodes, nodes_of(engine.files))
    _check_names("service", services, library.services.rows)
    return Found(engine, engine.records(seek, shape, by_time=not by_file))


class Found(Iterator[_Shaped]):
    """Records as they are found; ``coverage`` tells what was read once all were asked for."""

    def __init__(self, engine: RecordsEngine, records: Iterator[_Shaped]) -> None:
        self._engine, self._records = engine, records

    def __iter__(self) -> Iterator[_Shaped]:
        return self._records

    def __next__(self) -> _Shaped:
        return next(self._records)

    def coverage(self) -> Coverage:
        """What was read, and what could not be."""
        return self._engine.coverage()

    def lines_read(self) -> Mapping[tuple[str, str], int]:
        """How many lines went by in the file at (node, path); only of files of which every line was parsed."""
        return self._engine.lines_read


def timings(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    operations: Sequence[str] = (),
    by: str | None = None,
    slowest: int = 10,
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
) -> Timings:
    """Response times of API calls by service and route, and lead times of operations with their steps.

    ``operations`` are ids of those to follow (all by default), ``by`` is the width of the slots over time (``second``,
    ``minute``, ``hour`` or ``day``; by default what gives some dozens of them), ``slowest`` how many of the slowest
    calls and runs are listed. The other arguments are those of ``trace``; ``patterns`` add operations too.

    The logs are read once, and what is kept is bounded. Raises what ``trace`` raises, UsageError also for an unknown
    operation or width.
    """
    since, until = _sensible(since), _sensible(until)
    if since and until and since > until:
        raise UsageError(f"--since {since} is later than --until {until}")
    if by is not None and by not in BY:
        raise UsageError(f'no width "{by}"; {did_you_mean(by, BY)}')
    if slowest < 0:
        raise UsageError(f"--slowest {slowest}: a number from 0")
    directories = [Path(directory) for directory in patterns]
    library = load(directories)
    known = load_operations(directories, library.services.rows)
    ids = [operation.id for operation in known.rows]
    for name in operations:
        if name not in ids:
            raise UsageError(f'no operation "{name}"; {did_you_mean(name, ids)}'.rstrip("; "))
    followed = [operation for operation in known.rows if not operations or operation.id in operations]
    clocks = Clocks(NodeClock(zone, source="--tz") if zone else NodeClock())
    limits = _limits(max_archive_size, max_archive_members)
    engine = RecordsEngine([Path(path) for path in logs], library.services, clocks, jobs or _cpus(), progress, limits)
    _check_names("node", nodes, nodes_of(engine.files))
    _check_names("service", services, library.services.rows)
    scope = Query(since=since, until=until, nodes=frozenset(nodes), services=frozenset(services))
    calls, follower = measure(engine, scope, followed, slowest, BY[by] if by else None)
    shown = tuple(printable(str(path)) for path in logs)
    return timings_answer(calls, follower, shown, engine.coverage(), (*library.problems, *known.problems))


def check_operations(
    patterns: Sequence[str | os.PathLike[str]] = (), only: Sequence[str] | None = None
) -> tuple[list[str], list[Complaint]]:
    """Ids of all operations, the shipped ones and those of ``patterns``, and complaints about those in ``only``."""
    directories = [Path(directory) for directory in patterns]
    services = load(directories).services
    operations = load_operations(directories, services.rows)
    return [operation.id for operation in operations.rows], prove(operations, services, only)


def nodes(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    zone: tzinfo | None = None,
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> tuple[tuple[NodeLogs, ...], Coverage]:
    """What ``logs`` are: each node with its clock and its logs, and what could not be read.

    The arguments are those of ``trace``.
    """
    clocks = Clocks(NodeClock(zone, source="--tz") if zone else NodeClock())
    limits = _limits(max_archive_size, max_archive_members)
    engine = FilesEngine([Path(path) for path in logs], load().services, clocks, 1, None, limits)
    return survey(engine), engine.coverage()


def configuration(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> Configuration:
    """The configuration in the trees or archives ``logs``, of all nodes and services or of the given ones.

    With ``nodes`` these are one role, whatever they are; else roles are guessed. The limits are those of ``trace``.
    Raises UsageError for a node or service that has no configuration there, SourceError as ``trace`` does.
    """
    known = load().services
    found = discover([Path(path) for path in logs], known, _limits(max_archive_size, max_archive_members))
    whole = configuration_of(found, known)
    if whole.documents:
        having = "has configuration here"
        _check_names("node", nodes, {document.node for document in whole.documents}, having)
        directories = {document.service for document in whole.documents}
        nowhere = [name for name in services if not any(reads(known, name, directory) for directory in directories)]
        _check_names("service", nowhere, directories, having)
    if nodes:
        whole = whole._replace(roles=(Role(ASKED, tuple(dict.fromkeys(nodes)), "--node"),))
    return only(whole, nodes, services, known)


def config_drift(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    role: str | None = None,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> tuple[tuple[Drift, ...], Coverage]:
    """How nodes of one role are configured differently; of all roles, of one, or of the given nodes.

    The other arguments are those of ``configuration``. Raises what it raises, and UsageError for a role that no node
    has and for a single node.
    """
    if len(set(nodes)) == 1:
        raise UsageError(f"--node {nodes[0]}: name two nodes or more to compare")
    found = configuration(
        logs,
        nodes=nodes,
        services=services,
        max_archive_size=max_archive_size,
        max_archive_members=max_archive_members,
    )
    if role is not None and found.roles:
        _check_names("role", [role], [group.name for group in found.roles], "has configuration here")
    groups = [group for group in found.roles if role in (None, group.name)]
    return tuple(drift(group, found.documents) for group in groups), found.coverage


def _limits(size: int | None, members: int | None) -> Limits:
    """Limits for archives. Who says how large one may become need not be warned of its ratio."""
    limits = Limits()
    if size is not None:
        limits = limits._replace(size=size, ratio=0)
    return limits if members is None else limits._replace(members=members)


def _level(level: str | Level | None) -> int:
    if level is None or isinstance(level, Level):
        return level or 0
    try:
        return LEVELS[level.upper()]
    except KeyError as err:
        raise UsageError(f'no level "{level}"; {did_you_mean(level.upper(), list(LEVELS))}'.rstrip("; ")) from err


def _itself(record: Record) -> Record:
    return record


def _cpus() -> int:
    """CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _sensible(time: datetime | None) -> datetime | None:
    """A bound inside the years that logs are from: adding minutes to the year 9999 overflows."""
    if time is not None and time.tzinfo is None:
        raise UsageError(f"{time} has no zone; give aware times")
    return None if time is None else max(_EARLIEST, min(time, _LATEST))


def _check_ids(asked: Sequence[str]) -> None:
    if not asked:
        raise UsageError("no id given: name a request, instance, volume or port id")
    for identifier in asked:
        if not identifier.isprintable() or identifier != printable(identifier):
            raise UsageError(f"{printable(identifier)!r} holds characters that no id has")
        if len(identifier.encode()) > _LONGEST_ID:
            raise UsageError(f'"{identifier[:40]}…" is too long for an id')
        if os.sep in identifier or (not UUID.search(identifier.lower()) and Path(identifier).exists()):
            raise UsageError(f'"{identifier}" is a path, not an id; give paths with --logs {identifier}')
        if len(normalise(identifier)) < _SHORTEST_ID:
            raise UsageError(f'"{identifier}" is too short for an id; it would be found everywhere')


def _check_names(kind: str, names: Sequence[str], known: Iterable[str], where: str = "in these logs") -> None:
    known = sorted(filter(None, known))
    for name in names:
        if name not in known:
            raise UsageError(f"--{kind} {name}: no such {kind} {where}; {did_you_mean(name, known)}".rstrip("; "))


def _names(record: Record, identifier: str) -> bool:
    own = (*record.request_ids, record.instance, record.message)
    return any(identifier in text for text in own) or any(identifier in line for line in record.body)


def _set_clocks(engine: FilesEngine, asked: Sequence[str], records: list[Record], scope: Query) -> list[Record]:
    """Estimate clocks from the first records; those of nodes that read differently are read anew."""
    estimated = skew.estimate(records, engine.time_ranges(), engine.clocks)
    if not estimated:
        return records
    engine.clocks = Clocks(engine.clocks.default, {**engine.clocks.nodes, **estimated})
    wrong = {record.origin.node for record in records} & estimated.keys()
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
    lines = _Lines(engine, shown)
    return (
        found._replace(records=tuple(map(lines.record, found.records))),
        tuple(candidate._replace(evidence=lines.of(candidate.evidence)) for candidate in candidates),
        tuple(suspect._replace(evidence=lines.of(suspect.evidence)) for suspect in suspects),
        stop._replace(record=lines.record(stop.record)) if stop else None,
    )


class _Lines:
    """Line numbers of the records that are shown."""

    def __init__(self, engine: FilesEngine, shown: Iterable[Record]) -> None:
        self._numbered = {record.place: record for record in engine.numbered(shown)}

    def record(self, record: Record) -> Record:
        """The record with its line number."""
        return self._numbered[record.place]

    def of(self, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """Evidence with the line numbers of its records."""
        return tuple(item._replace(record=self.record(item.record)) for item in evidence)
