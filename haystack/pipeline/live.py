"""Logs searched on the nodes they lie on: which nodes, and the engine that asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import NamedTuple

from ..errors import UsageError
from ..library import Library
from ..nodes.ssh import Connections
from ..search import Query
from ..search.live.engine import LiveEngine
from ..search.live.opening import open_nodes
from ..settings import Node, Settings
from .common import check_names, clocks_of, window


class Live(NamedTuple):
    """The nodes to ask, how they are reached, and how many of them are logged in to at a time.

    ``reached`` is called with (nodes that answered or failed, nodes in all) while they are logged in to.
    """

    nodes: Sequence[Node]
    settings: Settings
    parallel: int = 16
    reached: Callable[[int, int], None] | None = None


@contextmanager
def live_logs(
    live: Live,
    library: Library,
    *,
    since: datetime | None,
    until: datetime | None,
    nodes: Sequence[str],
    services: Sequence[str],
    zone: tzinfo | None,
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple[LiveEngine, Query]]:
    """The engine for the logs on nodes, and the query that has no more than the window, nodes and services asked for.

    Raises UsageError for bounds, nodes and services that make no sense, SettingsError without ssh. A node that cannot
    be asked is in the engine's coverage.
    """
    since, until = window(since, until)
    if not live.nodes:
        raise UsageError("no node to ask; name some in haystack.yaml")
    check_names("node", nodes, [node.name for node in live.nodes], "among the nodes asked")
    check_names("service", services, library.services.rows)
    with (
        Connections(live.settings.ssh, live.settings.by_name) as connections,
        open_nodes(
            live.nodes,
            connections.to,
            library.services,
            clocks=clocks_of(zone),
            parallel=live.parallel,
            reached=live.reached,
            progress=progress,
        ) as engine,
    ):
        yield engine, Query(since=since, until=until, nodes=frozenset(nodes), services=frozenset(services))
