"""Ranking: which of the things seen is the cause, how sure we are, and why, in words.

The numbers were set on the development incidents (tests/accuracy); they order candidates and keep what is merely
nearby below one half.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..correlate.trace import Trace
from ..library.cited import Cited
from ..library.matcher import Hit
from ..library.wording import fill_command
from ..record import Record
from .cite import Cite, cite_nothing, cited_of, together
from .graph import LINKED, NEAR, OWN, Group, edges, hits_of, more_general, reach
from .model import Candidate, Evidence, Stop
from .outcome import Outcome

MOST_CANDIDATES = 6
MOST_EVIDENCE = 8
# Below this a candidate is not worth the operator's time.
LEAST = 0.1
LAYER = {"root": 0.86, "effect": 0.6, "symptom": 0.4, "noise": 0.0}
_LINK = {OWN: 1.0, LINKED: 0.94, NEAR: 0.4}
# A near root that explains what the trace shows; on a node of the trace, or elsewhere.
NEAR_EXPLAINS = 0.92
_EXPLAINED = 0.55
# A fault last seen within so many seconds before the trace is taken as going on.
_FRESH = 45.0
# A setting or a fact that supports a cause leaves so much of the doubt.
_SUPPORTED = 0.8
_FORMATS_WITH_HEAD = ("oslo", "oslo_json", "oslo_bare")


def rank(
    nodes: Sequence[Group], trace: Trace, result: Outcome, stop: Stop | None = None, cite: Cite = cite_nothing
) -> list[Candidate]:
    """Candidates of the groups, the likeliest first. ``nodes`` are without noise.

    ``stop`` is where the request fell silent: a root of the service it never reached accounts for that. A setting or a
    fact that ``cite`` knows for a group makes it likelier, never a candidate by itself.
    """
    graph = edges(nodes, trace)
    general = more_general(nodes)
    reached = {i: reach(i, graph) for i in graph}
    tied = {i for i, group in enumerate(nodes) if group.link >= LINKED}
    support = [cited_of(group, cite) for group in nodes]
    scored: list[tuple[float, int]] = []
    for i, group in enumerate(nodes):
        explained_here = reached[i] & tied
        silent = stop is not None and _is_about(group, stop.missing)
        score = LAYER[group.pattern.layer] * _link_factor(group, bool(explained_here) or silent)
        score *= _freshness(group, trace)
        if explained_here:
            score = 1 - (1 - score) * 0.72 ** min(len(explained_here), 3)
        causes = [j for j in graph if i in reached[j] and counts(nodes[j], reached[j] & tied) and j not in reached[i]]
        if causes or i in general:
            score *= _EXPLAINED
        if support[i].counts:
            score = 1 - (1 - score) * _SUPPORTED
        if result.failed is None and group.link == NEAR:
            score = min(score, 0.45)
        scored.append((score, i))
    # Equal scores: the earlier one is the cause.
    scored.sort(key=lambda item: (-round(item[0], 2), first_seen(nodes[item[1]])))
    return [
        _candidate(nodes, i, score, reached, tied, trace, stop, support)._replace(
            failed=_failed(nodes[i], reached[i] & tied, result)
        )
        for score, i in scored[:MOST_CANDIDATES]
        if score >= LEAST
    ]


def _failed(group: Group, explained: Collection[int], result: Outcome) -> bool:
    """Whether the request that was asked for failed on it."""
    return bool(result.failed) and (group.link >= LINKED or bool(explained))


def _freshness(group: Group, trace: Trace) -> float:
    """A fault nearby counts less the longer before the trace it was last seen: it may be over.

    Not so a stop that is known not to have been followed by a start (a pattern with ``absent``).
    """
    if group.link != NEAR or group.pattern.match.absent or trace.since is None:
        return 1.0
    seen = [hit.record.time for finding in group.findings for hit in finding.hits if hit.record.time]
    before = [time for time in seen if trace.until is None or time <= trace.until]
    if not before:
        return 0.5
    gap = (trace.since - max(before)).total_seconds()
    return 1 - 0.5 * min(1.0, max(0.0, gap - _FRESH) / 300)


def _link_factor(group: Group, explains: bool) -> float:
    if group.link == NEAR and explains and group.pattern.layer == "root":
        return NEAR_EXPLAINS
    return _LINK[group.link]


def _is_about(group: Group, service: str) -> bool:
    """Whether a root nearby speaks of a service: it is that service's fault, or that service logged it."""
    if group.pattern.layer != "root":
        return False
    return group.pattern.service == service or any(
        hit.record.origin.service == service for finding in group.findings for hit in finding.hits
    )


def counts(cause: Group, explained_here: Collection[int]) -> bool:
    """Whether a group may push what it explains behind it: it is tied to the trace, or a root nearby."""
    return cause.link >= LINKED or (cause.pattern.layer == "root" and bool(explained_here))


def _candidate(
    nodes: Sequence[Group],
    i: int,
    score: float,
    graph: dict[int, set[int]],
    tied: set[int],
    trace: Trace,
    stop: Stop | None,
    support: Sequence[Cited],
) -> Candidate:
    group, reached = nodes[i], graph[i]
    explained = sorted((nodes[j] for j in reached if nodes[j].link >= LINKED), key=lambda g: (-g.link, first_seen(g)))
    # Steps between a cause nearby and the request: the database is down, so keystone failed, so the API did.
    between = sorted((nodes[j] for j in reached if nodes[j].link == NEAR and graph[j] & tied), key=first_seen)
    # What made an effect worse belongs to the answer, though it makes the cause no likelier.
    supporting = together(support[i], (support[j] for j in sorted(reached) if nodes[j].link >= LINKED))
    requests = group.requests | ({trace.main} if group.link >= LINKED and trace.main else set())
    reasons = _reasons(group, explained, trace, stop)
    return candidate_of(
        group, score, reasons, evidence_lines(group, between, explained), explained, supporting, len(requests)
    )


def candidate_of(
    group: Group,
    score: float,
    reasons: Sequence[str],
    evidence: Sequence[Evidence],
    explained: Sequence[Group],
    support: Cited,
    requests_hit: int,
) -> Candidate:
    """A group as a candidate: with what it explains, and with its pattern's advice filled in."""
    captures = group.findings[0].captures
    return Candidate(
        group.pattern,
        group.cause,
        round(min(score, 0.99), 2),
        (*reasons, *support.texts),
        tuple(evidence),
        tuple(dict.fromkeys(g.pattern.id for g in explained)),
        captures,
        tuple(fill_command(text, captures) for text in group.pattern.confirm),
        tuple((fill_command(step.text, captures), step.changing) for step in group.pattern.fix),
        requests_hit,
        support.settings,
        support.facts,
    )


def _reasons(group: Group, explained: Sequence[Group], trace: Trace, stop: Stop | None) -> list[str]:
    reasons = []
    if group.link == OWN:
        reasons.append("a record of this request says so")
    elif group.link == LINKED:
        reasons.append("a record about a resource of this request says so")
    else:
        reasons.append(f"seen on {', '.join(sorted(filter(None, group.nodes))) or 'the same system'} at that time")
    if stop is not None and group.link == NEAR and _is_about(group, stop.missing):
        reasons.append(f"the request never reached {stop.missing}, where others of its kind went on")
    reasons += explaining(group, explained)
    others = len(group.requests - {trace.main} - trace.requests)
    if others > 0:
        reasons.append(f"{others} other request{'s show' if others > 1 else ' shows'} it too")
    if group.pattern.layer == "effect":
        reasons.append("no root cause beneath it is in the logs")
    return reasons


def explaining(group: Group, explained: Sequence[Group]) -> list[str]:
    """In words what a group explains, and that nothing of it came earlier; nothing where it explains nothing."""
    if not explained:
        return []
    names = list(dict.fromkeys(g.cause for g in explained))
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    reasons = ["it explains: " + "; ".join(names[:2]) + more]
    if not any(g.first and group.first and g.first < group.first for g in explained):
        reasons.append("it is the earliest fault on the path")
    return reasons


def evidence_lines(group: Group, between: Sequence[Group], explained: Sequence[Group]) -> list[Evidence]:
    """At most eight lines: the cause's own, one for each step it explains, then more of its own."""
    own = hits_of(group.findings)
    chosen = own[:3]
    for step in between[:2]:
        chosen += _nearest(step, explained)
    for effect in explained:
        chosen += hits_of(effect.findings)[:1]
    chosen += own[3:]
    return evidence_of(chosen)


def evidence_of(hits: Sequence[Hit]) -> list[Evidence]:
    """The lines of the first hits, each record once; of the very first also the line that says most."""
    seen: set[tuple[str, int]] = set()
    lines: list[Evidence] = []
    for hit in hits:
        if hit.record.place not in seen:
            seen.add(hit.record.place)
            lines += _lines(hit) if hit is hits[0] else _lines(hit)[:1]
    return lines[:MOST_EVIDENCE]


def _nearest(step: Group, explained: Sequence[Group]) -> list[Hit]:
    """The first hit of a step on the way, and the last one before what it led to."""
    effect = min((g.first for g in explained if g.first), default=None)
    hits = sorted(hits_of(step.findings), key=lambda hit: hit.record.time.timestamp() if hit.record.time else 0.0)
    before = [hit for hit in hits if effect and hit.record.time and hit.record.time <= effect]
    return hits[:1] + before[-1:]


def _lines(hit: Hit) -> list[Evidence]:
    """The lines to show: an event's first one, and the telling one where that says something else.

    oslo.log's first line has level, logger, id and often the exception; RabbitMQ's reports begin with a mere heading.
    """
    record: Record = hit.record
    first = Evidence(record, 0, record.message)
    number = hit.line or _raised_at(record)
    if not number:
        return [first]
    telling = Evidence(record, number, record.body[number - 1])
    if hit.line and record.format not in _FORMATS_WITH_HEAD:
        return [telling]
    return [first] if telling.text.strip() in record.message else [first, telling]


def _raised_at(record: Record) -> int:
    """Number of the body line that names the exception; 0 where none does."""
    if record.exception is None:
        return 0
    name = record.exception.name
    return next((n for n in range(len(record.body), 0, -1) if record.body[n - 1].startswith(name)), 0)


def first_seen(group: Group) -> float:
    return group.first.timestamp() if group.first else 0.0
