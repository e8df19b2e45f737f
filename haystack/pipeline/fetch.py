"""``fetch``: the logs of many nodes into one tree, and what became of each node."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..errors import NodeError, UsageError
from ..library import load
from ..nodes.each import each
from ..nodes.fetch.model import Fetch, NodeFetch, Progress, Wanted, Watch
from ..nodes.fetch.names import OURS
from ..nodes.fetch.node import Shared, fetch_node
from ..nodes.fetch.result import row
from ..nodes.fetch.room import Room
from ..nodes.fetch.tree import keep, last, ours, time_text
from ..nodes.ssh import Connections
from ..nodes.writing import permissions
from ..search.config_places import config_place
from ..search.layouts import is_archive_name, is_log_name
from ..settings import Node, Settings
from .common import sensible

__all__ = ["Progress", "fetch"]


def fetch(
    nodes: Sequence[Node],
    settings: Settings,
    to: str | os.PathLike[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    parallel: int = 16,
    bwlimit: int = 0,
    journal: bool = True,
    facts: bool = True,
    show: Callable[[Mapping[str, Progress]], None] | None = None,
) -> Fetch:
    """Bring the logs of ``nodes`` below ``to``, ``<to>/<node>/var/log/…``, as many nodes at once as ``parallel``.

    ``show`` is given the nodes' progress once, before anything begins. A node that fails is in the answer. Raises
    UsageError when the window makes no sense, or ``to`` cannot be written to or is in use, SettingsError without ssh.
    """
    since, until = sensible(since), sensible(until)
    if since and until and since > until:
        raise UsageError(f"--since {since} is later than --until {until}")
    permissions()
    began = datetime.now(timezone.utc)
    clock = time.monotonic()
    watch = Watch()
    board = {node.name: Progress(node.name) for node in nodes}
    found: dict[str, NodeFetch] = {}
    services = load().services

    def is_config(path: str) -> bool:
        return config_place(path.split("/"), services) is not None

    wanted = Wanted(_is_log, is_config, since, until, journal, facts, bwlimit)
    jumps = {node.name: node for node in settings.nodes}
    with ours(Path(to)) as home, Connections(settings.ssh, jumps) as connections:
        shared = Shared(home, wanted, connections, Room(home), watch, (home / OURS.upper()).exists())
        if show:
            show(board)
        before = last(home)
        strangers = _strangers(settings, before)
        rows = {name: row for name, row in before.items() if name not in strangers or (home / name).is_dir()}

        def note(fetched: NodeFetch) -> None:
            rows[fetched.node] = {**row(fetched, time_text(began)), "inventory": _inventory(settings)}

        for node in nodes:
            note(_unfinished(node.name, before.get(node.name, {})))
        if problem := keep(home, began, rows):
            raise UsageError(f"--to {to}: {problem}")
        try:
            for node, result in each(nodes, lambda node: fetch_node(node, shared, board[node.name]), parallel):
                if isinstance(result, NodeError):
                    result = _failed(result, before.get(node.name, {}))
                found[node.name] = result
                board[node.name].state = found[node.name].state
                note(found[node.name])
        finally:
            watch.ended.set()
            problem = keep(home, began, rows)
    return Fetch(
        home,
        tuple(found[node.name] for node in nodes),
        began,
        time.monotonic() - clock,
        since,
        until,
        problems=(problem,) if problem else (),
        strangers=tuple(name for name in strangers if name in rows),
    )


def _inventory(settings: Settings) -> str | None:
    return None if settings.path is None else str(settings.path.resolve())


def _strangers(settings: Settings, before: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Nodes of the tree that were fetched by this inventory and are no longer in it."""
    inventory = _inventory(settings)
    if inventory is None:
        return ()
    return tuple(
        sorted(name for name in before.keys() - settings.by_name.keys() if before[name].get("inventory") == inventory)
    )


def _is_log(name: str) -> bool:
    return is_log_name(name) and not is_archive_name(name)


def _failed(error: NodeError, before: Mapping[str, Any]) -> NodeFetch:
    fetched = str(before.get("fetched") or "")
    return NodeFetch(error.node, "failed", error.reason, error.says, error.fix, fetched=fetched)


def _unfinished(node: str, before: Mapping[str, Any]) -> NodeFetch:
    """What is true of a node until its fetch has ended, and stays true if it never does."""
    return _failed(NodeError(node, "failed", "its fetch did not end", "fetch again"), before)
