"""Clocks estimated from the logs themselves, for trees that bring no facts about them.

Two kinds of evidence: a request cannot be worked on before it came in, and logs of one capture end at about the same
moment. What is estimated is shown in the report, and an explicit clock (facts, ``--tz``) always wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

from ..access import access
from ..record import Record
from ..search.clock import Clocks, NodeClock
from .ids import bare

_QUARTER = 900.0
# Less than this is no zone: the nearest real ones are an hour (half an hour in a few places) away.
_LEAST_ZONE = 1500.0
# A zone is believed when the rest that it leaves is at most this.
_SLACK = 240.0
# Smaller steps back than this are buffering, not skew.
_LEAST_SKEW = 1.0


def estimate(
    records: Sequence[Record], ranges: Mapping[str, tuple[datetime, datetime]], clocks: Clocks
) -> dict[str, NodeClock]:
    """Clocks of the nodes that must be other than ``clocks`` says, from records found by request id.

    ``ranges`` are the first and last stamp of each node's logs as written. Only nodes with reason for a change are
    in the result.
    """
    starts = _starts(records)
    estimated = _zones(ranges, clocks)
    estimated.update(_zones_by_request(records, starts, ranges, {**clocks.nodes, **estimated}, clocks))
    estimated.update(_skews(records, starts, estimated, clocks))
    return estimated


def _zones(ranges: Mapping[str, tuple[datetime, datetime]], clocks: Clocks) -> dict[str, NodeClock]:
    """Nodes whose logs lie a whole number of quarter hours beside all others'."""
    spans = {
        node: (_seconds(low, clocks.of(node)), _seconds(high, clocks.of(node)))
        for node, (low, high) in ranges.items()
        if not clocks.of(node).source
    }
    if len(spans) < 3:
        return {}
    start = median(low for low, _ in spans.values())
    end = median(high for _, high in spans.values())
    zones: dict[str, NodeClock] = {}
    for node, (low, high) in spans.items():
        # Both ends must be off by the same amount: logs that just began late or ended early keep one end.
        shift = ((low - start) + (high - end)) / 2
        if abs(shift) < _LEAST_ZONE or (low <= end and high >= start):
            continue
        if abs((low - start) - (high - end)) > _SLACK:
            continue
        quarters = round(shift / _QUARTER) * _QUARTER
        if abs(shift - quarters) <= _SLACK and _is_zone(quarters):
            zone = timezone(timedelta(seconds=quarters))
            zones[node] = NodeClock(zone, 0.0, f"estimated: its logs lie {_show(quarters)} beside all others")
    return zones


def _starts(records: Sequence[Record]) -> dict[str, tuple[float, str]]:
    """When each request came in, and on which node, from the access lines that tell how long it took."""
    starts: dict[str, tuple[float, str]] = {}
    for record in records:
        call = access(record)
        if call is None or call.seconds is None or record.time is None or not record.request_id:
            continue
        begin = record.time.timestamp() - call.seconds
        identifier = bare(record.request_id)
        if identifier not in starts or begin < starts[identifier][0]:
            starts[identifier] = (begin, record.origin.node)
    return starts


def _first_work(records: Sequence[Record], starts: Mapping[str, tuple[float, str]], clocks: Clocks) -> dict[str, float]:
    """For each other node, how long after a request came in its first record of it is; negative is impossible."""
    first: dict[str, dict[str, float]] = {}
    for record in records:
        own = bare(record.request_id)
        node = record.origin.node
        if own not in starts or starts[own][1] == node or record.time is None or _is_given(clocks.of(node)):
            continue
        after = record.time.timestamp() - starts[own][0]
        known = first.setdefault(node, {})
        known[own] = min(known.get(own, after), after)
    return {node: min(values.values()) for node, values in first.items()}


def _zones_by_request(
    records: Sequence[Record],
    starts: Mapping[str, tuple[float, str]],
    ranges: Mapping[str, tuple[datetime, datetime]],
    known: Mapping[str, NodeClock],
    clocks: Clocks,
) -> dict[str, NodeClock]:
    """Nodes that worked on a request whole quarter hours beside the time it came in.

    Work before a request came in proves a zone; work long after it only where the node's logs also end that much
    later than the others'.
    """
    ends = {node: _seconds(high, clocks.of(node)) for node, (_, high) in ranges.items()}
    zones: dict[str, NodeClock] = {}
    for node, after in _first_work(records, starts, clocks).items():
        quarters = round(after / _QUARTER) * _QUARTER
        if node in known or abs(after) < _LEAST_ZONE or abs(after - quarters) > _SLACK or not _is_zone(quarters):
            continue
        others = [end for name, end in ends.items() if name != node]
        if after > 0 and (node not in ends or not others or abs(ends[node] - median(others) - quarters) > _SLACK):
            continue
        zone = timezone(timedelta(seconds=quarters))
        zones[node] = NodeClock(zone, 0.0, f"estimated: it worked on a request {_show(quarters)} beside its time")
    return zones


def _skews(
    records: Sequence[Record],
    starts: Mapping[str, tuple[float, str]],
    zones: Mapping[str, NodeClock],
    clocks: Clocks,
) -> dict[str, NodeClock]:
    """Nodes that worked on a request shortly before it came in."""
    skews: dict[str, NodeClock] = {}
    for node, after in _first_work(records, starts, clocks).items():
        zone = zones[node].zone if node in zones else clocks.of(node).zone
        if node in zones:
            offset = zone.utcoffset(None)
            after -= offset.total_seconds() if offset else 0.0
        if _LEAST_SKEW < -after < _LEAST_ZONE:
            source = f"estimated: at least {-after:.1f} s behind, it worked on a request before that came in"
            skews[node] = NodeClock(zone, after, _zone_source(node, zones, clocks) + source)
    return skews


def _is_given(clock: NodeClock) -> bool:
    """Whether nothing is left to estimate. A zone from the tree says nothing of how well the clock was set."""
    return clock.measured or clock.source == "--tz"


def _zone_source(node: str, zones: Mapping[str, NodeClock], clocks: Clocks) -> str:
    source = clocks.of(node).source
    return f"zone {source}; " if source and node not in zones else ""


def median(values: Iterable[float]) -> float:
    """The middle value; `statistics` takes 10 ms to import."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _seconds(time: datetime, clock: NodeClock) -> float:
    return clock.to_utc(time).timestamp()


def _is_zone(seconds: float) -> bool:
    """Whether some place on earth has this offset: whole and half hours, and Nepal, Eucla and Chatham."""
    return abs(seconds) <= 14 * 3600 and (not seconds % 1800 or seconds in (20700, 31500, 45900, 49500))


def _show(seconds: float) -> str:
    minutes = int(abs(seconds) // 60)
    return f"{'-' if seconds < 0 else '+'}{minutes // 60}:{minutes % 60:02d} h"
