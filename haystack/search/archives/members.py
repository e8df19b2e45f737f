"""The members of one archive: which are wanted, where links among them lead, and what is refused.

Links are followed in memory, among the members only. ``tar`` and ``zip`` hand the members over one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...services import Services
from .. import facts, layouts
from ..config_places import config_place
from ..query import Trouble
from .limits import Budget
from .spool import Spool

_MOST_HOPS = 16
# Archives in an archive are opened, archives in those are not.
_DEEPEST = 1
# Complaints about one archive; a hostile one has as many as it has members.
_MOST_TROUBLES = 50


class Member(NamedTuple):
    """A file that was spooled: its path in the archive, and the file that holds it now."""

    parts: tuple[str, ...]
    source: Path
    size: int


class Opened(NamedTuple):
    """What was found in an archive: logs, and ``configs``, which are configuration files.

    ``system`` are the directories in it that are copies of a file system.
    """

    name: str  # as it is shown: path of the archive, for a nested one `outer.zip:inner.tar`
    stem: str
    members: list[Member]
    configs: list[Member]
    facts: dict[tuple[str, ...], dict[str, bytes]]
    system: set[tuple[str, ...]]
    outer: tuple[Opened, tuple[str, ...]] | None  # the archive it is in, and where in it


class Members:
    """Takes the members of one archive, one by one, and decides what becomes of each."""

    def __init__(self, spool: Spool, services: Services, opened: Opened, budget: Budget, depth: int = 0) -> None:
        self.spool = spool
        self.services = services
        self.opened = opened
        self.budget = budget
        self.depth = depth
        self.nested: list[tuple[tuple[str, ...], Path]] = []
        self._files: dict[tuple[str, ...], Member] = {}
        self._configs: dict[tuple[str, ...], Member] = {}
        self._links: dict[tuple[str, ...], tuple[tuple[str, ...], str]] = {}
        self._left_out = 0
        self._complaints = 0

    def complain(self, name: str, reason: str) -> None:
        """Tell of something in the archive that was refused."""
        self._complaints += 1
        if self._complaints <= _MOST_TROUBLES:
            self.spool.troubles.append(Trouble(f"{self.opened.name}:{name}", reason))

    def parts_of(self, name: str) -> tuple[str, ...] | None:
        """The path of a member, or None for one that leads out of the archive."""
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        if name.startswith("/") or ".." in parts:
            self.complain(name, "a path that leads out of the archive; refused")
            return None
        if "sos_commands" in parts:
            self.opened.system.add(parts[: parts.index("sos_commands")])
        return parts or None

    def takes(self, parts: tuple[str, ...]) -> bool:
        """Whether something at this path is wanted: a log, a fact, configuration, an archive."""
        if facts.fact_of(parts) or self._is_config(parts):
            return True
        if layouts.is_log_place(parts) and (layouts.is_log_name(parts[-1]) or layouts.is_archive_name(parts[-1])):
            return True
        self._left_out += 1
        return False

    def file(self, parts: tuple[str, ...], size: int, modified: float, read: Callable[[int], bytes]) -> None:
        """A regular file that is wanted. Raises what ended it early, after what could be read."""
        fact = facts.fact_of(parts)
        if fact:
            if size <= facts.MOST_BYTES:
                self._fact(fact, read(facts.MOST_BYTES))
        elif self._is_config(parts):
            self._keep(self._configs, parts, modified, read)
        elif layouts.is_archive_name(parts[-1]):
            if self.depth >= _DEEPEST:
                self.complain(
                    "/".join(parts), "an archive in an archive in an archive; unpack the outer one to read it"
                )
                return
            path, _, ended = self.spool.write(read, modified)
            self.nested.append((parts, path))
            if ended:
                raise ended
        else:
            self._keep(self._files, parts, modified, read)

    def _keep(
        self,
        kept: dict[tuple[str, ...], Member],
        parts: tuple[str, ...],
        modified: float,
        read: Callable[[int], bytes],
    ) -> None:
        path, size, ended = self.spool.write(read, modified)
        before = kept.pop(parts, None)
        if before:  # the later of two members of one name is the file, as `tar --append` has it
            before.source.unlink(missing_ok=True)
        kept[parts] = Member(parts, path, size)
        if ended:
            raise ended

    def _is_config(self, parts: tuple[str, ...]) -> bool:
        return config_place(parts, self.services) is not None

    def link(self, parts: tuple[str, ...], target: str, hard: bool) -> None:
        """A link that is wanted; where it leads is seen when all members are known."""
        fact = facts.fact_of(parts)
        if fact and fact[1] == "etc/localtime":
            self._fact(fact, facts.LINK + target.encode("utf-8", "surrogateescape"))
        elif self._is_config(parts):
            reason = "a link; configuration is read where it lies"
            self.spool.skipped.append(Trouble(f"{self.opened.name}:{'/'.join(parts)}", reason))
        elif not fact:
            self._links[parts] = ((), target) if hard else (parts[:-1], target)

    def _fact(self, fact: tuple[tuple[str, ...], str], data: bytes) -> None:
        self.opened.facts.setdefault(fact[0], {})[fact[1]] = data

    def finish(self) -> None:
        """Tell ``opened`` what the archive held, once all members went by."""
        for parts in self._links:
            self._follow(parts)
        members = [
            member
            for parts, member in self._files.items()
            if layouts.machine_at(parts) is not None
            or not any(parts[: len(top)] == top for top in self.opened.system)
            or self._leave_out(member)
        ]
        self.opened.members.extend(members)
        self.opened.configs.extend(self._configs.values())
        if self._left_out:
            reason = f"{self._left_out} members are no logs, by their place or name"
            self.spool.skipped.append(Trouble(self.opened.name, reason))
        if self._complaints > _MOST_TROUBLES:
            reason = f"{self._complaints - _MOST_TROUBLES} more members were refused"
            self.spool.troubles.append(Trouble(self.opened.name, reason))

    def _leave_out(self, member: Member) -> bool:
        self._left_out += 1
        member.source.unlink(missing_ok=True)
        return False

    def _follow(self, parts: tuple[str, ...]) -> None:
        """A link to a member that was spooled. sos keeps a log's tail elsewhere, with a link in the log's place."""
        at = parts
        for _ in range(_MOST_HOPS):
            base, target = self._links[at]
            following = _join(base, target, layouts.machine_at(at) or 0)
            if following is None:
                self.complain("/".join(parts), "a link that leads out of the archive; not followed")
                return
            at = following
            if at not in self._links:
                break
        else:
            self.complain("/".join(parts), "a link that leads to itself; not followed")
            return
        member = self._files.get(at)
        if member is None:
            if not any(known[: len(at)] == at for known in self._files):
                reason = "a link to what is not in the archive, or is no log"
                self.spool.skipped.append(Trouble(f"{self.opened.name}:{'/'.join(parts)}", reason))
        elif "sos_strings" in at and parts not in self._files:
            del self._files[at]
            self._files[parts] = member._replace(parts=parts)


def _join(base: tuple[str, ...], target: str, machine: int) -> tuple[str, ...] | None:
    """Where a link at ``base`` leads; an absolute one is seen from the machine's root. None: out of the archive."""
    path = list(base[:machine]) if target.startswith("/") else list(base)
    for part in target.split("/"):
        if part == "..":
            if not path:
                return None
            path.pop()
        elif part not in ("", "."):
            path.append(part)
    return tuple(path)
