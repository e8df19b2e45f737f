"""What a command on a node says, read as it comes: compressed on the way, bounded, and watched."""

from __future__ import annotations

import gzip
import io
import os
import re
import select
import subprocess
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from ...errors import NodeError
from ..abilities import Abilities
from ..ssh import Connection
from .model import Watch
from .rsync import end

_TICK = 0.25
_STALLED = 120.0
_LIFETIME = 24 * 3600.0
_MOST_STDERR = 64 << 10
_STATUS = re.compile(r"^haystack-status (\d{1,3})$", re.MULTILINE)


class Said:
    """The output of a command, block by block; when that ends, how the command did."""

    def __init__(self, stream: BinaryIO, pipe: _Pipe) -> None:
        self._stream = stream
        self._pipe = pipe
        self._problem: NodeError | None = None

    def blocks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """What it says, block by block. What came of a stream that breaks off is worth something: nothing is raised
        for it, ``check`` does that later."""
        try:
            while data := self._stream.read(size):
                yield data
        except EOFError:
            return
        except NodeError as err:
            self._problem = err
        except (OSError, zlib.error, _zstd_error()) as err:
            self._problem = NodeError(self._pipe.node, "garbage", f"what it sends is damaged: {str(err)[:100]}")

    def check(self, what: str) -> None:
        """Raises NodeError when it did not come to its end."""
        if self._problem is not None:
            raise self._problem
        if self.status is None:
            raise NodeError(self._pipe.node, "lost", f"{what} broke off", "fetch again: it goes on")

    @property
    def moved(self) -> int:
        """Bytes that came over the wire."""
        return self._pipe.moved

    @property
    def words(self) -> str:
        """What it said on stderr."""
        return _STATUS.sub("", self._pipe.stderr.decode("utf-8", "replace")).strip()

    @property
    def status(self) -> int | None:
        """The command's exit code; None where it did not end."""
        found = _STATUS.search(self._pipe.stderr.decode("utf-8", "replace"))
        return int(found[1]) if found else None


@contextmanager
def saying(
    connection: Connection, abilities: Abilities, command: str, watch: Watch, *, bwlimit: int = 0
) -> Iterator[Said]:
    """Run a command on a node at low priority; what it says on stdout comes compressed with what the node has.

    With ``bwlimit`` no faster than so many bytes a second: what nobody reads stays there.
    """
    packer = next((tool for tool in ("zstd", "gzip") if tool in abilities.tools), "")
    low = "nice -n 19 " if "nice" in abilities.tools else ""
    pack = {"zstd": "zstd -q -1 -c", "gzip": "gzip -1 -c"}.get(packer, "cat")
    script = f"{{ {low}{command}; echo haystack-status $? >&2; }} | {low}{pack}"
    process = connection.start(script, stdin=subprocess.DEVNULL, lifetime=_LIFETIME)
    pipe = _Pipe(connection.node.name, process, watch, bwlimit)
    try:
        yield Said(_unpacked(pipe, packer), pipe)
    finally:
        pipe.drain()
        end(process)


def ready(handles: Sequence[int], seconds: float) -> list[int]:
    """Those of some handles that can be read, or have ended, within a time. select(2) knows none above 1023."""
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    return [handle for handle, _ in poll.poll(seconds * 1000)]


def _unpacked(pipe: _Pipe, packer: str) -> BinaryIO:
    if packer == "zstd":
        import zstandard

        packed = cast(BinaryIO, pipe)
        return cast(BinaryIO, zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(packed))
    if packer == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=io.BufferedReader(pipe), mode="rb"))
    return cast(BinaryIO, io.BufferedReader(pipe))


def _zstd_error() -> type[Exception]:
    import zstandard

    return zstandard.ZstdError


class _Pipe(io.RawIOBase):
    """A process's stdout, with its stderr read beside it so that neither stops the other."""

    def __init__(self, node: str, process: subprocess.Popen[bytes], watch: Watch, bwlimit: int) -> None:
        self.node = node
        self.moved = 0
        self.stderr = bytearray()
        assert process.stdout is not None
        assert process.stderr is not None
        self._out, self._err = process.stdout.fileno(), process.stderr.fileno()
        self._open = [self._out, self._err]
        self._watch = watch
        self._limit = bwlimit
        self._began = time.monotonic()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As files have it. Raises NodeError when nothing comes, Stop when the run is to end."""
        deadline = time.monotonic() + _STALLED
        while self._out in self._open:
            self._watch.check()
            if time.monotonic() > deadline:
                raise NodeError(self.node, "slow", f"nothing came for {_STALLED:.0f} s", "is it overloaded?")
            for handle in ready(self._open, _TICK):
                if handle == self._err:
                    self._words()
                    continue
                data = os.read(self._out, len(buffer))
                if not data:
                    self._open.remove(self._out)
                    break
                self.moved += len(data)
                self._hold_back()
                buffer[: len(data)] = data
                return len(data)
        return 0

    def _hold_back(self) -> None:
        """Wait until no more has come than may have."""
        if self._limit:
            self._watch.ended.wait(max(0.0, self.moved / self._limit - (time.monotonic() - self._began)))
            self._watch.check()

    def drain(self) -> None:
        """Read what is left of stderr, as far as it has come."""
        while self._out not in self._open and self._err in self._open and ready([self._err], 1):
            self._words()

    def _words(self) -> None:
        data = os.read(self._err, 4096)
        if not data:
            self._open.remove(self._err)
        # The last words tell how it ended.
        self.stderr = (self.stderr + data)[-_MOST_STDERR:]
