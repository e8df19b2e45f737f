"""What works on a node and what does not, step by step as fetch and live need it, and how to mend it."""

from __future__ import annotations

import re
import shlex
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import NodeError
from ..settings import Node
from .abilities import Abilities, abilities
from .clock import measure
from .offset import Offset
from .ssh import Connection, Connections
from .zone import ZONE_SCRIPT, zone_of

OK, WARNING, FAILED = "ok", "warning", "failed"
# The steps, in the order they are taken and shown.
STEPS = ("login", "sudo", "logs", "transfer", "live", "journal", "containers", "clock")
# A clock that is off by more (s) is worth mending, and one that cannot be told closer not worth trusting. Half a second
# is what `date` without fractions leaves unsure wherever it runs.
_OFF, _UNSURE = 1.0, 1.0
_LIVE = ("grep", "awk", "gzip", "base64", "find")
_TIMEOUT = 60.0
_KEY_FIX = "set `identity` to the key that is let in there, or leave it to ssh"


class Step(NamedTuple):
    """One thing that works or not: ``state`` is ok, warning or failed, ``says`` how it is, ``fix`` what to do."""

    name: str
    state: str
    says: str
    fix: str = ""


class Checked(NamedTuple):
    """What was found of a node. ``zone`` is how the node names it, empty where it does not."""

    node: Node
    steps: tuple[Step, ...]
    offset: Offset | None = None
    zone: str = ""

    @property
    def state(self) -> str:
        """The worst of the steps."""
        states = {step.state for step in self.steps}
        return FAILED if FAILED in states else WARNING if WARNING in states else OK


def check(connections: Connections, node: Node) -> Checked:
    """Look at one node. What does not work is a step that failed, and the steps after it are left out."""
    steps: list[Step] = []
    keyless = _keyless(connections, node)
    began = time.monotonic()
    try:
        with connections.to(node) as connection:
            steps.append(_login(time.monotonic() - began, keyless))
            able = abilities(connection)
            if node.sudo:
                steps.append(Step("sudo", OK, f"we are {able.user}"))
            steps += [_logs(connection, able), _transfer(node, able), _live(able)]
            steps.append(_journal(able))
            if node.containers:
                steps.append(_containers(connection, able))
            zone = _zone(connection)
            offset, step = _clock(connection, zone)
            return Checked(node, (*steps, step), offset, zone)
    except NodeError as err:
        if not steps:
            return Checked(node, (_no_login(err, keyless),))
        name = "sudo" if err.reason == "sudo" else _next(steps)
        return Checked(node, (*steps, Step(name, FAILED, err.says, err.fix)))


def _next(steps: list[Step]) -> str:
    done = STEPS.index(steps[-1].name)
    return STEPS[min(done + 1, len(STEPS) - 1)]


def _keyless(connections: Connections, node: Node) -> str:
    """The key files of a node and of the nodes on its way that are not there, in words: ssh passes over them."""
    problems = []
    for host in (*(connections.nodes.get(name) for name in node.jump), node):
        # Of a key that an agent holds the public half is enough.
        if host and host.identity and not any(map(_is_file, (host.identity, f"{host.identity}.pub"))):
            whose = "" if host is node else f" of {host.name}"
            problems.append(f"key file {host.identity}{whose} does not exist")
    return ", ".join(problems)


def _is_file(path: str) -> bool:
    with suppress(OSError, RuntimeError, ValueError):  # no such home, no path at all
        return Path(path).expanduser().is_file()
    return False


def _login(seconds: float, keyless: str) -> Step:
    says = f"in {seconds:.1f} s"
    return Step("login", WARNING, f"{says}, but {keyless}", _KEY_FIX) if keyless else Step("login", OK, says)


def _no_login(error: NodeError, keyless: str) -> Step:
    if not keyless:
        return Step("login", FAILED, error.says, error.fix)
    # Whoever is not let in lacks the key; whoever is not reached has another trouble first.
    fix = _KEY_FIX if error.reason in ("login", "jump") else error.fix
    return Step("login", FAILED, f"{error.says}; {keyless}", fix)


def _logs(connection: Connection, able: Abilities) -> Step:
    """How many log files there are, and whether we may read them."""
    node = connection.node
    missing = [root.path for root in able.roots if not root.found]
    found = [root.path for root in able.roots if root.found]
    if not found:
        return Step("logs", FAILED, f"there is no {' or '.join(missing)}", "set `logs` to where its logs lie")
    closed = [root.path for root in able.roots if root.found and not root.readable]
    files, size, unreadable = _count(connection, found)
    fix = "set `sudo: true` for it" if not node.sudo else "look at the permissions there"
    if closed and not files:
        return Step("logs", FAILED, f"{able.user or 'we'} may not read {', '.join(closed)}", fix)
    says = f"{files:,} files, {_size(size)}"
    if unreadable or closed:
        also = f", add {able.user} to the group that owns them (adm)" if not node.sudo and able.user else ""
        return Step("logs", WARNING, f"{says}, {max(unreadable, len(closed)):,} of them not readable", fix + also)
    if missing:
        return Step("logs", WARNING, f"{says}; there is no {', '.join(missing)}", "set `logs` to where its logs lie")
    if not files:
        return Step("logs", WARNING, f"no file below {', '.join(found)}", "set `logs` to where its logs lie")
    return Step("logs", OK, says)


def _count(connection: Connection, roots: list[str]) -> tuple[int, int, int]:
    where = shlex.join(roots)
    answer = connection.run(
        f"find -H {where} -xdev -type f \\( -readable -printf 'r %s\\n' -o -printf 'c %s\\n' \\) 2>/dev/null |"
        ' awk \'{ n[$1]++; s += $2 } END { printf "haystack %d %.0f %d\\n", n["r"] + n["c"], s, n["c"] }\'',
        timeout=_TIMEOUT,
        limit=64 << 10,
    )
    said = re.search(rb"haystack (\d{1,12}) (\d{1,18}) (\d{1,12})", answer.stdout)
    if not said:
        fix = "are find (GNU) and awk installed there?"
        raise NodeError(connection.node.name, "tool", "it cannot list its logs", fix)
    files, size, closed = map(int, said.groups())
    return files, size, closed


def _transfer(node: Node, able: Abilities) -> Step:
    if able.rsync:
        version = ".".join(map(str, able.rsync))
        packed = "zstd" if "zstd" in able.compressions else "not compressed"
        return Step("transfer", OK, f"rsync {version}, {packed}")
    if able.sftp_server or not node.sudo:
        return Step("transfer", WARNING, "no rsync; SFTP, whole files", "install rsync there")
    return Step("transfer", FAILED, "neither rsync nor sftp-server", "install rsync there")


def _live(able: Abilities) -> Step:
    missing = [tool for tool in _LIVE if tool not in able.tools]
    if missing:
        return Step("live", WARNING, f"no {', '.join(missing)}", f"for --live install {', '.join(missing)} there")
    return Step("live", OK, "rg" if "rg" in able.tools else "grep")


def _journal(able: Abilities) -> Step:
    return Step("journal", OK, "there" if able.journal else "none")


def _containers(connection: Connection, able: Abilities) -> Step:
    program = connection.node.containers
    if program not in able.tools:
        fix = "set `containers` to what runs there, or leave it out"
        return Step("containers", FAILED, f"there is no {program}", fix)
    answer = connection.run(f"{program} ps -q | wc -l", timeout=_TIMEOUT, limit=64 << 10)
    number = answer.stdout.strip()
    if answer.stderr.strip() or not number.isdigit():
        fix = "set `sudo: true` for it" if not connection.node.sudo else f"does `{program} ps` work there?"
        return Step("containers", FAILED, f"{program} does not answer us", fix)
    return Step("containers", OK, f"{int(number)} run")


def _zone(connection: Connection) -> str:
    with suppress(NodeError):
        answer = connection.run(ZONE_SCRIPT, sudo=False, timeout=20, limit=4096)
        return zone_of(answer.stdout.decode("ascii", "replace"))
    return ""


def _clock(connection: Connection, zone: str) -> tuple[Offset | None, Step]:
    """How far the clock is off. One that is not told in time is no reason not to use the node."""
    try:
        offset = measure(connection)
    except NodeError as err:
        if err.reason not in ("slow", "garbage"):
            raise
        return None, Step("clock", WARNING, err.says, "does `date +%s.%N` work there? its times are not corrected")
    return offset, _clock_step(offset, zone)


def _clock_step(offset: Offset, zone: str) -> Step:
    says = f"{offset.words}, {zone or 'zone not told'}"
    if abs(offset.seconds) - offset.uncertainty > _OFF:
        return Step("clock", WARNING, says, "chronyc makestep   # there; times are corrected until then")
    if offset.uncertainty > _UNSURE:
        return Step("clock", WARNING, says, "the way to it is slow: its times are that unsure")
    return Step("clock", OK, says)


def _size(size: int) -> str:
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size} B"
