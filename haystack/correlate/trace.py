"""From the ids the user gives to all records that belong together: the trace, hop by hop.

Each round searches for the ids known so far, reads the records and collects linked ids: request ids always,
resource ids inside the window only, never ids that many requests share. It stops when nothing new turns up, or at
a stated bound. The surroundings are what any pattern's literal finds in the window, on all nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..access import Access, access
from ..record import Level, Record
from ..search import Engine, Query
from .ids import bare, mentioned_requests, normalise, resources, spellings

ROUNDS = 4
MOST_IDS = 120
MOST_RECORDS = 20_000
# What led to a failure lies this far back: RPC timeouts take 60 s, a dead service is noticed after 60 to 75 s, a port
# that never comes up after 300 s (vif_plugging_timeout).
BEFORE = timedelta(seconds=330)
# After it a service that was stopped may have come back: patterns that say it did not look two minutes ahead.
AFTER = timedelta(seconds=125)
# Lines of a resource that bear no request id come shortly before or after those that do.
_AROUND = timedelta(seconds=30)


class Trace(NamedTuple):
    """Records that belong together, in order of time.

    ``requests`` are the bare ids of the requests that are traced: those asked for, and those linked to them.
    ``asked`` are the ids asked for, spelled as the records have them.
    ``main`` is the bare id of the request the user asked for (or of the one found for the resource asked for).
    ``resources`` maps resource ids to their kind. ``notes`` are bounds that were reached.
    """

    asked: tuple[str, ...]
    main: str
    requests: frozenset[str]
    resources: dict[str, str]
    records: tuple[Record, ...]
    since: datetime | None
    until: datetime | None
    notes: tuple[str, ...]

    def owns(self, record: Record) -> bool:
        """Whether the record carries one of the traced request ids in its envelope or text."""
        return any(bare(i) in self.requests for i in record.request_ids) or bool(
            mentioned_requests(record) & self.requests
        )


def find(engine: Engine, asked: Sequence[str], scope: Query) -> list[Record]:
    """All records that hold one of the ids; the only question asked of everything."""
    ids = tuple(dict.fromkeys(spelling for i in asked for spelling in spellings(i)))
    return list(engine.search(scope._replace(ids=ids)))


def names(record: Record, identifier: str) -> bool:
    """Whether the record has the id (as ``spellings`` has it) in its envelope or its text."""
    own = (*record.request_ids, record.user, record.project, record.instance, record.message)
    return any(identifier in text for text in own) or any(identifier in line for line in record.body)


def follow(engine: Engine, asked: Sequence[str], first: Sequence[Record], scope: Query) -> Trace:
    """The trace of the ids asked for, from the records that hold them (``find``)."""
    asked = _as_logged(asked, first)
    known = list(dict.fromkeys(map(normalise, asked)))
    carried = {bare(i) for record in first for i in record.request_ids}
    requests = {i for i in known if i in carried}
    # What was asked for and is no id of any envelope is a resource, or an id that only a text mentions.
    resources_found = {i: _kind_of(i, first) for i in known if i not in requests}
    main = next((i for i in known if i in requests), "")
    notes: list[str] = []
    records = {record.place: record for record in first}
    if not main:
        main = _request_of(first)
        if main:
            requests.add(main)
            records = _of_request(engine, main, first, scope)
            others = {bare(i) for record in first for i in record.request_ids} - {main}
            if others:
                notes.append(f"{len(others)} other requests name the id asked for; traced is req-{main}")
    searched = {*known, main}
    for _ in range(ROUNDS):
        new_requests, new_resources = _linked(records.values(), requests, searched)
        if not new_requests and not new_resources:
            break
        ids = tuple(sorted({*new_requests, *new_resources}))
        if len(searched) + len(ids) > MOST_IDS:
            notes.append(f"stopped following after {len(searched)} ids")
            break
        requests |= new_requests
        resources_found.update(new_resources)
        searched.update(ids)
        for record in engine.search(_around(records.values(), requests, scope._replace(ids=ids))):
            if _belongs(record, requests):
                records.setdefault(record.place, record)
        if len(records) > MOST_RECORDS:
            notes.append(f"stopped following after {MOST_RECORDS} records")
            break
    else:
        notes.append(f"stopped following after {ROUNDS} rounds")
    since, until = _window(records.values(), requests)
    ordered = tuple(sorted(records.values(), key=lambda record: record.order))
    return Trace(tuple(asked), main, frozenset(requests), resources_found, ordered, since, until, tuple(notes))


def _as_logged(asked: Sequence[str], records: Sequence[Record]) -> list[str]:
    """The ids asked for in the spellings that records have; as they were given where none has them."""
    logged = []
    for identifier in asked:
        spelled = spellings(identifier)
        found = [spelling for spelling in spelled if any(names(record, spelling) for record in records)]
        logged += found if len(spelled) > 1 and found else [identifier]
    return logged


def _of_request(engine: Engine, main: str, first: Sequence[Record], scope: Query) -> dict[tuple[str, int], Record]:
    """Records of the request chosen for a resource, and those about the resource meanwhile.

    The request gives the window: what else was ever done to the resource is not the question.
    """
    records = {record.place: record for record in engine.search(scope._replace(ids=(main,)))}
    query = _around(records.values(), {main}, scope)
    for record in first:
        early = query.since is not None and record.time is not None and record.time < query.since
        late = query.until is not None and record.time is not None and record.time > query.until
        if not early and not late and _belongs(record, {main}):
            records.setdefault(record.place, record)
    return records


def _around(records: Iterable[Record], requests: set[str], query: Query) -> Query:
    """The query, bounded to the time of the records and a little more."""
    since, until = _window(records, requests)
    if since is None or until is None:
        return query
    return query._replace(since=_later(query.since, since - _AROUND), until=_earlier(query.until, until + _AROUND))


def surroundings(engine: Engine, trace: Trace, literals: Sequence[str], scope: Query) -> list[Record]:
    """Records near the trace in time that hold a pattern's literal, on all nodes, without those of the trace."""
    query = scope._replace(
        literals=tuple(literals),
        since=_later(scope.since, trace.since - BEFORE) if trace.since else scope.since,
        until=_earlier(scope.until, trace.until + AFTER) if trace.until else scope.until,
    )
    own = {record.place for record in trace.records}
    return [record for record in engine.search(query) if record.place not in own]


def merge(records: Iterable[Record]) -> list[Record]:
    """Records in order of time, each once."""
    return sorted({record.place: record for record in records}.values(), key=lambda record: record.order)


def entry(trace: Trace, request: str = "") -> tuple[Record, Access] | None:
    """The API call of a request (bare id, the main one by default), and its record: the access line with its own id.

    glance logs the caller's id as its own, so its access lines count only where no other service has the id.
    """
    request = request or trace.main
    own = [record for record in trace.records if request and bare(record.request_id) == request]
    calls = [(record, call) for record in own if (call := access(record)) is not None]
    # The caller's service may log no access line at all; its other records still tell that glance was only asked.
    others = any(record.origin.service not in ("glance-api", "") for record in own)
    for record, call in calls:
        glance = record.origin.service == "glance-api" or call.url.startswith(("/v2/images", "/v2/schemas"))
        if not glance or (not others and len(own) == len(calls)):
            return record, call
    return None


def _linked(records: Iterable[Record], requests: set[str], searched: set[str]) -> tuple[set[str], dict[str, str]]:
    """New (request ids, resource ids with kind) that the records lead to."""
    new_requests: set[str] = set()
    new_resources: dict[str, str] = {}
    for record in records:
        own = [bare(i) for i in record.request_ids]
        ours = any(i in requests for i in own)
        if ours:
            new_requests.update(own)
            new_requests |= mentioned_requests(record)
        elif record.level is not None and record.level >= Level.WARNING and record.user:
            # Found by a resource; its request failed on it. (A poll of the same resource would not warn.)
            new_requests.update(own)
        if ours or not own:
            for kind, identifier in resources(record):
                if kind != "stack" or ours:
                    new_resources[identifier] = kind
    new_requests -= searched
    for identifier in searched | new_requests:
        new_resources.pop(identifier, None)
    return new_requests, new_resources


def _belongs(record: Record, requests: set[str]) -> bool:
    """A record found by a resource id belongs to the trace unless it is another request's call about the resource.

    A deletion does belong: whatever fails on a resource afterwards was meant to.
    """
    own = {bare(i) for i in record.request_ids}
    if own & requests:
        return True
    call = access(record)
    return call is None or (call.method == "DELETE" and call.status < 400)


def _request_of(records: Sequence[Record]) -> str:
    """The request to trace when the user gave a resource: the last one that went wrong, else the last that acted."""
    calls = [(record, call) for record in records if (call := access(record)) is not None]
    polls = {bare(record.request_id) for record, call in calls if call.method in ("GET", "HEAD") and call.status < 400}
    wrong: list[str] = []
    acting: list[str] = []
    for record in sorted(records, key=lambda record: record.order):
        identifier = bare(record.global_request_id or record.request_id)
        if not identifier or not record.user or identifier in polls or bare(record.request_id) in polls:
            continue  # (without a user it is a periodic task's id, the same for hours)
        acting.append(identifier)
        if record.level is not None and record.level >= Level.WARNING:
            wrong.append(identifier)
    return wrong[-1] if wrong else acting[-1] if acting else ""


def _kind_of(identifier: str, records: Sequence[Record]) -> str:
    kinds = Counter(kind for record in records for kind, found in resources(record) if found == identifier)
    return kinds.most_common(1)[0][0] if kinds else "id"


def _window(records: Iterable[Record], requests: set[str]) -> tuple[datetime | None, datetime | None]:
    timed = [record for record in records if record.time is not None]
    own = [record for record in timed if any(bare(i) in requests for i in record.request_ids)] or timed
    times = sorted(record.time for record in own if record.time is not None)
    if not times:
        return None, None
    start = times[0]
    for record in own:  # the access line is written at the end of the call
        call = access(record)
        if call is not None and call.seconds and record.time is not None:
            start = min(start, record.time - timedelta(seconds=call.seconds))
    return start, times[-1]


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)
