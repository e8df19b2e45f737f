"""Findings and the edges between them: which explains which.

A group is all findings of one pattern with one cause text. An edge counts when time order, lag and reach agree.
Explained groups fall behind what explains them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from ..correlate.ids import bare
from ..correlate.trace import Trace
from ..library.matcher import Finding, Hit
from ..library.model import Pattern
from ..library.wording import fill, lacks

# How a group is tied to the trace, strongest first.
OWN, LINKED, NEAR = 3, 2, 1
# Clocks of two nodes and buffering of two writers may differ by this much (seconds).
JITTER = 2.0
# Services at the end of a request's way, on the node that was chosen for it.
_END_OF_THE_WAY = frozenset(("nova-compute", "libvirtd", "qemu", "cinder-volume", "cinder-backup", "manila-share"))
# Messages that repeat an exception of another node. Sources: nova/conductor/manager.py, oslo_messaging/rpc/client.py.
_RELAYED = re.compile(r"Error from last host: |Remote error: |\b\w+_Remote\b")
# Captures that name the host a message is about.
HOST_CAPTURES = ("host", "compute", "hostname")
DEPTH = {"root": 0, "effect": 1, "symptom": 2, "noise": 3}


class Group(NamedTuple):
    """All findings of one pattern and cause text, the ones tied to the trace first."""

    pattern: Pattern
    cause: str
    findings: tuple[Finding, ...]
    link: int
    first: datetime | None
    last: datetime | None

    @property
    def nodes(self) -> set[str]:
        """Nodes on which it was seen."""
        return {hit.record.origin.node for finding in self.findings for hit in finding.hits}

    @property
    def requests(self) -> set[str]:
        """Bare ids of the requests that have it in their records (the outermost id of each)."""
        return {
            bare(record.global_request_id or record.request_id)
            for finding in self.findings
            for record in (hit.record for hit in finding.hits)
            if record.request_id and record.user
        }


def groups(findings: Sequence[Finding], trace: Trace) -> list[Group]:
    """Findings grouped by pattern and cause text, with their link to the trace.

    A fault of scope request or resource on somebody else's records is no finding about this trace; it only counts as
    another hit of a group that is tied to it.
    """
    in_trace = {record.place for record in trace.records}
    collected: dict[tuple[str, str], list[tuple[int, Finding]]] = {}
    origins: dict[tuple[str, str], str] = {}
    for finding in sorted(findings, key=lambda finding: seconds(finding.time)):
        link = _link(finding, trace, in_trace)
        cause = fill(finding.pattern.title, finding.captures)
        if link >= LINKED:
            # An error is relayed: the conductor repeats what failed on a compute node. Inside one trace the same
            # fault on a second node is the first one told again.
            told = fill(finding.pattern.title, {**finding.captures, "node": "", "service": ""})
            cause = origins.setdefault((finding.pattern.id, told), cause)
        collected.setdefault((finding.pattern.id, cause), []).append((link, finding))
    complete(collected)
    result = []
    for (_, cause), members in collected.items():
        best = max(link for link, _ in members)
        pattern = members[0][1].pattern
        if best == NEAR and pattern.scope in ("request", "resource"):
            continue
        if best == NEAR and pattern.scope in ("node", "service"):
            # What another node's service told of its own fault is no fault of this node.
            members = [(link, finding) for link, finding in members if not _RELAYED.search(finding.record.message)]
            if not members:
                continue
        ordered = sorted(members, key=lambda member: (-member[0], seconds(member[1].time)))
        tied = [finding for link, finding in ordered if link == best]
        times = [hit.record.time for finding in tied for hit in finding.hits if hit.record.time]
        result.append(
            Group(
                pattern,
                cause,
                tuple(finding for _, finding in ordered),
                best,
                min(times, default=None),
                max(times, default=None),
            )
        )
    return result


def complete(collected: dict[tuple[str, str], list[tuple[int, Finding]]]) -> None:
    """Findings whose captures are incomplete join those of the same pattern that have them all."""
    whole: dict[str, str] = {}
    partial: list[tuple[str, str]] = []
    for (pattern, cause), members in collected.items():
        finding = members[0][1]
        if lacks(finding.pattern.title, finding.captures):
            partial.append((pattern, cause))
        else:
            whole.setdefault(pattern, cause)
    for pattern, cause in partial:
        if pattern in whole:
            collected[pattern, whole[pattern]] += collected.pop((pattern, cause))


def edges(nodes: Sequence[Group], trace: Trace) -> dict[int, set[int]]:
    """For each group (by index) the groups it explains, directly."""
    places = _Places(trace)
    return {
        i: {j for j, other in enumerate(nodes) if i != j and _explains(cause, other, places)}
        for i, cause in enumerate(nodes)
    }


class _Places:
    """Where a trace went: the nodes it was worked on, and the nodes its records name."""

    def __init__(self, trace: Trace) -> None:
        self.nodes = {record.origin.node for record in trace.records}
        self.arrived = any(record.origin.service in _END_OF_THE_WAY for record in trace.records)
        self._text = "\n".join(record.message for record in trace.records)

    def reached(self, node: str) -> bool:
        """Whether a fault of that node can be the trace's: it was there, it names the node, or it never got anywhere.

        A request that found no host was turned away by all of them: each node's fault may be why.
        """
        if node in self.nodes or not self.arrived:
            return True
        return bool(node) and re.search(rf"(?<![\w.-]){re.escape(node)}(?![\w-])", self._text) is not None


def reach(start: int, graph: dict[int, set[int]]) -> set[int]:
    """All groups a group explains, directly or through others. Loops (one is real, in OVN) end the walk."""
    seen: set[int] = set()
    stack = [start]
    while stack:
        for other in graph[stack.pop()]:
            if other not in seen and other != start:
                seen.add(other)
                stack.append(other)
    return seen


def more_general(nodes: Sequence[Group]) -> set[int]:
    """Groups that a more specific one of the same layer says better about the same records.

    "A file system is full" and "no space left for the image of the server" are one fault, not cause and effect.
    """
    seen = [places(group.findings) for group in nodes]
    at: dict[tuple[str, int], list[int]] = {}  # the groups before this one, by place: a storm has thousands of groups
    general: set[int] = set()
    for i, group in enumerate(nodes):
        for j in {j for place in seen[i] for j in at.get(place, ())}:
            if group.pattern.layer == nodes[j].pattern.layer and _same_fault(group, nodes[j], seen[i], seen[j]):
                general.add(i if _specific(nodes[j]) >= _specific(group) else j)
        for place in seen[i]:
            at.setdefault(place, []).append(i)
    return general


def _same_fault(one: Group, other: Group, seen: set[tuple[str, int]], seen_by_other: set[tuple[str, int]]) -> bool:
    if proof(one) == proof(other):
        return True
    if one.pattern.layer != "root":
        return False  # later symptoms repeat the text of earlier ones
    written = one.pattern.id in other.pattern.explains or other.pattern.id in one.pattern.explains
    return not written and (seen <= seen_by_other or seen_by_other <= seen)


def _specific(group: Group) -> tuple[bool, int, int]:
    """How closely a pattern describes the record that proves it."""
    hit = group.findings[0].hits[0]
    clause = group.pattern.match.clauses[hit.clause]
    mine = hit.record.origin.service.startswith(group.pattern.service)
    return mine, len(hit.captures), sum(map(len, clause.text)) + len(clause.regex)


def _explains(cause: Group, effect: Group, places: _Places) -> bool:
    if "noise" in (cause.pattern.layer, effect.pattern.layer):
        return False
    if cause.pattern.layer == effect.pattern.layer and proof(cause) == proof(effect):
        return False  # two words for one thing
    named = effect.pattern.id in cause.pattern.explains
    if not named:
        # Within one request the layers themselves are an order; across requests an edge must be written down.
        deeper = DEPTH[cause.pattern.layer] < DEPTH[effect.pattern.layer]
        if not deeper or cause.link < LINKED or effect.link < LINKED or cause.pattern.id in effect.pattern.explains:
            return False
    if not _in_time(cause, effect):
        return False
    if cause.link >= LINKED or cause.pattern.scope == "cloud":
        return True
    told = hosts_told(effect)
    if told and not told & cause.nodes:
        return False  # the effect says itself which host it is about
    return bool(cause.nodes & effect.nodes) or any(places.reached(node) for node in cause.nodes)


def hosts_told(group: Group) -> set[str]:
    """Hosts that the records tied to the trace name as the one concerned, short names."""
    tied = [finding for finding in group.findings[:20] if finding.captures]
    return {
        finding.captures[name].partition(".")[0].partition("@")[0]
        for finding in tied
        for name in HOST_CAPTURES
        if finding.captures.get(name)
    }


def _in_time(cause: Group, effect: Group) -> bool:
    if cause.first is None or effect.last is None:
        return True
    if (effect.last - cause.first).total_seconds() < -JITTER:
        return False  # it began after the last of what it should explain
    if cause.link == NEAR and cause.last is not None and effect.first is not None:
        return (effect.first - cause.last).total_seconds() <= max(cause.pattern.lag, JITTER)
    return True


def proof(group: Group) -> tuple[str, int]:
    return group.findings[0].record.place


def _link(finding: Finding, trace: Trace, in_trace: set[tuple[str, int]]) -> int:
    records = [hit.record for hit in finding.hits]
    if any(trace.owns(record) for record in records):
        return OWN
    return LINKED if any(record.place in in_trace for record in records) else NEAR


def seconds(time: datetime | None) -> float:
    return time.timestamp() if time else 0.0


def hits_of(findings: Iterable[Finding]) -> list[Hit]:
    """All hits of the findings."""
    return [hit for finding in findings for hit in finding.hits]


def places(findings: Iterable[Finding]) -> set[tuple[str, int]]:
    """Places (source, offset) of the records of the findings."""
    return {hit.record.place for hit in hits_of(findings)}
