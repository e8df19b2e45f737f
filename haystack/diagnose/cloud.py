"""All findings of a window in one causal graph, when nobody named a request: groups, edges, candidates.

The trace's graph leans on everything in it being about one request. Here many stories lie side by side, so an effect is
a cause's only when both are told by the same request or resource, or the library says so and place and time agree.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ..library.cited import Cited
from ..library.matcher import Finding, Hit
from ..library.wording import fill
from .cite import Cite, cite_nothing, cited_of, together
from .diagnose import SURE
from .failures import ERROR, weight
from .graph import DEPTH, JITTER, LINKED, NEAR, OWN, Group, complete, hits_of, hosts_told, more_general, proof, seconds
from .model import Candidate
from .rank import LAYER, LEAST, NEAR_EXPLAINS, candidate_of, counts, evidence_of, explaining, first_seen
from .stories import Harm, Stories

# Of a candidate's evidence so many lines are its own, before those of what it explains.
_OWN_LINES = 2
_LOOKED_AT = 50
# Of a group so many findings are asked what they follow from: a storm has thousands that are alike.
_MOST_FINDINGS = 300
# What was stopped and not started may explain what fails so much later (seconds); then somebody has started it.
_STOPPED = 3600.0
_LOOPBACK = re.compile(r"\b127\.0\.\d|\blocalhost\b|\[?::1\b")
# A fault that harmed nobody that we know of.
_HARMLESS = 0.42
_LINKED = 0.94
# Something else explains it, or says it better.
_BEHIND = 0.5
# What is said of a candidate that explains nothing: by whether a record of what failed shows it.
_ALONE = {True: "a record of something that failed says so", False: "nothing that failed is known to follow from it"}
# What a candidate of small severity is worth at most, when no more than its own records show it.
_MINOR = 0.45


class Cause(NamedTuple):
    """A candidate with what it stands on: its own findings, and those of all it explains."""

    candidate: Candidate
    group: Group
    explained: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Its own findings first."""
        return (*self.group.findings, *self.explained)


def cloud_groups(findings: Sequence[Finding], stories: Stories, harm: Harm) -> list[Group]:
    """Findings grouped by pattern and cause text; those where requests failed are ``OWN``.

    A fault that is told again elsewhere (the conductor repeats what failed on a compute node) is of the first one's
    group, when both are of one story.
    """
    collected: dict[tuple[str, str], list[tuple[int, Finding]]] = {}
    told_before: dict[tuple[str, str, str], str] = {}
    for finding in sorted(findings, key=lambda finding: seconds(finding.time)):
        cause = fill(finding.pattern.title, finding.captures)
        story = stories.of(finding.record)
        if story:
            told = fill(finding.pattern.title, {**finding.captures, "node": "", "service": ""})
            cause = told_before.setdefault((finding.pattern.id, told, story), cause)
        # Of all who have it, those whose request failed on it show best what it did.
        asked = any(harm.of(hit.record) for hit in finding.hits)
        link = OWN if asked else LINKED if any(weight(hit.record) for hit in finding.hits) else NEAR
        collected.setdefault((finding.pattern.id, cause), []).append((link, finding))
    complete(collected)
    result = []
    for (_, cause), members in collected.items():
        ordered = [f for _, f in sorted(members, key=lambda member: (-member[0], seconds(member[1].time)))]
        times = [hit.record.time for hit in hits_of(ordered) if hit.record.time]
        link = max(link for link, _ in members)
        bounds = min(times, default=None), max(times, default=None)
        result.append(Group(ordered[0].pattern, cause, tuple(ordered), link, *bounds))
    return result


def causes(nodes: Sequence[Group], stories: Stories, most: int, cite: Cite = cite_nothing) -> list[Cause]:
    """Candidates of the groups (without noise), the likeliest first, of equal ones the earliest.

    Those that are sure tell the settings and facts that ``cite`` knows for them and for what they explain.
    """
    views = [_View(group, group.findings, stories) for group in nodes]
    general = more_general(nodes)
    effects = _effects(views)
    reached = [_reached(i, views, effects, stories) for i in range(len(nodes))]
    causes_of: dict[int, list[int]] = {}
    for j, found in enumerate(reached):
        for i in found:
            causes_of.setdefault(i, []).append(j)
    harmful = {i for i, group in enumerate(nodes) if group.link >= LINKED}
    scored: list[tuple[float, int]] = []
    behind: dict[int, set[int]] = {}
    for i, group in enumerate(nodes):
        explained = reached[i].keys() & harmful
        score = LAYER[group.pattern.layer] * _factor(group, bool(explained))
        if explained:
            score = 1 - (1 - score) * 0.72 ** min(len(explained), 3)
        elif group.link < OWN and group.pattern.severity in ("warning", "info"):
            score = min(score, _MINOR)
        # One of two that explain each other (a loop is real, in OVN) is no cause of the other.
        others = [j for j in causes_of.get(i, ()) if j not in reached[i]]
        before = [j for j in others if counts(nodes[j], reached[j].keys() & harmful)]
        behind[i] = {j for j in before if _is_behind(views[i], reached[j][i])}
        if i in general or behind[i]:
            score *= _BEHIND
        scored.append((score, i))
    # What the cloud broke comes before what it refused, however sure that is.
    bad = {i for i, group in enumerate(nodes) if worst(group.findings) >= ERROR}
    broke = {i for i, found in enumerate(reached) if i in bad or not bad.isdisjoint(found)}
    scored.sort(key=lambda item: (item[0] < SURE, item[1] not in broke, -round(item[0], 2), first_seen(nodes[item[1]])))
    # What follows from a sure cause is told there, and comes last.
    sure = {i for score, i in scored if score >= SURE}
    scored.sort(key=lambda item: bool(behind[item[1]] & sure))
    return [_cause(nodes, i, score, reached[i], harmful, cite) for score, i in scored[:most] if score >= LEAST]


def _effects(views: Sequence[_View]) -> dict[str, list[int]]:
    """By id of a pattern the groups that it may cause: a storm has thousands of groups of a few patterns."""
    groups: dict[str, list[int]] = {}
    for i, view in enumerate(views):
        groups.setdefault(view.pattern.id, []).append(i)
    first = [views[members[0]] for members in groups.values()]
    return {
        cause.pattern.id: sorted(i for effect in first if cause.may_bring(effect) for i in groups[effect.pattern.id])
        for cause in first
    }


def _reached(
    start: int, views: Sequence[_View], effects: Mapping[str, Sequence[int]], stories: Stories
) -> dict[int, list[Finding]]:
    """What follows from a group, directly or through others: findings by group.

    Finding by finding, for a group holds those of many stories: what follows from one of them is not the others' doing.
    """
    reached: dict[int, list[Finding]] = {}
    taken: set[int] = set()
    queue = [views[start]]
    while queue:
        view = queue.pop()
        for j in effects[view.pattern.id]:
            other = views[j]
            if j == start or not view.may_cause(other):
                continue
            new = [f for f in other.findings if id(f) not in taken and view.accounts_for(f, other)]
            if new:
                taken.update(map(id, new))
                reached.setdefault(j, []).extend(new)
                queue.append(_View(other.group, new, stories))
    return reached


def _is_behind(view: _View, reached: Sequence[Finding]) -> bool:
    """Whether so much of a group follows from another that little is left for it to be a cause of."""
    return len(reached) * 2 > len(view.findings)


def _factor(group: Group, explains: bool) -> float:
    if group.link >= LINKED:
        return _LINKED
    return NEAR_EXPLAINS if explains and group.pattern.layer == "root" else _HARMLESS


class _View:
    """Findings of a group with what edges ask of them, worked out once."""

    def __init__(self, group: Group, findings: Sequence[Finding], stories: Stories) -> None:
        self.group = group
        self.pattern = group.pattern
        self.findings = findings[:_MOST_FINDINGS]
        records = [hit.record for hit in hits_of(findings)]
        self.stories = {story for record in records if (story := stories.of(record))}
        self.nodes = {record.origin.node for record in records}
        self.places = {record.place for record in records}
        self.times = sorted(record.time.timestamp() for record in records if record.time)
        self.of = stories.of
        self.on_loopback = bool(_LOOPBACK.search(group.cause))  # each node has its own

    def may_bring(self, other: _View) -> bool:
        """Whether the library, or the layers, allow that this one's pattern is a cause of that one's."""
        if other.pattern.id in self.pattern.explains:
            return True
        deeper = DEPTH[self.pattern.layer] < DEPTH[other.pattern.layer]
        return deeper and self.pattern.id not in other.pattern.explains

    def may_cause(self, other: _View) -> bool:
        """Whether this, whose pattern may bring the other's, is not only another word for it."""
        return self.pattern.layer != other.pattern.layer or proof(self.group) != proof(other.group)

    def accounts_for(self, finding: Finding, other: _View) -> bool:
        """Whether one finding of another group, which this may cause, follows from this."""
        record = finding.record
        if record.place in self.places:
            return True  # two layers of one event
        if (story := self.of(record)) and story in self.stories:
            # Clocks of two nodes differ, that of one does not: what it logged before is no effect, unless it is known
            # that the effect is logged first.
            known = other.pattern.id in self.pattern.explains
            slack = JITTER if known or record.origin.node not in self.nodes else 0.0
            return self.times == [] or record.time is None or record.time.timestamp() >= self.times[0] - slack
        if other.pattern.id not in self.pattern.explains or not self._in_time(finding):
            return False
        if self.pattern.scope == "cloud":
            return record.origin.node in self.nodes or not self.on_loopback
        if self.pattern.scope in ("request", "resource"):  # what tells of another one is none of its doing
            return not story and record.origin.node in self.nodes
        told = hosts_told(other.group._replace(findings=(finding,)))
        return not told or bool(told & {node.partition(".")[0] for node in self.nodes})

    def _in_time(self, finding: Finding) -> bool:
        time = finding.time
        if time is None or not self.times:
            return True
        at = time.timestamp()
        index = bisect_left(self.times, at + JITTER) - 1  # the last time this was seen before that
        if index < 0:
            return False
        lasts = _STOPPED if self.pattern.match.absent else JITTER
        return at - self.times[index] <= max(self.pattern.lag, lasts)


def _cause(
    nodes: Sequence[Group],
    i: int,
    score: float,
    reached: dict[int, list[Finding]],
    harmful: Collection[int],
    cite: Cite,
) -> Cause:
    group = nodes[i]
    told = [nodes[j]._replace(findings=tuple(findings)) for j, findings in reached.items() if j in harmful]
    shown = sorted(told, key=lambda g: (-g.link, first_seen(g)))
    support = Cited()
    if score >= SURE:
        support = together(cited_of(group, cite), (cited_of(g, cite) for g in shown))
    own = hits_of(group.findings)
    evidence = evidence_of([*own[:_OWN_LINES], *_one_a_service(shown), *own])
    candidate = candidate_of(group, score, _reasons(group, shown), evidence, shown, support, 0)
    return Cause(candidate, group, tuple(finding for findings in reached.values() for finding in findings))


def _reasons(group: Group, explained: Sequence[Group]) -> list[str]:
    reasons = explaining(group, explained) or [_ALONE[group.link >= LINKED]]
    if group.pattern.layer == "effect":
        reasons.append("no root cause beneath it is in the logs")
    return reasons


def _one_a_service(shown: Sequence[Group]) -> list[Hit]:
    """Of what a cause explains the first hit in each service, those of requests that failed first."""
    firsts: dict[str, Hit] = {}
    for group in shown:
        for hit in hits_of(group.findings[:_LOOKED_AT]):
            firsts.setdefault(hit.record.origin.service, hit)
    return [*firsts.values(), *(group.findings[0].hits[0] for group in shown)]


def worst(findings: Sequence[Finding]) -> int:
    """How bad the worst record of the findings is, as ``failures`` weighs."""
    return max((weight(hit.record) for hit in hits_of(findings)), default=0)
