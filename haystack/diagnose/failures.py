"""What failed, told by the records themselves: errors, and calls that were answered with one.

Triage asks all logs for ``LITERALS`` together with the patterns'; what a record then says decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..access import access
from ..correlate.ids import bare
from ..record import Level, Record
from ..search.samples import Sample

# How the formats write that something is an error, and that a call was answered with one. HAProxy's and Apache's codes
# have no telling neighbours; the service behind them logs the call as well.
LITERALS = (
    "ERROR ", "CRITICAL ", " TRACE ", "[error]", "[ERROR]", "[critical]", "|ERR|", "|EMER|", '"ERROR"', '"CRITICAL"',
    "level=error", "level=fatal", '"level":"error"', "Traceback (most recent call last)",
    " status: 5", " status: 4", 'HTTP/1.1" 5', 'HTTP/1.1" 4', "(HTTP/1.1 5", "(HTTP/1.1 4", "to ERROR state",
    " status: 404", 'HTTP/1.1" 404', "(HTTP/1.1 404",  # lines with and without are of two kinds: see ``weight``
)  # fmt: skip
# How much a failure weighs: the cloud's own fault, an error on the way, a call that was refused.
BROKEN, ERROR, REFUSED = 3, 2, 1
_MOST_TEMPLATE = 200
_VARIES = re.compile(
    r"req-[0-9a-f-]{36}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{16,}\b|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?"
    r"|\b(?:instance|volume|snapshot|tap|qvo|qbr|qvb)-?[0-9a-f][0-9a-f-]{7,}|0x[0-9a-f]+|\d+(?:\.\d+)*"
)


class Failure(NamedTuple):
    """A request that failed somewhere: its bare id, how bad, and the samples that say so."""

    request: str
    weight: int
    samples: tuple[Sample, ...]


def weight(record: Record) -> int:
    """How bad a record is; 0 for no failure."""
    call = access(record)
    if call is not None:
        if call.status >= 500:
            return BROKEN
        # Asking for what is not there is how clients find out; a refused change is the user's or the cloud's trouble.
        refused = call.status >= 400 and call.method not in ("GET", "HEAD")
        return REFUSED if refused and (call.method, call.status) != ("DELETE", 404) else 0
    if "to ERROR state" in record.message:
        return BROKEN
    return ERROR if record.level is not None and record.level >= Level.ERROR else 0


def failures(samples: Iterable[Sample], harmless: set[tuple[str, int]]) -> list[Failure]:
    """Requests of users that failed, the worst first, of equal ones the earliest."""
    collected: dict[str, list[Sample]] = {}
    for sample in samples:
        record = sample.record
        # Without a user it is a periodic task's id, the same for hours.
        if record.request_id and record.user and record.place not in harmless and weight(record):
            for request in dict.fromkeys((record.global_request_id or record.request_id, *sorted(sample.requests))):
                collected.setdefault(bare(request), []).append(sample)
    found = [
        Failure(request, max(weight(sample.record) for sample in members), tuple(members))
        for request, members in collected.items()
    ]
    return sorted(found, key=lambda failure: (-failure.weight, failure.samples[0].record.order))


def template(message: str) -> str:
    """A message with what varies from one to the next replaced by ``*``."""
    return _VARIES.sub("*", message[:_MOST_TEMPLATE])
