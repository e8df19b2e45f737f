"""Nodes made ready to be searched: logged in, their clocks read, their logs listed, a shell started on each."""

from __future__ import annotations

import json
import queue
import resource
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from datetime import datetime, timezone, tzinfo
from typing import NamedTuple

from ...errors import NodeError
from ...facts.files import FACTS_JSON
from ...nodes.clock import measure
from ...nodes.facts import gather
from ...nodes.fetch.containers import names
from ...nodes.fetch.listing import list_logs
from ...nodes.fetch.model import Listed
from ...nodes.offset import Offset
from ...nodes.ssh import Connection
from ...nodes.zone import zone_of
from ...services import Services
from ...settings import Node
from .. import facts
from ..clock import Clocks, NodeClock
from ..discover import Found, LogFile, compression, printable, rotation
from ..layouts import is_archive_name, is_log_name, is_log_place
from ..query import Trouble
from .engine import LiveEngine
from .session import Session
from .streams import Stream, Streams, streams_of
from .there import FarFile, There

Connect = Callable[[Node], AbstractContextManager[Connection]]

# Fewer round trips than for facts: log stamps need no milliseconds.
_ROUNDS = 4
_FEW_MACHINES = 3


class Opened(NamedTuple):
    """A node that is ready: its shell, its logs, its clock, and what could not be listed."""

    session: Session
    connection: Connection
    files: Sequence[Listed]
    clock: NodeClock | None
    offset: Offset | None
    streams: Sequence[Stream]
    troubles: Sequence[Trouble]
    skipped: Sequence[Trouble]


@contextmanager
def open_nodes(
    nodes: Sequence[Node],
    connect: Connect,
    services: Services,
    *,
    clocks: Clocks | None = None,
    parallel: int = 16,
    measured: bool = True,
    reached: Callable[[int, int], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[LiveEngine]:
    """An engine for the logs of nodes, each reached by ``connect``, so many at a time while they are made ready.

    A node that fails is in the engine's coverage. Clocks are ``measured`` unless somebody knows better.
    """
    _room_for_files(len(nodes))
    done: queue.SimpleQueue[tuple[Node, Opened | NodeError]] = queue.SimpleQueue()
    turns = threading.Semaphore(parallel)
    end = threading.Event()
    zone = (clocks or Clocks()).default.zone
    keepers = [
        threading.Thread(target=_keep, args=(node, connect, zone, measured, turns, end, done), daemon=True)
        for node in nodes
    ]
    try:
        for keeper in keepers:
            keeper.start()
        answers: dict[Node, Opened | NodeError] = {}
        while len(answers) < len(nodes):
            node, answer = done.get()
            answers[node] = answer
            if reached is not None:
                reached(len(answers), len(nodes))
        ready = [one for node in nodes if not isinstance(one := answers[node], NodeError)]
        failed = [_failed(one) for node in nodes if isinstance(one := answers[node], NodeError)]
        with Streams(services) as streams:
            for one in ready:
                streams.add(one.session, one.streams)
            yield _engine(ready, failed, services, clocks, progress, streams)
    finally:
        end.set()
        deadline = time.monotonic() + 10
        for keeper in keepers:
            keeper.join(max(0.0, deadline - time.monotonic()))


def _failed(error: NodeError) -> Trouble:
    return Trouble(error.node, f"{error.reason}: {error.says}" + (f"; {error.fix}" if error.fix else ""))


def _keep(
    node: Node,
    connect: Connect,
    zone: tzinfo,
    measured: bool,
    turns: threading.Semaphore,
    end: threading.Event,
    done: queue.SimpleQueue[tuple[Node, Opened | NodeError]],
) -> None:
    """One node, from login to end: what runs for it ends with the thread that started it."""
    try:
        with ExitStack() as stack:
            with turns:
                if end.is_set():
                    return
                connection = stack.enter_context(connect(node))
                session = Session(connection)
                stack.callback(session.close)
                threading.Thread(target=session.read, name=f"{node.name} answers", daemon=True).start()
                opened = _open(connection, session, zone, measured)
            done.put((node, opened))
            end.wait()
    except NodeError as err:
        done.put((node, err))
    except Exception as err:  # noqa: BLE001 - one node's bug must not end the others
        done.put((node, NodeError(node.name, "failed", f"unexpected {type(err).__name__}: {err}")))


def _open(connection: Connection, session: Session, zone: tzinfo, measured: bool) -> Opened:
    """Read the clock, list the logs. Raises NodeError."""
    node = connection.node
    offset = measure(connection, _ROUNDS) if measured else None
    clock = _clock(session, offset, zone) if offset else None
    listing = list_logs(connection, time.time())
    if listing.missing and len(listing.missing) == len(node.logs):
        raise NodeError(node.name, "failed", "none of its log roots is there", "set `logs` for the node")
    files: list[Listed] = []
    troubles = [Trouble(f"{node.name}:{one.path}", one.says) for one in (*listing.refused, *listing.troubles)]
    skipped: list[Trouble] = []
    for listed in listing.files.values():
        name = listed.path.rpartition("/")[2]
        shown = f"{node.name}:{listed.path}"
        if not is_log_name(name):
            skipped.append(Trouble(shown, "no log by its name"))
        elif is_archive_name(name):
            skipped.append(Trouble(shown, "an archive, which is not looked into on a node"))
        elif not is_log_place((node.name, *listed.path.split("/")[1:])):
            skipped.append(Trouble(shown, "no logs by its place"))
        elif not listed.readable:
            troubles.append(
                Trouble(shown, "Permission denied" + ("" if node.sudo else "; set `sudo: true` for the node"))
            )
        else:
            files.append(listed)
    streams, problem = streams_of(session, lambda: names(connection, node.containers), node.containers)
    troubles += [Trouble(f"{node.name}:{node.containers}", problem)] if problem else []
    return Opened(session, connection, files, clock, offset, streams, troubles, skipped)


def _clock(session: Session, offset: Offset, default: tzinfo) -> NodeClock | None:
    """The node's clock, as facts.json would tell it."""
    zone = zone_of(session.ask("zone").decode("utf-8", "replace"))
    document = {
        "clock_offset_seconds": offset.seconds,
        "clock_uncertainty_seconds": offset.uncertainty,
        **({"timezone": zone} if zone else {}),
    }
    clock, _ = facts.clock({FACTS_JSON: json.dumps(document).encode()}, default)
    return clock and clock._replace(source="as the node says")


def _engine(
    ready: Sequence[Opened],
    failed: Sequence[Trouble],
    services: Services,
    clocks: Clocks | None,
    progress: Callable[[int, int], None] | None,
    streams: Streams,
) -> LiveEngine:
    far: dict[str, list[FarFile]] = {}
    shown: dict[str, str] = {}
    for one in ready:
        name = one.session.node
        files = [_far(name, listed, services) for listed in one.files]
        files.sort(key=lambda file: (file.log.series, -file.log.rotation, file.log.path, file.log.size))
        shown.update((file.log.source, f"{name}:{file.path}") for file in files)
        far[name] = files
    every = sorted(
        (file.log for files in far.values() for file in files),
        key=lambda file: (file.series, -file.rotation, file.path, file.size),
    )
    machines = _Machines(ready)
    found = Found(
        tuple(every),
        (*failed, *(trouble for one in ready for trouble in one.troubles)),
        tuple(trouble for one in ready for trouble in one.skipped),
        {one.session.node: one.clock for one in ready if one.clock},
        shown=shown,
        machines=machines,
    )
    theres = {one.session.node: There(one.session, far[one.session.node]) for one in ready}
    engine = LiveEngine(found, theres, services, streams, clocks, progress)
    machines.trouble = engine.troubles_of_node
    return engine


def _far(node: str, listed: Listed, services: Services) -> FarFile:
    name = listed.path.rpartition("/")[2]
    path = printable(listed.path)
    # As if the node's files lay in a directory of its name.
    log = LogFile(
        node + listed.path, path, node, services.of_path(path), listed.size, compression(name), rotation(name)
    )
    return FarFile(log, listed.path, datetime.fromtimestamp(listed.mtime / 1e9, tz=timezone.utc))


class _Machines(Mapping[str, Mapping[str, bytes]]):
    """What the machines tell of themselves; each is asked when somebody wants to know."""

    def __init__(self, ready: Sequence[Opened]) -> None:
        self._ready = {one.session.node: one for one in ready if one.offset}
        self._told: dict[str, Mapping[str, bytes]] = {}
        self.trouble: Callable[[str], AbstractContextManager[None]] = lambda _name: nullcontext()

    def __getitem__(self, name: str) -> Mapping[str, bytes]:
        if name not in self._told:
            # Most want to know of the few machines where something was seen; who wants more wants all.
            few = len(self._told) < _FEW_MACHINES
            wanted = [name] if few else [other for other in self._ready if other not in self._told]
            with ThreadPoolExecutor(max(1, min(16, len(wanted)))) as pool:
                list(pool.map(self._ask, wanted))
        return self._told[name]

    def _ask(self, name: str) -> None:
        one = self._ready[name]
        self._told[name] = {}
        with self.trouble(name):
            self._told[name] = {FACTS_JSON: json.dumps(gather(one.connection, one.offset, to_cite=True)).encode()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._ready)

    def __len__(self) -> int:
        return len(self._ready)


def _room_for_files(nodes: int) -> None:
    """Each node takes six descriptors; systems allow 1024 until more is asked for."""
    needed = 256 + 8 * nodes
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed and (hard == resource.RLIM_INFINITY or hard > soft):
        most = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
