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
from .choice import Choice, choose
from .listing import Listing, list_logs
from .machine import bring_facts
from .manifest import Kept, read_manifest, under_way, write_manifest
from .model import Listed, NodeFetch, Progress, Refusal, Stop, Wanted, Watch
from .room import Room
from .rotation import moves
from .stage import Stage
from .stretches import window

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
        reason = "disk-full" if err.errno in (28, 122) else "failed"
        says = f"{err.filename or work.stage.home}: {err.strerror}"
        found = work.answer("failed")._replace(reason=reason, says=says)
    else:
        found = work.answer("partial" if work.failed or work.troubles or work.listing.refused else "done")
        progress.state = found.state
    return found._replace(seconds=time.monotonic() - began)


class _Work:
    """What is known of the node so far."""

    def __init__(self, node: Node, shared: Shared, progress: Progress) -> None:
        self.node = node
        self.shared = shared
        self.progress = progress
        self.stage = Stage(shared.to / node.name)
        self.manifest = read_manifest(self.stage.state)
        self.began = _now()
        self.transport = ""
        self.new: set[str] = set()
        self.changed: set[str] = set()
        self.renamed = 0
        self.moved = 0
        self.failed: dict[str, Refusal] = {}
        self.troubles: list[Refusal] = []
        self.notes: list[str] = []
        self.of_sources: dict[str, int] = {}
        self.listing = Listing({})
        self.choice = Choice({}, 0)

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
                self.manifest, troubles = bring_facts(
                    connection, self.stage, self.manifest, self.shared.wanted, self.shared.watch
                )
                self.troubles += troubles
            self.manifest = self.manifest._replace(fetched=self.began)
            write_manifest(self.stage.state, self.manifest)
        self.stage.clear()

    def logs(self, connection: Connection, able: Abilities) -> None:
        """Bring the log files."""
        self.look(connection)
        self.settle()
        self.troubles += self.listing.troubles
        self.notes += [f"{root} is not there" for root in self.listing.missing]
        if self.listing.missing and len(self.listing.missing) == len(self.node.logs):
            raise NodeError(self.node.name, "failed", "none of its log roots is there", "set `logs` for the node")
        for _ in range(_ROUNDS):
            todo = self.todo()
            if not todo:
                break
            self.bring(connection, able, todo)
        for path in self.todo():
            self.failed.setdefault(path, Refusal(path, "failed", "it did not come whole", "fetch again"))

    def sources(self, connection: Connection, able: Abilities) -> None:
        """Bring what the journal and containers hold: what is not here yet, by time."""
        asked = window(self.shared.wanted, self.listing.ahead, time.time())
        held = dict(self.manifest.stretches)
        try:
            if able.journal:
                self.progress.state = "journal"
                self.troubles += journal.journal(
                    connection, able, self.stage, asked, held, self.shared.watch, self.came("journal")
                )
            if self.node.containers in _CONTAINERS:
                self.progress.state = "containers"
                self.troubles += containers.containers(
                    connection, able, self.stage, asked, held, self.shared.watch, self.came("containers")
                )
        except NodeError as err:
            if not connection.alive:
                raise
            self.troubles.append(Refusal(self.progress.state, err.reason, err.says, err.fix))
        finally:
            self.manifest = self.manifest._replace(stretches=held)
            write_manifest(self.stage.state, self.manifest)

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
        self.listing = list_logs(connection, time.time(), self.shared.fold)
        self.choice = choose(self.listing, self.shared.wanted)

    def todo(self) -> dict[str, Listed]:
        """What is wanted and not here as it is there."""
        return {
            path: file
            for path, file in self.choice.files.items()
            if path not in self.failed and path not in self.new and path not in self.changed and not self.is_here(file)
        }

    def is_here(self, file: Listed) -> bool:
        """Whether the file is here, whole, as it is there."""
        kept = self.manifest.files.get(file.path)
        return kept is not None and kept.is_same_content(file) and self.stage.has(file.path, kept)

    def settle(self) -> None:
        """Follow what was rotated there, and take what an earlier fetch left in the stage."""
        kept = {path: entry for path, entry in self.manifest.files.items() if self.stage.has(path, entry)}
        for path, to in moves(kept, self.listing.files):
            self.stage.move(path, to)
            kept[to] = kept.pop(path)
            self.renamed += 1
        self.manifest = self.manifest._replace(files=kept)
        self.promote(self.manifest.under_way)
        write_manifest(self.stage.state, self.manifest)

    def bring(self, connection: Connection, able: Abilities, todo: Mapping[str, Listed]) -> None:
        """One transfer, and what came of it into its place."""
        self.shared.watch.check()
        files = self.readable(todo)
        if not files:
            return
        self.manifest = self.manifest._replace(under_way=under_way(files))
        write_manifest(self.stage.state, self.manifest)
        parts = self.stage.parts(self.manifest.under_way)
        need = sum(file.size for file in files) - sum(parts.values())
        self.progress.state = "fetching"
        self.progress.files_in_all = self.progress.files + len(files)
        self.progress.bytes_in_all = self.progress.bytes + sum(file.size for file in files)
        problem: NodeError | None = None
        said: Mapping[str, str] = {}
        with self.shared.room.promised(self.node.name, max(0, need)) as came:
            try:
                said = self.transfer(connection, able, files, came)
            except NodeError as err:
                if not connection.alive:
                    raise  # what came whole is proven by the next listing, whenever that is
                problem = err
        self.look(connection)
        self.promote(self.manifest.under_way)
        if problem is not None:
            write_manifest(self.stage.state, self.manifest)
            raise problem
        self.missing(files, said)

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

    def readable(self, todo: Mapping[str, Listed]) -> list[Listed]:
        """What we may read there; the rest failed."""
        fix = "" if self.node.sudo else "set `sudo: true` for the node, or let the user read it (group adm)"
        for path, file in todo.items():
            if not file.readable:
                self.failed[path] = Refusal(path, "failed", "permission denied", fix)
        return [file for file in todo.values() if file.readable]

    def promote(self, asked: Mapping[str, Listed]) -> None:
        """Put into its place what lies whole in the stage, was asked for, and is the file that the node lists still."""
        files = dict(self.manifest.files)
        for path, size in list(self.stage.whole()):
            before, after = asked.get(path), self.listing.files.get(path)
            if before is None:
                self.stage.drop(path)
                continue
            if after is None or not before.is_same_file(after) or size > min(before.most, after.size):
                self.stage.keep_as_part(path)
                continue
            kept = Kept(before.device, before.inode, size, before.mtime, self.began)
            is_new = self.stage.size_here(path) < 0
            try:
                self.stage.promote(path, kept)
            except OSError as err:
                self.failed[path] = Refusal(path, "failed", f"something stands in its place here: {err.strerror}")
                continue
            files[path] = kept
            (self.new if is_new else self.changed).add(path)
        self.manifest = self.manifest._replace(files=files, under_way={})

    def missing(self, files: list[Listed], said: Mapping[str, str]) -> None:
        """Of what did not come note why, unless it was rotated meanwhile: then it is asked for again."""
        for file in files:
            now = self.listing.files.get(file.path)
            if file.path in self.new or file.path in self.changed or now is None or not now.is_same_file(file):
                continue
            if said.get(file.path) == "vanished" or now.size < file.size:
                continue
            if file.path in said:
                self.failed.setdefault(file.path, Refusal(file.path, "failed", said[file.path]))

    def answer(self, state: str) -> NodeFetch:
        """What became of the node, as far as it came."""
        wanted = self.choice.files
        came = self.new | self.changed
        unchanged = sum(path not in came and self.is_here(file) for path, file in wanted.items()) if wanted else 0
        kept = self.manifest.files
        return NodeFetch(
            node=self.node.name,
            state=state,
            transport=self.transport,
            new=len(self.new),
            changed=len(self.changed),
            unchanged=unchanged,
            renamed=self.renamed,
            left_out=self.choice.left_out,
            refused=len(self.listing.refused),
            failed=len(self.failed),
            vanished=len(kept.keys() - self.listing.files.keys()) if self.listing.files else 0,
            size=sum(kept[path].size for path in came),
            moved=self.moved,
            troubles=(*self.troubles, *self.listing.refused, *self.failed.values()),
            notes=tuple(self.notes),
            journal=self.of_sources.get("journal", 0),
            containers=self.of_sources.get("containers", 0),
            fetched=self.manifest.fetched,
        )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
