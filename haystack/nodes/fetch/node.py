"""One node, from login to manifest: list, choose, move what was rotated, bring what is new, put it into its place."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from ...errors import NodeError
from ...settings import Node
from ..abilities import Abilities, abilities
from ..ssh import Connection, Connections
from . import containers, journal, rsync, sftp
from .choice import choose
from .files import Files
from .listing import list_logs
from .machine import bring_facts
from .model import Listed, NodeFetch, Progress, Refusal, Stop, Wanted, Watch
from .room import Room, is_full
from .stage import Stage
from .stretches import Asking, window

# A log that is rotated while it comes is asked for again; three times in one fetch it is not.
_ROUNDS = 3
_CONTAINERS = ("docker", "podman")


class Shared(NamedTuple):
    """What the nodes of a run have in common. ``fold`` is true where case does not count in names here."""

    to: Path
    wanted: Wanted
    connections: Connections
    room: Room
    watch: Watch
    fold: bool


def fetch_node(node: Node, shared: Shared, progress: Progress) -> NodeFetch:
    """Fetch one node. Whatever fails is in the answer."""
    began = time.monotonic()
    work = _Work(node, shared, progress)
    try:
        work.run()
    except NodeError as err:
        progress.state = "failed"
        found = work.answer("failed")._replace(reason=err.reason, says=err.says, fix=err.fix)
    except Stop:
        found = work.answer("failed")._replace(reason="failed", says="the fetch was ended", fix="fetch again")
    except OSError as err:
        progress.state = "failed"
        full = is_full(err)
        found = work.answer("failed")._replace(
            reason="disk-full" if full else "failed",
            says=f"{err.filename or work.stage.home}: {err.strerror}",
            fix="make room, and fetch again: it goes on" if full else "",
        )
    else:
        found = work.answer("done" if work.whole else "partial")
        progress.state = found.state
    return found._replace(seconds=time.monotonic() - began)


class _Work:
    """What is known of the node so far."""

    def __init__(self, node: Node, shared: Shared, progress: Progress) -> None:
        self.node = node
        self.shared = shared
        self.progress = progress
        self.began = _now()
        self.stage = Stage(shared.to / node.name)
        self.files = Files(self.stage, node.sudo, self.began)
        self.transport = ""
        self.moved = 0
        self.troubles: list[Refusal] = []
        self.notes: list[str] = []
        self.of_sources: dict[str, int] = {}

    @property
    def whole(self) -> bool:
        """Whether nothing failed."""
        return not (self.files.failed or self.troubles or self.files.listing.refused)

    def run(self) -> None:
        """Everything. Raises NodeError, OSError, Stop."""
        self.progress.state = "connecting"
        with self.shared.connections.to(self.node) as connection:
            able = abilities(connection)
            self.stage.make()
            self.progress.state = "listing"
            self.logs(connection, able)
            if self.shared.wanted.journal:
                self.sources(connection, able)
            if self.shared.wanted.facts:
                self.progress.state = "facts"
                self.files.manifest, troubles = bring_facts(
                    connection, self.stage, self.files.manifest, self.shared.wanted, self.shared.watch
                )
                self.troubles += troubles
            self.files.manifest = self.files.manifest._replace(fetched=self.began)
            self.files.write()
        self.stage.clear()

    def logs(self, connection: Connection, able: Abilities) -> None:
        """Bring the log files."""
        self.look(connection)
        self.files.bring_in()
        listing = self.files.listing
        self.troubles += listing.troubles
        self.notes += [f"{root} is not there" for root in listing.missing]
        if listing.missing and len(listing.missing) == len(self.node.logs):
            raise NodeError(self.node.name, "failed", "none of its log roots is there", "set `logs` for the node")
        for _ in range(_ROUNDS):
            files = self.files.begin(self.files.todo())
            if not files:
                break
            self.bring(connection, able, files)
        self.files.finish()

    def sources(self, connection: Connection, able: Abilities) -> None:
        """Bring what the journal and containers hold: what is not here yet, by time."""
        ahead = self.files.listing.ahead
        gap = window(self.shared.wanted, ahead, time.time())
        held = dict(self.files.manifest.stretches)

        def asking(source: str) -> Asking:
            self.progress.state = source
            limit = self.shared.wanted.bwlimit
            return Asking(connection, able, self.stage, gap, ahead, self.shared.watch, self.came(source), limit)

        try:
            if able.journal:
                self.troubles += journal.journal(asking("journal"), held)
            if self.node.containers in _CONTAINERS:
                self.troubles += containers.containers(asking("containers"), held)
        except NodeError as err:
            if not connection.alive:
                raise
            self.troubles.append(Refusal(self.progress.state, err.reason, err.says, err.fix))
        finally:
            self.files.manifest = self.files.manifest._replace(stretches=held)
            self.files.write()

    def came(self, source: str) -> Callable[[int], None]:
        """What counts the bytes of a source and watches while they come."""

        def count(size: int) -> None:
            self.of_sources[source] = self.of_sources.get(source, 0) + size
            self.progress.bytes += size
            self.shared.room.check(self.node.name)
            self.shared.watch.check()

        return count

    def look(self, connection: Connection) -> None:
        """List what is there, and choose."""
        self.shared.watch.check()
        listing = list_logs(connection, time.time(), self.shared.fold)
        self.files.listed(listing, choose(listing, self.shared.wanted))

    def bring(self, connection: Connection, able: Abilities, files: list[Listed]) -> None:
        """One transfer, and what came of it into its place."""
        self.shared.watch.check()
        need = self.files.missing()
        self.progress.state = "fetching"
        self.progress.files_in_all = self.progress.files + len(files)
        self.progress.bytes_in_all = self.progress.bytes + sum(file.size for file in files)
        problem: NodeError | None = None
        said: Mapping[str, str] = {}
        with self.shared.room.promised(self.node.name, need) as came:
            try:
                said = self.transfer(connection, able, files, came)
            except NodeError as err:
                if not connection.alive:
                    raise  # what came whole is proven by the next listing, whenever that is
                problem = err
        self.look(connection)
        self.files.ended()
        if problem is not None:
            self.files.write()
            raise problem
        self.files.not_come(files, said)

    def transfer(
        self, connection: Connection, able: Abilities, files: list[Listed], came: Callable[[int], None]
    ) -> Mapping[str, str]:
        """Bring files into the stage; what was said of those that did not come."""
        self.transport = "rsync" if rsync.usable(able) else "sftp"
        bring = rsync.bring if rsync.usable(able) else sftp.bring
        moved = bring(
            connection,
            able,
            self.stage,
            files,
            bwlimit=self.shared.wanted.bwlimit,
            room=self.shared.room,
            came=came,
            progress=self.progress,
            watch=self.shared.watch,
        )
        self.moved += moved.bytes
        return moved.said

    def answer(self, state: str) -> NodeFetch:
        """What became of the node, as far as it came."""
        files = self.files
        came, listing, kept = files.came, files.listing, files.manifest.files
        unchanged = sum(path not in came and files.is_here(file) for path, file in files.choice.files.items())
        return NodeFetch(
            node=self.node.name,
            state=state,
            transport=self.transport,
            new=sum(came.values()),
            changed=len(came) - sum(came.values()),
            unchanged=unchanged,
            renamed=files.renamed,
            left_out=files.choice.left_out,
            refused=len(listing.refused),
            failed=len(files.failed),
            vanished=len(kept.keys() - listing.files.keys()) if listing.files else 0,
            size=sum(kept[path].size for path in came if path in kept),
            moved=self.moved,
            troubles=(*self.troubles, *listing.refused, *files.failed.values()),
            notes=tuple(self.notes),
            journal=self.of_sources.get("journal", 0),
            containers=self.of_sources.get("containers", 0),
            fetched=files.manifest.fetched,
        )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
