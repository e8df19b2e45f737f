"""API calls, counted as they are read: by service and route, by service over time, and the slowest one by one.

What is kept is bounded, whatever is read: ROUTES rows, a histogram each, SERVICES series of a bounded number of
slots, and the slowest calls that were asked for.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from ..access import HAPROXY, Access
from ..record import Record
from .durations import Durations
from .over_time import OverTime

# Rows kept; calls of further routes are counted together under OTHER. Guards against logs full of made-up paths.
ROUTES, SERVICES = 2000, 200
OTHER = "(other routes)"


class Server(NamedTuple):
    """Who wrote the access lines of a row: ``service``; a proxy's rows are told apart by the ``backend`` it asked.

    ``writer`` tells kinds of lines apart of which a service may write two for one request (see ``access``).
    """

    service: str
    backend: str
    writer: str


class RouteKey(NamedTuple):
    """What calls of one row share."""

    server: Server
    method: str
    route: str


class Tally:
    """What calls of one kind came to."""

    __slots__ = ("count", "durations", "statuses")

    def __init__(self) -> None:
        self.count = 0
        self.statuses: dict[int, int] = {}
        self.durations = Durations()

    def add(self, call: Access) -> None:
        """One more call."""
        self.count += 1
        self.statuses[call.status] = self.statuses.get(call.status, 0) + 1
        if call.seconds is not None:
            self.durations.add(call.seconds)

    def merge(self, other: Tally) -> None:
        """Add all of another's."""
        self.count += other.count
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count
        self.durations.merge(other.durations)

    @property
    def errors(self) -> int:
        """Calls that the server failed: 5xx, and those that got no status at all."""
        return sum(count for status, count in self.statuses.items() if is_error(status))

    @property
    def refused(self) -> int:
        """Calls that the server refused: 4xx."""
        return sum(count for status, count in self.statuses.items() if 400 <= status < 500)


class SlowCall(NamedTuple):
    """One call, for the list of the slowest; ordered by how long it took."""

    seconds: float
    time: float
    node: str
    server: Server
    method: str
    url: str
    status: int
    request_id: str
    path: str
    line: int


class Calls:
    """All calls read so far."""

    def __init__(self, slowest: int, width: int | None) -> None:
        self.count = 0
        self.first: float | None = None
        self.last: float | None = None
        self.routes: dict[RouteKey, Tally] = {}
        self.over_time: dict[Server, OverTime] = {}
        self.slowest: list[SlowCall] = []  # a heap: the least slow is first
        self._servers: set[Server] = set()
        self.lost_routes = 0  # calls counted under OTHER
        self._most_slow = slowest
        self._width = width

    def add(self, record: Record, call: Access, backend: str, template: str) -> None:
        """A call, with the record that told of it and its route."""
        writer = "" if call.writer == HAPROXY else call.writer
        server = Server(record.origin.service or "-", backend, writer)
        self.count += 1
        if server not in self._servers:
            if len(self._servers) >= SERVICES:
                server = Server("-", "", "")
            self._servers.add(server)
        self._route(RouteKey(server, call.method, template)).add(call)
        if record.time is None:
            return
        time = record.time.timestamp()
        if self.first is None or time < self.first:
            self.first = time
        if self.last is None or time > self.last:
            self.last = time
        series = self.over_time.get(server)
        if series is None:
            series = self.over_time[server] = OverTime(self._width)
        series.add(time, call.seconds, is_error(call.status))
        if call.seconds is not None:
            self._slow(record, call, server, time)

    def merge(self, other: Calls) -> None:
        """Add all of another's, as another process counted them."""
        self.count += other.count
        self.lost_routes += other.lost_routes
        self.first = min((time for time in (self.first, other.first) if time is not None), default=None)
        self.last = max((time for time in (self.last, other.last) if time is not None), default=None)
        for key, tally in other.routes.items():
            self._route(key, tally.count).merge(tally)
        for server, series in other.over_time.items():
            if server in self.over_time:
                self.over_time[server].merge(series)
            else:
                self.over_time[server] = series
        self.slowest = heapq.nlargest(self._most_slow, [*self.slowest, *other.slowest])
        heapq.heapify(self.slowest)

    def servers(self) -> dict[Server, Tally]:
        """What the calls of each server came to, over all its routes."""
        servers: dict[Server, Tally] = {}
        for key, tally in self.routes.items():
            servers.setdefault(key.server, Tally()).merge(tally)
        return servers

    def _route(self, key: RouteKey, count: int = 1) -> Tally:
        tally = self.routes.get(key)
        if tally is None:
            if len(self.routes) >= ROUTES:
                self.lost_routes += count if key.route != OTHER else 0
                key = RouteKey(key.server, "", OTHER)
            tally = self.routes.setdefault(key, Tally())
        return tally

    def _slow(self, record: Record, call: Access, server: Server, time: float) -> None:
        seconds = call.seconds or 0.0
        full = len(self.slowest) >= self._most_slow
        if not self._most_slow or (full and seconds < self.slowest[0].seconds):
            return
        origin = record.origin
        own = record.request_id or record.global_request_id
        slow = SlowCall(
            seconds, time, origin.node, server, call.method, call.url, call.status, own, origin.path, origin.line
        )
        (heapq.heappushpop if full else heapq.heappush)(self.slowest, slow)


def is_error(status: int) -> bool:
    """The server failed, or gave no answer."""
    return status >= 500 or not status
