"""Settings and facts that support what was seen: whoever knows them is asked for those of a group.

``rank`` and ``cloud`` ask; ``insight/citations`` is who knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..library.cited import Cited, CitedFact, Seen
from ..library.model import Pattern
from .graph import HOST_CAPTURES, Group

_MOST = 4
# So many values of one capture are asked for.
_MOST_VALUES = 20

# What supports a pattern that was seen so.
Cite = Callable[[Pattern, Seen], Cited]


def cite_nothing(_pattern: Pattern, _seen: Seen) -> Cited:
    """What is cited where neither settings nor facts are known."""
    return Cited()


def cited_of(group: Group, cite: Cite) -> Cited:
    """What supports a group, on the nodes it was seen on and on those that its records name."""
    if not group.pattern.config and not group.pattern.facts:
        return Cited()
    places: dict[tuple[str, str], None] = {}
    captures: dict[str, dict[str, None]] = {}
    hosts: set[str] = set()
    for finding in group.findings:
        places.update(((hit.record.origin.node, hit.record.origin.service), None) for hit in finding.hits)
        hosts.update(filter(None, (finding.captures.get(name) for name in HOST_CAPTURES)))
        for name, value in finding.captures.items():
            values = captures.setdefault(name, {})
            if value and len(values) < _MOST_VALUES:
                values[value] = None
    seen = Seen(
        frozenset(places),
        frozenset(hosts),
        group.first,
        group.last,
        {name: tuple(values) for name, values in captures.items()},
    )
    return cite(group.pattern, seen)


def together(own: Cited, on_the_way: Iterable[Cited]) -> Cited:
    """What a candidate tells: its own, then what made worse that which it explains. Each once, and not too many."""
    every = (own, *on_the_way)
    settings = dict.fromkeys(setting for cited in every for setting in cited.settings)
    facts: dict[tuple[str, str, object], CitedFact] = {}
    for fact in (fact for cited in every for fact in cited.facts):
        facts.setdefault((fact.node, fact.fact, fact.of), fact)  # of one fact the nearest pattern says what it means
    return Cited(tuple(settings)[:_MOST], tuple(facts.values())[:_MOST])
