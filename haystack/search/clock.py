"""Clocks of the nodes: what a node wrote as local time, turned into UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from typing import NamedTuple


class NodeClock(NamedTuple):
    """How a node's clock reads: its zone, and how many seconds it is ahead of true time.

    ``source`` says in words where this is from, for the report. ``measured`` is set where ``ahead`` was measured on the
    node, so that nothing about it is left to estimate; it may be wrong by ``uncertainty`` (0: not told).
    """

    zone: tzinfo = timezone.utc
    ahead: float = 0.0
    source: str = ""
    measured: bool = False
    uncertainty: float = 0.0

    def to_utc(self, time: datetime) -> datetime:
        """True UTC of a time the node wrote, naive (local) or aware."""
        aware = time.replace(tzinfo=self.zone) if time.tzinfo is None else time
        utc = aware.astimezone(timezone.utc)
        return utc - timedelta(seconds=self.ahead) if self.ahead else utc

    def read_early(self, time: datetime) -> timedelta:
        """By how much stamps from this moment (aware) on may be read too early: the clock is set back about then."""
        before, after = time - timedelta(hours=3), time + timedelta(hours=1)
        offsets = [moment.astimezone(self.zone).utcoffset() or timedelta(0) for moment in (before, after)]
        return max(offsets[0] - offsets[1], timedelta(0))

    def is_ambiguous(self, time: datetime) -> bool:
        """Whether the clock showed this local time twice, at the end of summer time."""
        return time.tzinfo is None and self.set_back(time) > timedelta(0)

    def set_back(self, time: datetime) -> timedelta:
        """By how much the clock was set back when it showed this local time a second time; nothing at other times."""
        earlier, later = (time.replace(tzinfo=self.zone, fold=fold).utcoffset() for fold in (0, 1))
        return earlier - later if earlier is not None and later is not None else timedelta(0)


class Clocks:
    """The clocks of all nodes; one for those nobody knows anything of."""

    def __init__(self, default: NodeClock | None = None, nodes: Mapping[str, NodeClock] | None = None) -> None:
        self.default = default or NodeClock()
        self.nodes: dict[str, NodeClock] = dict(nodes or {})

    def of(self, node: str) -> NodeClock:
        """The clock of a node."""
        return self.nodes.get(node, self.default)
