"""``fetch``: the logs of many nodes into one tree, and what became of each node."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..errors import NodeError, UsageError
from ..library import load
from ..nodes.each import each
from ..nodes.fetch.model import Fetch, NodeFetch, Progress, Wanted, Watch
from ..nodes.fetch.names import OURS
from ..nodes.fetch.node import Shared, fetch_node
from ..nodes.fetch.result import SCHEMA, row
from ..nodes.fetch.room import Room
from ..nodes.ssh import Connections
from ..nodes.writing import directory, permissions, write_whole
from ..search.config_places import config_place
from ..search.layouts import is_archive_name, is_log_name
from ..settings import Node, Settings
from .common import sensible

__all__ = ["Progress", "fetch"]

LAST = "fetch.json"


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
    with _ours(Path(to)) as home, Connections(settings.ssh, jumps) as connections:
        shared = Shared(home, wanted, connections, Room(home), watch, (home / OURS.upper()).exists())
        if show:
            show(board)
        before = _last(home)
        unfinished = {node.name: _unfinished(node.name, before.get(node.name, {})) for node in nodes}
        if problems := _keep(home, began, before, unfinished):
            raise UsageError(f"--to {to}: {problems[0]}")
        try:
            for node, result in each(nodes, lambda node: fetch_node(node, shared, board[node.name]), parallel):
                found[node.name] = _failed(result) if isinstance(result, NodeError) else result
        finally:
            watch.ended.set()
            problems = _keep(home, began, before, {**unfinished, **found})
    answers = tuple(found[node.name] for node in nodes)
    return Fetch(home, answers, began, time.monotonic() - clock, since, until, problems)


@contextmanager
def _ours(to: Path) -> Iterator[Path]:
    """The directory of the tree, ours alone while it lasts. Raises UsageError."""
    try:
        if not to.exists():
            to.mkdir(mode=0o700, parents=True)  # logs tell secrets
        home = to.resolve()
        with directory(home, (OURS,)) as ours:
            lock = os.open("lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=ours)
    except OSError as err:
        raise UsageError(f"--to {to}: cannot be written to: {err.strerror}") from err
    with os.fdopen(lock, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            raise UsageError(f"--to {to}: another fetch is at work there; wait for it, or choose another") from err
        yield home


def _is_log(name: str) -> bool:
    return is_log_name(name) and not is_archive_name(name)


def _failed(error: NodeError) -> NodeFetch:
    return NodeFetch(error.node, "failed", error.reason, error.says, error.fix)


def _unfinished(node: str, before: Mapping[str, Any]) -> NodeFetch:
    """What is true of a node until its fetch has ended, and stays true if it never does."""
    fetched = before.get("fetched")
    return NodeFetch(node, "failed", "failed", "its fetch did not end", "fetch again", fetched=str(fetched or ""))


def _last(home: Path) -> dict[str, dict[str, Any]]:
    """The rows of what was kept of the runs before, by node."""
    try:
        document = json.loads((home / OURS / LAST).read_bytes())
        return {str(row["node"]): row for row in document["nodes"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _keep(
    home: Path, began: datetime, before: Mapping[str, dict[str, Any]], found: Mapping[str, NodeFetch]
) -> tuple[str, ...]:
    """Keep what is known of each node of the tree; those that were not asked now stay as they were.

    Where it cannot be kept, why: the tree then goes on saying what it said before.
    """
    rows = {**before, **{name: row(fetch, time_text(began)) for name, fetch in found.items()}}
    document = {"schema": SCHEMA, "began": time_text(began), "nodes": [rows[name] for name in sorted(rows)]}
    try:
        write_whole(home / OURS / LAST, (json.dumps(document, indent=1) + "\n").encode("ascii"))
    except OSError as err:
        return (f"{OURS}/{LAST} cannot be written: {err.strerror}",)
    return ()


def time_text(time: datetime) -> str:
    """A time of a run, in UTC."""
    return time.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
