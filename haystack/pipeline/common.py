"""What all commands do first: check what was asked for, open the logs, set the clocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import TypeVar

from ..correlate import skew
from ..errors import UsageError
from ..library import Library
from ..names import did_you_mean
from ..record import Record
from ..search import Query
from ..search.archives import Limits
from ..search.clock import Clocks, NodeClock
from ..search.discover import nodes_of, printable
from ..search.files import FilesEngine
from ..search.samples import Sample

_EARLIEST = datetime(1971, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(8000, 1, 1, tzinfo=timezone.utc)

_Engine = TypeVar("_Engine", bound=FilesEngine)


def open_logs(
    engine: type[_Engine],
    library: Library,
    *,
    logs: Sequence[str | os.PathLike[str]],
    since: datetime | None,
    until: datetime | None,
    nodes: Sequence[str],
    services: Sequence[str],
    zone: tzinfo | None,
    jobs: int | None,
    progress: Callable[[int, int], None] | None,
    max_archive_size: int | None,
    max_archive_members: int | None,
) -> tuple[_Engine, Query]:
    """The engine for ``logs``, and the query that has no more than the window, nodes and services asked for.

    Raises UsageError for bounds, nodes and services that make no sense, SourceError when a path does not exist.
    """
    since, until = sensible(since), sensible(until)
    if since and until and since > until:
        raise UsageError(f"--since {since} is later than --until {until}")
    clocks = Clocks(NodeClock(zone, source="--tz") if zone else NodeClock())
    archives = limits(max_archive_size, max_archive_members)
    opened = engine([Path(path) for path in logs], library.services, clocks, jobs or cpus(), progress, archives)
    check_names("node", nodes, nodes_of(opened.files))
    check_names("service", services, library.services.rows)
    return opened, Query(since=since, until=until, nodes=frozenset(nodes), services=frozenset(services))


def sample(engine: FilesEngine, query: Query) -> list[Sample]:
    """Samples, with the clocks of the nodes as the logs themselves tell them."""
    samples = engine.sample(query)
    return engine.sample(query) if set_clocks(engine, [sample.record for sample in samples]) else samples


def set_clocks(engine: FilesEngine, records: Sequence[Record]) -> Collection[str]:
    """Estimate clocks from records; the nodes of which records are read differently from now on."""
    estimated = skew.estimate(records, engine.time_ranges(), engine.clocks)
    if estimated:
        engine.clocks = Clocks(engine.clocks.default, {**engine.clocks.nodes, **estimated})
    return estimated.keys()


def told_clocks(engine: FilesEngine) -> dict[str, NodeClock]:
    """The clocks of nodes of which something is known, for the answer."""
    return {node: clock for node, clock in engine.clocks.nodes.items() if clock.source}


def shown_paths(logs: Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """The paths that were asked about, for the answer."""
    return tuple(printable(str(path)) for path in logs)


def limits(size: int | None, members: int | None) -> Limits:
    """Limits for archives. Who says how large one may become need not be warned of its ratio."""
    limits = Limits()
    if size is not None:
        limits = limits._replace(size=size, ratio=0)
    return limits if members is None else limits._replace(members=members)


def cpus() -> int:
    """CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sensible(time: datetime | None) -> datetime | None:
    """A bound inside the years that logs are from: adding minutes to the year 9999 overflows."""
    if time is not None and time.tzinfo is None:
        raise UsageError(f"{time} has no zone; give aware times")
    return None if time is None else max(_EARLIEST, min(time, _LATEST))


def check_names(kind: str, names: Sequence[str], known: Iterable[str], where: str = "in these logs") -> None:
    known = sorted(filter(None, known))
    for name in names:
        if name not in known:
            raise UsageError(f"--{kind} {name}: no such {kind} {where}; {did_you_mean(name, known)}".rstrip("; "))
