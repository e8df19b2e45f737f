"""What became of the request: an answer that comes before any cause.

An ERROR line is no failure and a missing one no success: a lost database connection is retried, a reschedule may end
well, and a policy refusal leaves nothing but its access line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ..access import Access, access
from ..correlate.ids import bare, normalise
from ..correlate.trace import Trace, entry
from ..record import Level, Record

# Lines that say a long operation ended well. Sources: nova/compute/manager.py, cinder/volume/manager.py and
# flows/manager/create_volume.py, heat/engine/stack.py. Cleaning up after a failure logs that the instance was
# destroyed and its network deallocated: those are good news for a deletion only.
_ENDED_WELL = re.compile(
    r"Took \d+\.\d+ seconds to build instance"
    r"|Instance (?:rebooted|started|resumed) successfully|VM Resumed"
    r"|[Vv]olume .{0,80}(?:created|extended|attached|detached) successfully|Created volume successfully"
    r"|(?:Attach|Detach|Create|Extend) volume completed"
    r"|Stack (?:CREATE|UPDATE|CHECK) (?:COMPLETE|completed successfully)"
)
_DELETED_WELL = re.compile(
    r"Took \d+\.\d+ seconds to (?:deallocate network|destroy the instance)|Instance destroyed successfully"
    r"|Deleted volume successfully|Stack DELETE (?:COMPLETE|completed successfully)"
)
# Lines that say it ended badly, whatever came after.
_ENDED_BADLY = re.compile(
    r"Setting instance to ERROR state|Failed to build and run instance|Stack (?:CREATE|UPDATE|DELETE) FAILED"
    r"|Build of instance .{0,60}aborted|set to ERROR|to ERROR state"
)


_DELETED = re.compile(r"/(?:servers|volumes|stacks/[^/]+)/([0-9a-f-]{36})$")


class Outcome(NamedTuple):
    """``failed`` is None when the logs do not tell. ``call`` and ``record`` are the API call that began it.

    ``good`` tells that a record says so when it ended well; without one, success is only the absence of bad news.
    """

    failed: bool | None
    reason: str
    call: Access | None
    record: Record | None
    good: bool = False


def outcome(trace: Trace, harmless: Collection[tuple[str, int]]) -> Outcome:
    """Whether what was asked for failed; of several requests, the first that did.

    ``harmless`` are places of records that noise patterns explain.
    """
    asked = [i for i in dict.fromkeys(map(normalise, trace.asked)) if i in trace.requests] or [trace.main]
    results = [_outcome(trace, request, harmless) for request in asked]
    return next((result for result in results if result.failed), results[0])


def _outcome(trace: Trace, request: str, harmless: Collection[tuple[str, int]]) -> Outcome:
    began = entry(trace, request)
    record, call = began if began else (None, None)
    if call is not None and call.status >= 400:
        return Outcome(True, f"the API answered {call.status}", call, record)
    if call is not None and call.method in ("GET", "HEAD"):
        # A read is over with its answer. (keystonemiddleware logs later calls under the id of the one before.)
        return Outcome(False, f"the API answered {call.status}", call, record, good=True)
    deleted = _deleted_by_another(trace)
    if deleted is not None and call is not None and call.method != "DELETE":
        return Outcome(False, "it was deleted by another request while this one worked on it", call, record, good=True)
    own = _records_of(trace, request)
    signs = _signs(own, harmless, deletes=call is not None and call.method == "DELETE")
    if signs.bad is not None and (signs.good is None or _later(signs.bad, signs.good)):
        return Outcome(True, f'"{signs.bad.message}"', call, record)
    errors = signs.errors
    if call is not None and record is not None and call.status != 202:
        # What was logged before the answer was sent was overcome; work that goes on after it may still fail.
        errors = [error for error in errors if _later(error, record)]
    if errors and (signs.good is None or any(_later(error, signs.good) for error in errors)):
        return Outcome(True, f'"{errors[0].message}"', call, record)
    if signs.good is not None:
        return Outcome(False, f'"{signs.good.message}"', call, record, good=True)
    if call is not None and call.status == 202:
        return Outcome(None, "the API accepted it (202), and nothing here tells how it ended", call, record)
    if call is not None:
        return Outcome(False, f"the API answered {call.status} and no failure was logged for it", call, record)
    if signs.warnings:
        return Outcome(True, f'"{signs.warnings[0].message}"', None, None)
    return Outcome(None, "no API call and no error was logged for it", None, None)


def _records_of(trace: Trace, request: str) -> list[Record]:
    """The records that tell of one request: its own, those it caused, and lines about its resources without an id.

    With a single request asked for that is the whole trace but the calls of others.
    """
    several = sum(i in trace.requests for i in map(normalise, trace.asked)) > 1
    if not several:
        return [record for record in trace.records if _speaks_of(record, trace)]
    return [record for record in trace.records if any(bare(i) == request for i in record.request_ids)]


def _deleted_by_another(trace: Trace) -> Record | None:
    """The access line of a deletion of a traced resource by another request, before anything failed."""
    for record in trace.records:
        call = access(record)
        if call is not None and call.method == "DELETE" and record.request_id and not trace.owns(record):
            # Only what a user deletes: clean-up after a failure deletes ports, attachments and allocations.
            found = _DELETED.search(call.url)
            if found and found.group(1) in trace.resources:
                return record
        if record.level is not None and record.level >= Level.ERROR and _speaks_of(record, trace):
            return None
    return None


class _Signs(NamedTuple):
    bad: Record | None
    good: Record | None
    errors: list[Record]
    warnings: list[Record]


def _signs(records: Sequence[Record], harmless: Collection[tuple[str, int]], deletes: bool) -> _Signs:
    bad = good = None
    errors: list[Record] = []
    warnings: list[Record] = []
    for record in records:
        if record.place in harmless:
            continue
        if _ENDED_BADLY.search(record.message):
            bad = record
        elif record.level is not None and (record.level >= Level.ERROR or _with_traceback(record)):
            errors.append(record)
        elif _ENDED_WELL.search(record.message) or (deletes and _DELETED_WELL.search(record.message)):
            good = record
        elif record.level == Level.WARNING and record.exception:
            warnings.append(record)
    return _Signs(bad, good, errors, warnings)


def _with_traceback(record: Record) -> bool:
    """heat logs the failure of a resource at INFO, with its traceback."""
    return record.level == Level.INFO and record.exception is not None and record.exception.frames > 0


def _speaks_of(record: Record, trace: Trace) -> bool:
    """The record is the request's own, or a line without any id about its resource."""
    own = [bare(i) for i in record.request_ids]
    return any(i in trace.requests for i in own) or not own


def _later(one: Record, other: Record) -> bool:
    return one.time is not None and other.time is not None and one.time > other.time
