"""The clocks of nodes in words, for all reports: those that are off, the farthest first, and nodes of other zones.

A clock that is right and shows UTC changes nothing, and is not told. Everything here comes back cleaned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..nodes.offset import Offset
from ..search.clock import NodeClock
from .clean import clean
from .words import counted, listed

# So many nodes are named, and so many zones; --format json has them all.
_NAMED = 5
_CORRECTED = "times are corrected"
_ALL = "--format json lists them all"

_Told = tuple[str, NodeClock]


def corrections(clocks: Mapping[str, NodeClock]) -> list[str]:
    """Clocks that times were corrected for; nodes that are alike share a line."""
    told = sorted((node, clock) for node, clock in clocks.items() if clock.source and clock.source != "--tz")
    off = sorted((one for one in told if one[1].ahead), key=lambda one: -abs(one[1].ahead))
    lines = [f"{_off(*one)}; {_CORRECTED}" for one in off[:_NAMED]]
    lines += [_rest(off[_NAMED:])] if off[_NAMED:] else []
    return [clean(line) for line in (*lines, *_zones(one for one in told if not one[1].ahead and _zone(one[1])))]


def off(clock: NodeClock) -> str:
    """How far a clock is off: ``7.000 s ahead (± 2 ms)``; an estimate is no closer than a tenth of a second."""
    if clock.measured:
        return Offset(clock.ahead, clock.uncertainty).words
    return f"{abs(clock.ahead):.1f} s {'ahead' if clock.ahead > 0 else 'behind'}"


def _off(node: str, clock: NodeClock) -> str:
    zone = f", {_zone(clock)}" if _zone(clock) else ""
    source = "" if clock.uncertainty else f"  ({clock.source})"
    return f"{node}'s clock is {off(clock)}{zone}{source}"


def _rest(told: Sequence[_Told]) -> str:
    zones = sorted({_zone(clock) for _, clock in told} - {""})
    where = f", some of them in {listed(zones, _NAMED)}" if zones else ""
    return (
        f"and {counted(len(told), 'more node')} by at most {abs(told[0][1].ahead):.3f} s{where}; {_CORRECTED}; {_ALL}"
    )


def _zones(told: Iterable[_Told]) -> list[str]:
    """A line for each zone, those of few nodes first: they are the odd ones."""
    alike: dict[tuple[str, str], list[str]] = {}
    for node, clock in told:
        alike.setdefault((_zone(clock), clock.source), []).append(node)
    ordered = sorted(alike.items(), key=lambda one: len(one[1]))
    lines = [f"{listed(nodes, _NAMED)}: {zone}  ({source}); {_CORRECTED}" for (zone, source), nodes in ordered[:_NAMED]]
    rest = ordered[_NAMED:]
    if rest:
        number = sum(len(nodes) for _, nodes in rest)
        zones = listed([zone for (zone, _), _ in rest], _NAMED)
        lines.append(f"and {counted(number, 'more node')} in {zones}; {_CORRECTED}; {_ALL}")
    return lines


def _zone(clock: NodeClock) -> str:
    """The zone, empty for that which changes nothing."""
    return "" if str(clock.zone) == "UTC" else str(clock.zone)
