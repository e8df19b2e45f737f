"""rsync over a node's own login: the files of a list into the stage, with the old ones as basis of what changed.

rsync gives a file its name in the stage when all of it is there and its checksum is right, and keeps what it has of
the others as partial files. It is watched while it runs: the room here, what comes against what was asked for, and ^C.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ...errors import NodeError
from ..abilities import Abilities
from ..children import held
from ..reasons import last_words, sudo_refused
from ..ssh import Connection
from .model import Listed, Progress, Watch
from .names import PARTIAL, relative
from .room import Room
from .stage import Stage

# 3.1 (2013) is the first with --info. What macOS has instead of rsync tells another name.
_OLDEST_HERE, _OLDEST_THERE = (3, 1), (3, 0)
_VERSION = re.compile(r"rsync +version v?(\d+)\.(\d+)(?:\.(\d+))?")
_TICK = 0.25
_STALLED = 60  # seconds without a byte: rsync's own --timeout, on both ends
# Slower than this over five minutes is no transfer: a node that drips would hold us for ever.
_DRIP, _DRIP_TIME = 64 << 10, 300.0
_MOST_STDERR = 256 << 10
# Reads of what is still in the pipes when rsync has ended. There may be no end to it: its ssh, which it leaves behind
# when it gives up, keeps them for as long as the node likes.
_REST = 16
_PROGRESS = re.compile(rb"(\d+) +\d+%[^\r\n]{0,60}?(?:\(xfr#(\d+),[^\r\n]{0,60}\))?[\r\n]")
_MOVED = re.compile(r"^Total bytes (?:sent|received): ([\d,.]+)", re.MULTILINE)
_OF_FILE = re.compile(
    r'^(?:rsync: |file has vanished: |ERROR: )[^\n]{0,100}?"?(?P<path>/[^\n"]{1,4096})"?(?P<says>[^\n]*)'
)


class Moved(NamedTuple):
    """What a transfer did: bytes over the wire, and what was said of files that did not come, by path."""

    bytes: int
    said: dict[str, str]


class Local(NamedTuple):
    """The rsync of this machine."""

    version: tuple[int, ...]
    compressions: frozenset[str]


@lru_cache(maxsize=1)
def local() -> Local | None:
    """The rsync of this machine; None where there is none that is good enough."""
    program = shutil.which("rsync")
    if program is None:
        return None
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.match(told)
    version = tuple(int(part or 0) for part in found.groups()) if found else ()
    if version < _OLDEST_HERE:
        return None
    listed = re.search(r"Compress list:\s*\n([^\n]*)", told)
    return Local(version, frozenset(listed.group(1).split()) if listed else frozenset(("zlib",)))


def usable(abilities: Abilities) -> bool:
    """Whether both ends have an rsync that will do."""
    return local() is not None and abilities.rsync >= _OLDEST_THERE


def bring(
    connection: Connection,
    abilities: Abilities,
    stage: Stage,
    files: Sequence[Listed],
    *,
    bwlimit: int,
    room: Room,
    came: Callable[[int], None],
    progress: Progress,
    watch: Watch,
) -> Moved:
    """Bring files into the stage. What came whole lies there under its name, whatever is raised.

    Raises NodeError when the transfer as a whole broke off, Stop when the run is to end.
    """
    command = _command(connection, abilities, stage, bwlimit, max(file.most for file in files))
    with tempfile.TemporaryFile() as names:
        names.write(b"".join(os.fsencode(relative(file.path)) + b"\0" for file in files))
        names.seek(0)
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=names,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C", "RSYNC_OLD_ARGS": "0"},
            start_new_session=True,
        )
    run = _Run(process, connection, room, came, progress, watch, sum(file.most for file in files))
    try:
        run.follow()
    finally:
        end(process)
    words = run.stderr.decode("utf-8", "replace")
    if process.returncode not in (0, 23, 24):
        raise _broken(connection, process.returncode, words)
    refused = sudo_refused(connection.node, words) if connection.node.sudo else None
    if refused:
        raise refused
    moved = sum(int(re.sub(r"\D", "", number)) for number in _MOVED.findall(run.tail.decode("ascii", "replace")))
    return Moved(moved, _said(words, {file.path: file for file in files}))


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process in order, so that rsync keeps what it has; or without."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _command(connection: Connection, abilities: Abilities, stage: Stage, bwlimit: int, largest: int) -> list[str]:
    words = ["rsync", "--files-from=-", "--from0", "--no-implied-dirs", "--times", "--no-perms"]
    # Which files changed was told by the manifest; of those nothing is taken on trust, every byte is checked.
    words += ["--ignore-times", f"--partial-dir={PARTIAL}", f"--compare-dest={stage.home.absolute()}"]
    words += [f"--timeout={_STALLED}", "--no-human-readable", "--info=progress2,stats2", "--outbuf=N"]
    words += [f"--bwlimit={max(1, bwlimit >> 10)}"] if bwlimit else []
    words += _compression(abilities)
    words += [f"--rsh={connection.remote_shell()}", f"--rsync-path={_there(connection, abilities)}"]
    host = connection.node.host
    words += ["--", f"[{host}]:/" if ":" in host else f"{host}:/", f"{stage.path.absolute()}/"]
    prlimit = shutil.which("prlimit")
    # No file of a hostile node grows beyond what the largest one asked for may.
    return held([prlimit, f"--fsize={largest}", *words] if prlimit else words)


def _compression(abilities: Abilities) -> list[str]:
    here = local()
    assert here is not None
    if "zstd" in abilities.compressions and "zstd" in here.compressions:
        # What is compressed already passes it at a GB a second: not worth a second run.
        return ["--compress", "--compress-choice=zstd", "--compress-level=1"]
    return []


def _there(connection: Connection, abilities: Abilities) -> str:
    """The command that rsync runs on the node: at low priority, as root where that is asked for."""
    words = ["env", "LC_ALL=C"]
    words += ["nice", "-n", "19"] if "nice" in abilities.tools else []
    words += ["ionice", "-c", "2", "-n", "7"] if "ionice" in abilities.tools else []
    words += ["sudo", "-n"] if connection.node.sudo else []
    return " ".join([*words, "rsync"])


class _Run:
    """A running rsync, followed to its end."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        connection: Connection,
        room: Room,
        came: Callable[[int], None],
        progress: Progress,
        watch: Watch,
        most: int,
    ) -> None:
        self.process = process
        self.node = connection.node.name
        self.room = room
        self.came = came
        self.progress = progress
        self.watch = watch
        self.most = most
        self.stderr = bytearray()
        self.tail = bytearray()
        self._before = (progress.files, progress.bytes)

    def follow(self) -> None:
        """Read what it says until it ends. Raises NodeError when it has to be ended, Stop when the run is."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ, self._progress)
            selector.register(self.process.stderr, selectors.EVENT_READ, self._words)
            looked = drip_time = time.monotonic()
            drip_bytes = self.progress.bytes
            rest = _REST
            while selector.get_map() and rest:
                ended = self.process.poll() is not None
                ready = selector.select(0 if ended else _TICK)
                if ended:
                    rest = rest - 1 if ready else 0
                for key, _ in ready:
                    data = os.read(key.fd, 1 << 16)
                    if data:
                        key.data(data)
                    else:
                        selector.unregister(key.fileobj)
                self.watch.check()
                now = time.monotonic()
                if now - looked < _TICK:
                    continue
                looked = now
                self.room.check(self.node)
                if now - drip_time > _DRIP_TIME:
                    if self.progress.bytes - drip_bytes < _DRIP:
                        raise NodeError(self.node, "slow", f"hardly anything came in {_DRIP_TIME:.0f} s")
                    drip_time, drip_bytes = now, self.progress.bytes
        self.process.wait()

    def _progress(self, data: bytes) -> None:
        self.tail += data
        for found in _PROGRESS.finditer(self.tail):
            total = int(found[1])
            if total > self.most:
                raise NodeError(self.node, "garbage", "more comes than it listed")
            self.came(total)
            self.progress.bytes = self._before[1] + total
            self.progress.files = self._before[0] + int(found[2] or 0) if found[2] else self.progress.files
        del self.tail[: max(0, len(self.tail) - 4096)]

    def _words(self, data: bytes) -> None:
        self.stderr += data[: max(0, _MOST_STDERR - len(self.stderr))]


def _broken(connection: Connection, status: int, words: str) -> NodeError:
    """Why rsync ended as it did, by its exit code and what it and ssh said."""
    node = connection.node
    says = (
        last_words("\n".join(line for line in words.splitlines() if not line.startswith("rsync error:"))) or "no word"
    )
    refused = sudo_refused(node, words) if node.sudo else None
    if refused:
        return refused
    if "No space left on device" in words or "Disk quota exceeded" in words:
        return NodeError(node.name, "disk-full", "no room is left here", "make room, and fetch again: it goes on")
    if status == 127 or "rsync: command not found" in words or "rsync: not found" in words:
        return NodeError(node.name, "tool", "rsync is gone", "install rsync there")
    if status in (30, 35):
        return NodeError(node.name, "slow", f"nothing came for {_STALLED} s", "is it overloaded, is its disk well?")
    if not connection.alive or status == 255:
        return connection.lost("")
    if re.search(r"is your shell clean|protocol version mismatch|unexpected tag|[Ii]nvalid|unrequested|overflow|"
                 r"File too large|multiplexing|unknown message|rejecting", words) or status in (2, 4, 8):  # fmt: skip
        return NodeError(node.name, "garbage", f"what it sends is not what was asked for: {says}")
    if "connection unexpectedly closed" in words or status in (12, -9, -15):
        return NodeError(node.name, "lost", "rsync ended on the way", "fetch again: it goes on where it was")
    return NodeError(node.name, "failed", f"rsync failed ({status}): {says}")


def _said(words: str, files: Mapping[str, Listed]) -> dict[str, str]:
    said: dict[str, str] = {}
    for line in words.splitlines():
        found = _OF_FILE.match(line)
        if found and found["path"] in files:
            vanished = line.startswith("file has vanished")
            said[found["path"]] = "vanished" if vanished else found["says"].strip(" :")[:200]
    return said
