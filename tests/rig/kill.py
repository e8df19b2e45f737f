"""Fetches that are broken off at random moments in every way there is; what is here afterwards must be whole.

Each round lets the logs of the nodes live on, starts a fetch, breaks something, and looks at what is here: each file is
one that the node had, from end to end. Then a fetch without trouble must bring all of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

from .client import pid_of
from .cloud import Cloud, cloud
from .host import Host, Plan
from .logs import digest, digests, lines, live, plant, rotate
from .needs import sudo, toxiproxy

# rsync as root, rsync by sudo, SFTP
NODES = ("controller1", "compute1", "storage1")
GROWING = "nova/growing.log"
_NEWS = 4 << 20  # bytes by which the logs of a node grow from round to round
_RATE = 1000  # kB/s of each node, where toxiproxy is at hand
_ROTATION = 0.01  # how likely it is in every 20 ms that some log is rotated while it may be coming


def _log(path: str) -> str:
    """The log that a rotated one was."""
    return path.removesuffix(".gz").removesuffix(".1").removesuffix(".2")


class Blow(NamedTuple):
    """Whether something was there to be broken, and how to mend it."""

    hit: bool
    mend: Callable[[], None] = lambda: None


class Round(NamedTuple):
    """What was done and how it ended; ``wrong`` is empty when all was as it must be.

    ``hit`` is false where nothing was there to be broken: haystack had not begun, or was done with that node.
    """

    number: int
    action: str
    after: float
    hit: bool
    status: int
    took: float
    again: float
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        when = f"after {self.after:4.2f} s{'' if self.hit else ' (hit nothing)'}"
        ends = f"exit {self.status:3} in {self.took:5.2f} s, again in {self.again:5.2f} s"
        return f"{self.number:3} {self.action:16} {when}: {ends}: {'; '.join(self.wrong) or 'ok'}"


@contextmanager
def arena(directory: Path, size: int, random: Random) -> Iterator[Arena]:
    """Three nodes with about ``size`` bytes of logs each, behind narrow ways."""
    plans = []
    (directory / "past").mkdir()
    for name in NODES:
        logs = directory / f"logs-{name}"
        plant(logs, size, random)
        by_sudo = name == "compute1" and sudo()
        plans.append(
            Plan(
                name,
                logs,
                user="ops" if by_sudo else "root",
                sudo="ALL" if by_sudo else "",
                without=("rsync",) if name == "storage1" else (),
            )
        )
    with cloud(plans, directory / "rig", proxied=NODES if toxiproxy() else ()) as built:
        built.write_settings(connect_timeout=3, idle_timeout=3)
        yield Arena(built, random, directory / "past")


class Arena:
    """The nodes, what each of their files ever held, and the tree they are fetched to: on a small disk.

    ``past`` has the logs that were rotated in this round under names of their own, for as long as it lasts.
    """

    def __init__(self, built: Cloud, random: Random, past: Path) -> None:
        self.cloud = built
        self.random = random
        self.past = past
        self.rotated: dict[tuple[str, str], list[Path]] = defaultdict(list)
        self.ever: dict[tuple[str, str], set[str]] = defaultdict(set)  # (node, log) -> digests
        self.least: dict[str, dict[int, int]] = {}  # node -> inode of a log that grows -> size when the round began
        self.tree = built.client.seen(built.client.small_disk("tree", "512m"))
        self.usual = 2.0
        self._narrow()

    def _narrow(self) -> None:
        if self.cloud.proxy is not None:
            for name in NODES:
                self.cloud.proxy.spoil(name, "bandwidth", rate=_RATE)

    def logs(self, name: str) -> Path:
        return self.cloud[name].logs

    def note(self) -> None:
        """Remember what the nodes have now."""
        for name in NODES:
            for path, held in digests(self.logs(name)).items():
                self.ever[name, _log(path)].add(held)
            growing = self._growing(name)
            self.least[name] = {f.stat().st_ino: f.stat().st_size for f in growing if f.exists()}

    def fetch(self) -> subprocess.Popen[bytes]:
        return self.cloud.client.start(
            "fetch", "--to", "tree", "--format", "json", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def clean(self) -> tuple[float, list[str]]:
        """A fetch that nothing disturbs: how long it took and what was wrong with it."""
        began = time.monotonic()
        done = self.cloud.client.haystack("fetch", "--to", "tree", check=())
        took = time.monotonic() - began
        wrong = (
            []
            if done.status == 0
            else [f"a fetch without trouble ended with {done.status}: {done.stdout}{done.stderr}"]
        )
        for name in NODES:
            here, there = digests(self.tree / name / "var/log"), digests(self.logs(name))
            unequal = sorted(path for path in there if here.get(path) != there[path])
            wrong += [f"{name}: not the same as there: {', '.join(unequal)}"] if unequal else []
        return took, wrong

    def play(self, number: int, action: str) -> Round:
        """One round."""
        self._forget()
        self.note()
        for name in NODES:
            live(self.logs(name), _NEWS, self.random)
        self.note()
        after = self.random.uniform(0.2, self.usual)
        began = time.monotonic()
        process = self.fetch()
        deadline = began + after
        while time.monotonic() < deadline and process.poll() is None:
            self._grow()
            time.sleep(0.02)
        in_time = process.poll() is None
        # Blows are to fall while there is something to break.
        self.usual = min(6.0, self.usual * 1.1) if in_time else self.usual * 0.7
        blow = ACTIONS[action](self, process)
        try:
            out, err = process.communicate(timeout=60)
            wrong = [] if process.returncode in _ENDS[action] else [f"exit {process.returncode}: {err.decode()[-500:]}"]
        except subprocess.TimeoutExpired:
            self.cloud.client.space.kill(lambda p: True)
            out, _ = process.communicate()
            wrong = ["did not end within a minute"]
        took = time.monotonic() - began
        blow.mend()
        wrong += self._not_whole() + self._left(orderly=action != "kill haystack")
        again, more = self.clean()
        if process.returncode == 3:
            wrong += _unexplained(out)
        return Round(number, action, after, blow.hit, process.returncode, took, again, (*wrong, *more))

    def busy(self) -> Host:
        """A node that is talked to, where there is one: it is to be broken."""
        hosts = [self.cloud[name] for name in NODES]
        return self.random.choice([host for host in hosts if host.running()] or hosts)

    def _grow(self) -> None:
        for name in NODES:
            with (self.logs(name) / GROWING).open("ab") as log:
                log.write(lines(2000, self.random))
        if self.random.random() < _ROTATION:
            name = self.random.choice(NODES)
            self._rotate(name, self.random.choice(sorted(self.logs(name).rglob("*.log"))))

    def _rotate(self, name: str, log: Path) -> None:
        path = str(log.relative_to(self.logs(name)))
        kept = self.past / str(sum(map(len, self.rotated.values())))
        os.link(log, kept)
        self.rotated[name, path].append(kept)
        rotate(log)
        for made in (log, log.with_suffix(".log.2.gz")):
            if made.exists():
                self.ever[name, path].add(digest(made))

    def _forget(self) -> None:
        """Of what was rotated only what is whole may turn up from the next round on."""
        for (name, path), kept in self.rotated.items():
            self.ever[name, path].update(map(digest, kept))
        self.rotated.clear()
        for file in self.past.iterdir():
            file.unlink()

    def _not_whole(self) -> list[str]:
        wrong = []
        for name in NODES:
            for path, held in digests(self.tree / name / "var/log").items():
                if held not in self.ever[name, _log(path)] and not self._grew(name, path):
                    wrong.append(f"{name}: {path} is nothing that the node ever had{self._like(name, path, held)}")
        return wrong

    def _like(self, name: str, path: str, held: str) -> str:
        """What a file is, that it should not be."""
        here = (self.tree / name / "var/log" / path).read_bytes()
        told = [f"{len(here)} bytes, ends with {here[-20:]!r}"]
        told += [f"is {other} of {node}" for (node, other), known in self.ever.items() if held in known]
        for file in (*self.logs(name).rglob("*.log*"), *self.past.iterdir()):
            pairs = zip(here, file.read_bytes(), strict=False)
            same = next((at for at, (one, other) in enumerate(pairs) if one != other), len(here))
            if same > 1000:
                size, least = file.stat().st_size, self.least[name].get(file.stat().st_ino)
                told.append(f"begins as {file} of {size} bytes (at least {least}), for {same} bytes")
        return f" ({'; '.join(told)})"

    def _grew(self, name: str, path: str) -> bool:
        """Whether a file is what the log that grows was between two of its lines, since the round began."""
        if _log(path) != GROWING:
            return False
        here = (self.tree / name / "var/log" / path).read_bytes()
        there = [file for file in self._growing(name) if file.exists() and file.read_bytes().startswith(here)]
        least = min((self.least[name].get(file.stat().st_ino, 0) for file in there), default=len(here) + 1)
        return here[-1:] in (b"", b"\n") and len(here) >= least

    def _growing(self, name: str) -> list[Path]:
        """The log that grows, and what it was before it was rotated."""
        log = self.logs(name) / GROWING
        return [log, log.with_suffix(".log.1"), *self.rotated[name, GROWING]]

    def _left(self, orderly: bool) -> list[str]:
        """Processes that do not end, here or there, and directories that an orderly end leaves."""
        deadline = time.monotonic() + 20
        while True:
            running = [f"client: {p.command[:100]}" for p in self.cloud.client.running()]
            running += [f"{name}: {p.command[:100]}" for name in NODES for p in self.cloud[name].running()]
            if not running or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        left = self.cloud.client.left() if orderly else []
        for found in self.cloud.client.temporary.iterdir():
            if found.is_dir():  # of a kill -9
                shutil.rmtree(found)
            else:
                left.append(f"{found.name}: {found.read_text()[-2000:]}")
                found.unlink()
        written = [f"{name} was written to: {path}" for name in NODES for path in self.cloud[name].written()]
        return [f"still runs: {what}" for what in running] + [f"still there: {what}" for what in left] + written


def _unexplained(out: bytes) -> list[str]:
    try:
        answer = json.loads(out)
    except ValueError:
        return [f"no answer: {out[:200]!r}"]
    told = [node for node in answer["nodes"] if node["state"] != "done"]
    return [] if told else ["exit 3, but no node is told to have failed"]


def _kill_haystack(arena: Arena, process: subprocess.Popen[bytes]) -> Blow:
    try:
        pid = pid_of(process)
    except ProcessLookupError:
        return Blow(False)
    return Blow(bool(arena.cloud.client.space.kill(lambda p: p.pid == pid)))


def _kill_sshd(arena: Arena, process: subprocess.Popen[bytes]) -> Blow:
    return Blow(bool(arena.busy().kill_sshd()))


def _kill_rsync_here(arena: Arena, process: subprocess.Popen[bytes]) -> Blow:
    return Blow(bool(arena.cloud.client.space.kill(lambda p: _is_rsync(p.command))))


def _kill_rsync_there(arena: Arena, process: subprocess.Popen[bytes]) -> Blow:
    there = arena.busy().space
    return Blow(bool(there.kill(lambda p: _is_rsync(p.command) or "sftp-server" in p.command)))


def _is_rsync(command: str) -> bool:
    return command.split(" ")[0].rpartition("/")[2] == "rsync"


def _cut(arena: Arena, process: subprocess.Popen[bytes]) -> Blow:
    host = arena.busy()
    talks = bool(host.running())
    host.unplug()
    return Blow(talks, host.plug)


def _fill(arena: Arena, process: subprocess.Popen[bytes]) -> Blow:
    ballast = arena.tree / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    return Blow(process.poll() is None, ballast.unlink)


ACTIONS: dict[str, Callable[[Arena, subprocess.Popen[bytes]], Blow]] = {
    "kill haystack": _kill_haystack,
    "kill sshd": _kill_sshd,
    "kill rsync": _kill_rsync_here,
    "kill rsync there": _kill_rsync_there,
    "cut the link": _cut,
    "fill the disk": _fill,
}
# A blow that comes too late hits nothing.
_ENDS = dict.fromkeys(ACTIONS, (0, 3)) | {"kill haystack": (0, -9, 137)}


def rounds(directory: Path, count: int, seed: int, size: int, actions: Sequence[str] = ()) -> Iterator[Round]:
    """Play rounds, each with another action in turn, so that a few rounds have seen all."""
    actions = actions or list(ACTIONS)
    random = Random(seed)
    with arena(directory, size, random) as place:
        took, wrong = place.clean()
        for name in NODES:
            live(place.logs(name), _NEWS, random)
        place.note()
        place.usual, more = place.clean()
        yield Round(0, "nothing", 0, False, 0, took, place.usual, (*wrong, *more))
        for number in range(1, count + 1):
            yield place.play(number, actions[(number - 1) % len(actions)])
