"""SFTP where a node has no rsync: the same stage, the same promises, a file at a time.

paramiko speaks the protocol over a socket whose other end is ssh's; it opens no connection of its own. What is here
of a file is its beginning: where it is the node's too, as far as its first and last bytes tell, only the rest is asked
for.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import stat
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, BinaryIO

from paramiko import SFTPClient, SFTPError, SFTPFile, SSHException

from ...errors import NodeError
from ..abilities import Abilities
from ..ssh import Connection
from ..writing import directory
from .model import Listed, Progress, Watch
from .names import PARTIAL, relative
from .room import Room
from .rsync import Moved, end
from .stage import Stage
from .stream import ready

_CHUNK = 32 << 10
# So much is asked for at once: at 50 ms there and back 80 MB/s.
_WINDOW = 4 << 20
_LARGEST_PACKET = 1 << 20
_STALLED = 60.0
_TICK = 0.25
# What is compared before a file is gone on with: whoever truncates a log writes another beginning.
_HEAD, _TAIL = 4 << 10, 64 << 10
_LIFETIME = 24 * 3600.0


class _Client(SFTPClient):
    """paramiko's client with bounds: on the size of a packet, on the time without a byte, and by ^C."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        self.watch = watch
        self.moved = 0
        super().__init__(sock)  # type: ignore[arg-type]  # a socket will do, as its own _read_all says

    def _log(self, level: object, msg: object, *args: object) -> None:
        """Nothing: paramiko would ask the socket for the name that its own channels have."""

    def _read_all(self, n: int) -> bytes:
        if n > _LARGEST_PACKET:
            raise SFTPError(f"a packet of {n} bytes")
        data = bytearray()
        deadline = time.monotonic() + _STALLED
        while len(data) < n:
            self.watch.check()
            if not ready((self.sock.fileno(),), _TICK):
                if time.monotonic() > deadline:
                    raise TimeoutError
                continue
            some = self.sock.recv(n - len(data))
            if not some:
                raise EOFError
            data += some
        self.moved += n
        return bytes(data)

    def _write_all(self, out: bytes) -> None:
        # Called by a thread of paramiko's, too: who reads finds out that nobody is there any more.
        with suppress(OSError):
            self.sock.sendall(out)


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
    """Bring files into the stage; as ``rsync.bring``."""
    node = connection.node
    said: dict[str, str] = {}
    pace = _Pace(node.name, bwlimit, room, came, progress, watch)
    with _channel(connection, abilities) as (sock, process):
        try:
            client = _Client(sock, watch)
            for file in files:
                try:
                    _bring(client, stage, file, pace)
                    progress.files += 1
                except _OfFileError as err:
                    said[file.path] = str(err)
        except TimeoutError as err:
            raise NodeError(node.name, "slow", f"nothing came for {_STALLED:.0f} s", "is it overloaded?") from err
        except (EOFError, SSHException) as err:
            raise _ended(connection, process) from err
        except (SFTPError, ValueError, IndexError, KeyError, TypeError, struct.error) as err:
            raise NodeError(node.name, "garbage", f"what it sends is no SFTP: {str(err)[:100]}") from err
        return Moved(client.moved, said)


class _OfFileError(Exception):
    """One file did not come; the others may."""


class _Pace:
    """What is watched while bytes come: the room here, ^C, the limit."""

    def __init__(
        self, node: str, limit: int, room: Room, came: Callable[[int], None], progress: Progress, watch: Watch
    ) -> None:
        self._node, self._limit, self._room = node, limit, room
        self._came, self._progress, self._watch = came, progress, watch
        self._began = time.monotonic()
        self._wire = 0
        self._total = 0

    def __call__(self, size: int, *, wire: bool = True) -> None:
        self._total += size
        self._progress.bytes += size
        self._came(self._total)
        self._room.check(self._node)
        self._watch.check()
        if self._limit and wire:
            self._wire += size
            self._watch.ended.wait(max(0.0, self._wire / self._limit - (time.monotonic() - self._began)))
            self._watch.check()


@contextmanager
def _channel(connection: Connection, abilities: Abilities) -> Iterator[tuple[socket.socket, subprocess.Popen[bytes]]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        if connection.node.sudo:
            if not abilities.sftp_server:
                name = connection.node.name
                raise NodeError(name, "tool", "it has neither rsync nor an sftp-server", "install rsync there")
            script = f"exec {shlex.quote(abilities.sftp_server)} -R"
            process = connection.start(script, stdin=theirs.fileno(), stdout=theirs.fileno(), lifetime=_LIFETIME)
        else:
            process = connection.subsystem("sftp", theirs.fileno())
        theirs.close()
        try:
            yield ours, process
        finally:
            end(process)


def _bring(client: _Client, stage: Stage, file: Listed, pace: _Pace) -> None:
    """One file into the stage, whole or as a part. Raises _OfFileError."""
    parts = relative(file.path).split("/")
    try:
        source = client.open(os.fsencode(file.path), "r", bufsize=0)
    except OSError as err:
        raise _OfFileError("vanished" if isinstance(err, FileNotFoundError) else str(err)[:200]) from err
    with source:
        info = source.stat()
        size = info.st_size
        if size is None or not stat.S_ISREG(info.st_mode or stat.S_IFREG):
            raise _OfFileError("it is no regular file any more")
        size = min(size, file.most)
        with directory(stage.path, (*parts[:-1], PARTIAL)) as there:
            with _part(there, parts[-1]) as part:
                begun = _basis(source, part, stage, file, size)
                pace(begun, wire=False)
                _rest(source, part, begun, size, pace)
            with directory(stage.path, parts[:-1]) as above:
                os.rename(parts[-1], parts[-1], src_dir_fd=there, dst_dir_fd=above)


def _part(there: int, name: str) -> BinaryIO:
    handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=there)
    return os.fdopen(handle, "r+b")


def _basis(source: SFTPFile, part: BinaryIO, stage: Stage, file: Listed, size: int) -> int:
    """Where to go on: the part of an earlier run, or the file as it is here, if it is the node's beginning."""
    begun = part.seek(0, os.SEEK_END)
    if not begun and 0 < stage.size_here(file.path) <= size:
        with directory(stage.home, relative(file.path).split("/")[:-1]) as home:
            old = os.open(file.path.rpartition("/")[2], os.O_RDONLY | os.O_NOFOLLOW, dir_fd=home)
            with os.fdopen(old, "rb") as here:
                shutil.copyfileobj(here, part, 1 << 20)
        begun = part.tell()
    if begun and begun <= size:
        head = min(_HEAD, begun)
        tail = max(0, begun - _TAIL)
        theirs = _read(source, [(0, head), (tail, begun - tail)])
        if theirs == _at(part, 0, head) + _at(part, tail, begun - tail):
            return begun
    part.truncate(0)
    return 0


def _rest(source: SFTPFile, part: IO[bytes], begun: int, size: int, pace: _Pace) -> None:
    part.seek(begun)
    while begun < size:
        some = _read(source, [(begun, min(_WINDOW, size - begun))])
        if len(some) != min(_WINDOW, size - begun):
            raise _OfFileError("it was truncated meanwhile")
        part.write(some)
        begun += len(some)
        pace(len(some))


def _read(source: SFTPFile, ranges: Sequence[tuple[int, int]]) -> bytes:
    chunks = [
        (at, min(_CHUNK, start + length - at))
        for start, length in ranges
        for at in range(start, start + length, _CHUNK)
    ]
    try:
        return b"".join(source.readv(chunks))
    except OSError as err:
        if isinstance(err, TimeoutError):
            raise
        raise _OfFileError(str(err)[:200]) from err


def _at(part: BinaryIO, offset: int, length: int) -> bytes:
    part.seek(offset)
    return part.read(length)


def _ended(connection: Connection, process: subprocess.Popen[bytes]) -> NodeError:
    """Why the channel ended."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), False)
    words = (process.stderr.read(4096) or b"").decode("utf-8", "replace")
    name = connection.node.name
    if "subsystem request failed" in words or process.returncode == 127:
        return NodeError(name, "tool", "it has neither rsync nor SFTP", "install rsync there")
    if not connection.alive or process.returncode == 255:
        return connection.lost(words)
    return NodeError(name, "lost", "its SFTP server ended", "fetch again: it goes on where it was")
