"""Facts that support a cause: the ``facts`` clauses of a pattern, asked of the machines it was seen on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..facts import Fact, facts_of
from ..facts.files import FACTS_JSON
from ..library.cited import CitedFact, Seen
from ..library.fact_match import Supports, supports
from ..library.model import FactClause, Pattern
from ..search.discover import Found
from ..search.facts import taken
from ..services import Services

# A cause cites so many facts at most.
_MOST = 4


class Machine(NamedTuple):
    """What a node tells of itself: facts by kind, when they were taken, and the services that run there."""

    facts: Mapping[str, Sequence[Fact]]
    taken: datetime | None
    services: frozenset[str]


class Machines(Mapping[str, Machine]):
    """The machines of the nodes that were discovered with facts; each is read when first asked for."""

    def __init__(self, found: Found, services: Services) -> None:
        self._files, self._services = found.machines, services
        self._logged: dict[str, set[str]] = {}
        for file in found.files:
            self._logged.setdefault(file.node, set()).add(file.service)
        self._read: dict[str, Machine] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, node: str) -> Machine:
        if node not in self._read:
            by_kind: dict[str, list[Fact]] = {}
            for fact in facts_of(self._files[node]):
                by_kind.setdefault(fact.name, []).append(fact)
            units = {self._services.of_unit(fact.of["unit"]) for fact in by_kind.get("services", ())}
            running = (self._logged.get(node, set()) | units) - {""}
            self._read[node] = Machine(by_kind, taken(self._files[node]), frozenset(running))
        return self._read[node]


def cited_facts(
    pattern: Pattern, seen: Seen, machines: Mapping[str, Machine], services: Services
) -> tuple[CitedFact, ...]:
    """The facts that support a pattern seen so, in the order of its clauses; of one fact the first clause speaks.

    Asked are the nodes that its records speak of, else those it was seen on. With a service in the clause those of
    them where it runs, and all where it runs when the fault is one of the cloud.
    """
    there: dict[str, set[str]] = {}
    for node, service in seen.places:
        there.setdefault(short_name(node), set()).add(service)
    known = {short_name(node) for node in machines}
    named = {short_name(host.partition("@")[0]) for host in seen.hosts} & known  # cinder's are `host@backend`
    found: dict[tuple[object, ...], CitedFact] = {}
    for clause in pattern.facts:
        anywhere = pattern.scope == "cloud" and bool(clause.service) and not named
        for node in sorted(machines):
            name = short_name(node)
            if not anywhere and name not in (named or there):
                continue
            machine = machines[node]
            if clause.service and not _runs(machine.services, clause.service, services):
                continue
            facts = machine.facts.get(clause.fact, ())
            for support in supports(clause, facts, there.get(name, set()) - {""}, seen.captures, services):
                cited = _cited(clause, node, support, machine, seen)
                found.setdefault((node, cited.fact, cited.of), cited)
    # What counts comes first: no more than a few are shown.
    return tuple(sorted(found.values(), key=lambda cited: not cited.counts))[:_MOST]


def short_name(node: str) -> str:
    """Records and trees call a node with or without its domain."""
    return node.partition(".")[0]


def _runs(running: Collection[str], wanted: Collection[str], services: Services) -> bool:
    return any(services.matches(name, service) for name in wanted for service in running)


def _cited(clause: FactClause, node: str, support: Supports, machine: Machine, seen: Seen) -> CitedFact:
    fact = support.fact
    return CitedFact(
        node,
        clause.fact,
        fact.value if fact else None,
        tuple(sorted(support.of.items())),
        support.words,
        clause.says.replace("{value}", support.value),
        fact.told.path if fact else FACTS_JSON,
        fact.told.line if fact else 0,
        machine.taken,
        _away(machine.taken, seen),
    )


def _away(time: datetime | None, seen: Seen) -> timedelta | None:
    """How long before the pattern was first seen a time is (negative), or after it was last seen; None where nobody
    knows."""
    if time is None or seen.first is None or seen.last is None:
        return None
    return min(time - seen.first, timedelta(0)) or max(time - seen.last, timedelta(0))
