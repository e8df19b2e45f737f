"""From sightings in order of time to runs of operations, and to their lead times.

A run is one server that is created, one volume that is deleted. It is found by the request's id or by its resource,
counts once it began, and is kept until its time is over: steps come late, and the API's line is written at its end.
What is kept is bounded: MOST_RUNS at once, the oldest of which are given up first.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .durations import Durations
from .operations import Operation
from .sightings import FAIL, REFUSED, Sighting

MOST_RUNS = 20_000
# Bad ends that are listed one by one.
_MOST_LISTED = 20


class RunSeen(NamedTuple):
    """A run, for the lists of the slowest and of those that failed."""

    seconds: float
    began: float
    request_id: str
    resource: str
    last_step: str


class StepTimes:
    """A step over all runs that were completed: ``durations`` are those from the step before it to this one.

    ``failed`` and ``unfinished`` count runs that got this far and no further.
    """

    __slots__ = ("durations", "failed", "name", "unfinished")

    def __init__(self, name: str) -> None:
        self.name = name
        self.durations = Durations()
        self.failed = 0
        self.unfinished = 0


class Lead:
    """What became of all runs of one operation. ``refused`` are those that the API itself answered with 4xx or 5xx."""

    def __init__(self, operation: Operation, slowest: int) -> None:
        self.operation = operation
        self.completed = 0
        self.failed = 0
        self.refused = 0
        self.unfinished = 0
        self.durations = Durations()
        self.steps = [StepTimes(step.name) for step in operation.steps]
        self.slowest: list[RunSeen] = []
        self.failures: list[RunSeen] = []
        self._most_slow = slowest

    @property
    def begun(self) -> int:
        """All runs whose beginning was seen."""
        return self.completed + self.failed + self.refused + self.unfinished

    def complete(self, run: _Run) -> None:
        """A run that ended well."""
        self.completed += 1
        begin = latest = run.times[0] or 0.0
        for step, time in zip(self.steps[1:], run.times[1:], strict=True):
            if time is not None:
                # Steps overlap, and clocks differ: what a step took counts from the latest of those before it.
                step.durations.add(max(0.0, time - latest))
                latest = max(latest, time)
        self.durations.add(latest - begin)
        if self._most_slow:
            heapq.heappush(self.slowest, run.seen(latest - begin, self.steps[-1].name))
            if len(self.slowest) > self._most_slow:
                heapq.heappop(self.slowest)

    def fail(self, run: _Run) -> None:
        """A run that ended badly, or that the API refused."""
        if run.refused:
            self.refused += 1
        else:
            self.failed += 1
        reached = self.steps[run.reached]
        reached.failed += 1
        if len(self.failures) < _MOST_LISTED:
            self.failures.append(run.seen((run.failed or run.begin) - run.begin, reached.name))

    def give_up(self, run: _Run) -> None:
        """A run whose end is in no log, or that was not waited for."""
        self.unfinished += 1
        self.steps[run.reached].unfinished += 1


class _Run:
    __slots__ = ("base", "failed", "opened", "refused", "requests", "resource", "settled", "times")

    def __init__(self, operation: Operation, opened: float, requests: tuple[str, ...]) -> None:
        self.opened = opened
        self.requests = requests
        self.resource = ""
        self.times: list[float | None] = [None] * len(operation.steps)
        self.base: tuple[float | None, ...] | None = None  # times when the resource became known
        self.failed: float | None = None
        self.refused = False
        self.settled = False

    @property
    def begin(self) -> float:
        return self.times[0] or 0.0

    @property
    def reached(self) -> int:
        """Number of the last step seen."""
        return max((number for number, time in enumerate(self.times) if time is not None), default=0)

    def seen(self, seconds: float, last_step: str) -> RunSeen:
        return RunSeen(seconds, self.begin, self.requests[0] if self.requests else "", self.resource, last_step)


class Follower:
    """Follows the runs of all operations. ``lost`` counts runs given up because there were too many at once."""

    def __init__(self, operations: Sequence[Operation], slowest: int) -> None:
        self.leads = [Lead(operation, slowest) for operation in operations]
        self.lost = 0
        self._books = [_Book(operation) for operation in operations]

    def see(self, sightings: Iterable[Sighting]) -> None:
        """Sightings of one record, in order of time over all records (as far as logs are)."""
        for sighting in sightings:
            book, lead = self._books[sighting.operation], self.leads[sighting.operation]
            while book.runs and (book.oldest.opened + lead.operation.longest < sighting.time or book.full):
                self.lost += book.full and not book.oldest.settled
                _close(book.drop_oldest(), lead)
            run = book.find(sighting)
            if run is not None:
                _note(run, sighting, lead)

    def end(self) -> None:
        """There are no more sightings: what is open stays unfinished."""
        for book, lead in zip(self._books, self.leads, strict=True):
            while book.runs:
                _close(book.drop_oldest(), lead)


class _Book:
    """The runs of one operation that are waited for, by request id and by resource."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._by_request_id = "request" in operation.keys
        # In the order in which they were opened. (To take the first of a plain dict costs more with each one taken.)
        self.runs: OrderedDict[int, _Run] = OrderedDict()
        self._requests: dict[str, _Run] = {}
        self._resources: dict[str, _Run] = {}

    @property
    def oldest(self) -> _Run:
        return self.runs[next(iter(self.runs))]

    @property
    def full(self) -> bool:
        return len(self.runs) >= MOST_RUNS

    def find(self, sighting: Sighting) -> _Run | None:
        """The run that the sighting belongs to; opened where it may be the first of it."""
        resource = sighting.resource
        if self._by_request_id:
            for request in sighting.requests:
                run = self._requests.get(request)
                if run is not None:
                    return self._of_resource(run, resource)
            run = self._resources.get(resource) if resource and sighting.step else None
            if run is not None and not run.settled:
                return run
            return self._open(sighting) if sighting.of_user else None
        run = self._resources.get(resource) if resource else None
        if run is not None and not (sighting.step == 0 and run.settled):
            return run
        return self._open(sighting) if resource and sighting.step == 0 else None

    def _of_resource(self, run: _Run, resource: str) -> _Run:
        """The run itself, or that of another resource which the same request is about: several servers at once."""
        if not resource or run.resource == resource:
            return run
        if not run.resource:
            run.resource, run.base = resource, tuple(run.times)
            self._resources[resource] = run
            return run
        other = self._resources.get(resource)
        if other is not None and other.requests == run.requests:
            return other
        other = _Run(self._operation, run.opened, run.requests)
        other.times = list(run.base or other.times)
        other.resource, other.base = resource, run.base
        self._resources[resource] = self.runs[id(other)] = other
        return other

    def _open(self, sighting: Sighting) -> _Run:
        run = _Run(self._operation, sighting.time, sighting.requests)
        self.runs[id(run)] = run
        if self._by_request_id:
            for request in sighting.requests:
                self._requests[request] = run
        if sighting.resource:
            run.resource, run.base = sighting.resource, tuple(run.times)
            self._resources[sighting.resource] = run
        return run

    def drop_oldest(self) -> _Run:
        """Forget a run."""
        _, run = self.runs.popitem(last=False)
        for request in run.requests:
            if self._requests.get(request) is run:
                del self._requests[request]
        if self._resources.get(run.resource) is run:
            del self._resources[run.resource]
        return run


def _note(run: _Run, sighting: Sighting, lead: Lead) -> None:
    if run.settled:
        return
    if sighting.step == REFUSED:
        run.refused, run.failed = True, sighting.time
    elif sighting.step == FAIL:
        run.failed = sighting.time
    elif run.times[sighting.step] is None or sighting.step == len(run.times) - 1:
        run.times[sighting.step] = sighting.time
    if run.times[0] is not None and run.times[-1] is not None:
        run.settled = True
        lead.complete(run)


def _close(run: _Run, lead: Lead) -> None:
    """A run whose time is over. Without its beginning it is no run: it began before the logs, or is another's."""
    if run.settled or run.times[0] is None:
        return
    if run.failed is not None:
        lead.fail(run)
    elif not lead.operation.shared or run.reached:
        lead.give_up(run)
