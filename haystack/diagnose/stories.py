"""Which records belong to one story: joined by requests and resources, without tracing any of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ..access import access
from ..correlate.ids import bare, mentioned_requests, resources
from ..record import Record
from .failures import Failure, weight

# A process logs what it has against a call, and the call, this close together (seconds).
_AT_ONCE = 1.0


class Stories:
    """Requests and resources that records name together, as disjoint sets."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._parents: dict[str, str] = {}
        for record in records:
            keys = _keys(record)
            for key in keys[1:]:
                self._join(keys[0], key)

    def of(self, record: Record) -> str:
        """The name of the story a record belongs to; empty for one that names neither request nor resource."""
        keys = _keys(record)
        return self._top(keys[0]) if keys else ""

    def of_request(self, identifier: str) -> str:
        """The name of the story of a request (bare id)."""
        return self._top(identifier)

    def _top(self, key: str) -> str:
        while (parent := self._parents.get(key, key)) != key:
            self._parents[key] = self._parents.get(parent, parent)
            key = parent
        return key

    def _join(self, one: str, other: str) -> None:
        self._parents[self._top(other)] = self._top(one)


def _keys(record: Record) -> list[str]:
    # Without a user it is a periodic task's id, the same for hours: it joins what has nothing to do with each other.
    own = [bare(i) for i in record.request_ids] if record.user else []
    return [*own, *sorted(mentioned_requests(record)), *(identifier for _, identifier in resources(record))]


class Harm:
    """Which records stand in the story of a request that failed, or beside a failed call of the same process."""

    def __init__(self, stories: Stories, failed: Iterable[Failure], records: Sequence[Record]) -> None:
        self._stories = stories
        self._failed = {stories.of_request(failure.request) for failure in failed}
        # Some calls are turned away before they are given an id: too large a body, a wrong password.
        self._calls: dict[tuple[str, str], list[float]] = {}
        for record in records:
            if not record.user and record.time and weight(record) and access(record) is not None:
                self._calls.setdefault(_process(record), []).append(record.time.timestamp())
        for times in self._calls.values():
            times.sort()

    def of(self, record: Record) -> bool:
        """Whether something failed there."""
        return self._stories.of(record) in self._failed or self._beside_a_call(record)

    def _beside_a_call(self, record: Record) -> bool:
        times = self._calls.get(_process(record))
        if not times or record.time is None or not record.pid:
            return False
        at = record.time.timestamp()
        index = bisect_left(times, at - _AT_ONCE)
        return index < len(times) and times[index] - at <= _AT_ONCE


def _process(record: Record) -> tuple[str, str]:
    return record.origin.node, record.pid
