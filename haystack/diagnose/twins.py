"""Healthy twins: requests of the same operation that succeeded nearby, and the first step only they took.

A step is a service with the template of its message (ids and numbers taken out). What no request logs
twice the same way does not count: only steps that every twin took.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ..access import access
from ..correlate.ids import bare
from ..correlate.trace import Trace, entry
from ..record import Level, Record
from .model import Stop

# Twins compared; more do not make the answer better.
MOST_TWINS = 3
_VARIABLE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{16,}\b|0x[0-9a-f]+|'[^']*'|\"[^\"]*\"|\d+"
)
_UUID_OR_NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|\d+")


@lru_cache(maxsize=8192)
def template(message: str) -> str:
    """A message with what varies from request to request taken out."""
    return _VARIABLE.sub("*", message[:300])


def operation(url: str) -> str:
    """An API path as the operation it stands for: without query and ids."""
    return _UUID_OR_NUMBER.sub("*", url.partition("?")[0])


def twin_requests(trace: Trace, calls: Sequence[Record]) -> list[str]:
    """Bare ids of requests of the same operation that succeeded, nearest in time first, from access lines."""
    began = entry(trace)
    if began is None or began[0].time is None:
        return []
    record, call = began
    start = began[0].time
    near: list[tuple[float, str]] = []
    for other in calls:
        that = access(other)
        if that is None or other.time is None or not other.request_id or that.status >= 400:
            continue
        same = that.method == call.method and operation(that.url) == operation(call.url)
        if same and other.origin.service == record.origin.service and bare(other.request_id) != trace.main:
            near.append((abs((other.time - start).total_seconds()), bare(other.request_id)))
    return list(dict.fromkeys(identifier for _, identifier in sorted(near)))[:MOST_TWINS]


def stopped_at(trace: Trace, twins: Sequence[Sequence[Record]]) -> Stop | None:
    """The last step of the request and the first service its twins went on to and it never reached."""
    mine = [record for record in trace.records if _own(record, trace.main) and record.time is not None]
    if not mine or not twins:
        return None
    reached = {record.origin.service for record in mine}
    paths = [_services_in_order(records) for records in twins if records]
    if not paths:
        return None
    common = [service for service in paths[0] if all(service in path for path in paths[1:])]
    missing = [service for service in common if service and service not in reached]
    if not missing:
        return None
    errors = [record for record in mine if record.level is not None and record.level >= Level.ERROR]
    last = errors[0] if errors else mine[-1]
    return Stop(last, missing[0], len(paths))


def _services_in_order(records: Sequence[Record]) -> list[str]:
    ordered = sorted((r for r in records if r.time is not None), key=lambda r: r.time.timestamp() if r.time else 0.0)
    return list(dict.fromkeys(record.origin.service for record in ordered))


def _own(record: Record, main: str) -> bool:
    return any(bare(i) == main for i in record.request_ids)
