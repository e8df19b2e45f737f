"""Clocks of the nodes: what a node wrote as local time, turned into UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from typing import NamedTuple


class NodeClock(NamedTuple):
    """How a node's clock reads: its zone, and how many seconds it is ahead of true time.

    ``source`` says in words where this is from, for the report.
    """

    zone: tzinfo = timezone.utc
    ahead: float = 0.0
    source: str = ""

    def to_utc(self, time: datetime) -> datetime:
        """True UTC of a time the node wrote, naive (local) or aware."""
        aware = time.replace(tzinfo=self.zone) if time.tzinfo is None else time
        utc = aware.astimezone(timezone.utc)
        return utc - timedelta(seconds=self.ahead) if self.ahead else utc


class Clocks:
    """The clocks of all nodes; one for those nobody knows anything of."""

    def __init__(self, default: NodeClock | None = None, nodes: Mapping[str, NodeClock] | None = None) -> None:
        self.default = default or NodeClock()
        self.nodes: dict[str, NodeClock] = dict(nodes or {})

    def of(self, node: str) -> NodeClock:
        """The clock of a node."""
        return self.nodes.get(node, self.default)
