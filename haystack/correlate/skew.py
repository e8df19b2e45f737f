"""Clocks estimated from the logs themselves, for trees that bring no facts about them.

Two kinds of evidence: a request cannot be worked on before it came in, and logs of one capture end at about the same
moment. What is estimated is shown in the report, and an explicit clock (facts, ``--tz``) always wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

from ..record import Record
from ..search.clock import Clocks, NodeClock
from .ids import access, bare

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
    estimated = _zones(ranges, clocks)
    estimated.update(_skews(records, estimated, clocks))
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
        quarters = round(shift / _QUARTER) * _QUARTER
        if abs(shift - quarters) <= _SLACK and abs(quarters) <= 14 * 3600:
            zone = timezone(timedelta(seconds=quarters))
            zones[node] = NodeClock(zone, 0.0, f"estimated: its logs lie {_show(quarters)} beside all others")
    return zones


def _skews(records: Sequence[Record], zones: Mapping[str, NodeClock], clocks: Clocks) -> dict[str, NodeClock]:
    """Nodes that worked on a request before it came in."""
    starts: dict[str, tuple[float, str]] = {}
    for record in records:
        call = access(record)
        if call is None or call.seconds is None or record.time is None or not record.request_id:
            continue
        begin = record.time.timestamp() - call.seconds
        for identifier in map(bare, record.request_ids[:1]):
            if identifier not in starts or begin < starts[identifier][0]:
                starts[identifier] = (begin, record.origin.node)
    behind: dict[str, float] = {}
    for record in records:
        node = record.origin.node
        own = bare(record.request_id)
        if own not in starts or starts[own][1] == node or record.time is None or clocks.of(node).source:
            continue
        seen = record.time.timestamp()
        if node in zones:
            offset = zones[node].zone.utcoffset(None)
            seen -= offset.total_seconds() if offset else 0.0
        early = starts[own][0] - seen
        if early > behind.get(node, _LEAST_SKEW):
            behind[node] = early
    return {
        node: NodeClock(
            zones[node].zone if node in zones else clocks.of(node).zone,
            -seconds,
            f"estimated: at least {seconds:.1f} s behind, it worked on a request before that came in",
        )
        for node, seconds in behind.items()
        if seconds < _LEAST_ZONE
    }


def median(values: Iterable[float]) -> float:
    """The middle value; `statistics` takes 10 ms to import."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _seconds(time: datetime, clock: NodeClock) -> float:
    return clock.to_utc(time).timestamp()


def _show(seconds: float) -> str:
    minutes = int(abs(seconds) // 60)
    return f"{'-' if seconds < 0 else '+'}{minutes // 60}:{minutes % 60:02d} h"
