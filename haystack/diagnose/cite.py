"""Settings that support what was seen: whoever knows the configuration is asked for those of a group.

``rank`` and ``cloud`` ask; ``insight/citations`` is who knows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from ..library.model import Citation, Pattern
from .graph import HOST_CAPTURES, Group

_MOST = 4

# The settings that support a pattern seen at these (node, service).
Cite = Callable[[Pattern, Collection[tuple[str, str]]], tuple[Citation, ...]]


def cite_nothing(_pattern: Pattern, _places: Collection[tuple[str, str]]) -> tuple[Citation, ...]:
    """What is cited where no configuration is known."""
    return ()


def settings_of(group: Group, cite: Cite) -> tuple[Citation, ...]:
    """The settings that support a group, of the nodes it was seen on and of those that its records name."""
    if not group.pattern.config:
        return ()
    seen = {(hit.record.origin.node, hit.record.origin.service) for finding in group.findings for hit in finding.hits}
    named = {finding.captures.get(name, "") for finding in group.findings for name in HOST_CAPTURES}
    return cite(group.pattern, seen | {(host, "") for host in named if host})


def cited(own: Iterable[Citation], on_the_way: Iterable[Citation]) -> tuple[Citation, ...]:
    """What a candidate tells: its own, then what made worse that which it explains. Each once, and not too many."""
    return tuple(dict.fromkeys((*own, *on_the_way)))[:_MOST]
