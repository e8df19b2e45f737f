"""Response times and lead times, from one walk through the records: what ``pipeline.timings`` answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeVar

from ..search import Coverage, Query
from ..search.records import RecordsEngine
from ..search.seek import Seek
from .calls import Calls, RouteKey, Server, SlowCall, Tally
from .operations import Operation
from .over_time import OverTime
from .runs import Follower, Lead
from .sightings import Reader

_Key = TypeVar("_Key")


class RouteRow(NamedTuple):
    """Calls of one route, as one server saw them."""

    key: RouteKey
    tally: Tally


class ServerRow(NamedTuple):
    """All calls of one server, and how they went over time."""

    server: Server
    tally: Tally
    over_time: OverTime | None


class Timings(NamedTuple):
    """The answer. ``routes`` come with what hurts first; ``width`` is that of the slots over time, in seconds.

    ``first`` and ``last`` are the times of calls (seconds since the epoch), ``leads`` the operations that were seen.
    """

    calls: int
    first: float | None
    last: float | None
    width: int
    servers: tuple[ServerRow, ...]
    routes: tuple[RouteRow, ...]
    slowest: tuple[SlowCall, ...]
    leads: tuple[Lead, ...]
    logs: tuple[str, ...]
    coverage: Coverage
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether there was anything to count."""
        return bool(self.calls or self.leads)


def measure(
    engine: RecordsEngine,
    scope: Query,
    operations: Sequence[Operation],
    slowest: int,
    width: int | None,
) -> tuple[Calls, Follower]:
    """Walk through the records once: calls are added up where they are read, steps are followed in order of time."""
    calls = Calls(slowest, width)
    reader = Reader(operations, engine.services, calls)
    follower = Follower(operations, slowest)
    for sightings in engine.records(Seek(literals=reader.literals, exact=True, scope=scope), reader, added_up=calls):
        follower.see(sightings)
    follower.end()
    return calls, follower


def answer(
    calls: Calls, follower: Follower, logs: tuple[str, ...], coverage: Coverage, problems: tuple[str, ...]
) -> Timings:
    """What the walk came to, in the order in which it is told."""
    width = max((series.width for series in calls.over_time.values()), default=1)
    for series in calls.over_time.values():
        series.join(width)
    routes = _once(calls.routes.items(), lambda key: (*key.server[:2], key.method, key.route))
    servers = _once(calls.servers().items(), lambda server: server[:2])
    notes = []
    if calls.lost_routes:
        notes.append(f"{calls.lost_routes} calls were of further routes; they are counted together")
    if follower.lost:
        notes.append(f"{follower.lost} runs of operations were given up: too many were open at once")
    return Timings(
        calls.count,
        calls.first,
        calls.last,
        width,
        tuple(
            ServerRow(server, tally, calls.over_time.get(server))
            for server, tally in sorted(servers, key=itemgetter(0))
        ),
        tuple(sorted((RouteRow(key, tally) for key, tally in routes), key=_hurts)),
        tuple(sorted(calls.slowest, reverse=True)),
        tuple(sorted((lead for lead in follower.leads if lead.begun), key=_fails)),
        logs,
        coverage,
        problems,
        tuple(notes),
    )


def _hurts(row: RouteRow) -> tuple[bool, float, float, RouteKey]:
    """What fails comes first, by how often; then what is slow, by its 95th percentile."""
    errors = row.tally.errors
    return not errors, -errors, -(row.tally.durations.percentile(95) or 0.0), row.key


def _fails(lead: Lead) -> tuple[float, str]:
    bad = lead.failed + lead.refused + lead.unfinished
    return -(bad / lead.begun), lead.operation.id


def _once(rows: Iterable[tuple[_Key, Tally]], place: Callable[[_Key], object]) -> list[tuple[_Key, Tally]]:
    """Rows without those of lines that tell no duration, where another kind of line at the same place does.

    placement writes two lines for one request: its request log without a duration, and uWSGI's with one.
    """
    kept = list(rows)
    timed = {place(key) for key, tally in kept if tally.durations.count}
    return [(key, tally) for key, tally in kept if tally.durations.count or place(key) not in timed]
