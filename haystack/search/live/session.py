"""The shell on one node: questions go in as they come, answers come back in their order."""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
import zlib
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as LateError
from contextlib import suppress
from typing import IO

from ...errors import NodeError
from ...nodes.reasons import last_words, sudo_refused
from ...nodes.ssh import Connection, reap
from .script import SCRIPT

# An answer that takes longer (s) is not waited for. A grep through all files is ended on the node before that.
PATIENCE = 330.0
# No question of ours has a longer answer.
_MOST_BYTES = 256 << 20
_LONGEST_LINE = 1 << 16
# A login shell that greets is put up with.
_GREETING = 16 << 10
# Seconds in which a shell that has nothing to do ends.
_PARTING = 2.0


class _Stream:
    """What comes from a node: lines, and gzip streams among them. ``count`` is how many bytes came."""

    def __init__(self, out: IO[bytes]) -> None:
        self._fd = out.fileno()
        self._rest = b""
        self.count = 0

    def _more(self) -> bool:
        data = os.read(self._fd, 1 << 16)
        self.count += len(data)
        self._rest += data
        return bool(data)

    def line(self) -> bytes:
        """A line with its end; nothing at the end of all, or where a line has none."""
        while (end := self._rest.find(b"\n") + 1) == 0:
            if len(self._rest) > _LONGEST_LINE or not self._more():
                return b""
        line, self._rest = self._rest[:end], self._rest[end:]
        return line

    def unpacked(self, most: int) -> bytes | None:
        """The text of a gzip stream; None where it is cut off, or longer than allowed. Raises zlib.error."""
        unpack = zlib.decompressobj(wbits=31)
        parts: list[bytes] = []
        size = 0
        while not unpack.eof:
            if not self._rest and not self._more():
                return None
            parts.append(unpack.decompress(self._rest, most - size + 1))
            size += len(parts[-1])
            if size > most:
                return None
            self._rest = unpack.unused_data
        return b"".join(parts)


class Session:
    """A shell on a node, until ``close``; ``ask`` may be called by any thread while one runs ``read``.

    ``sent`` and ``received`` count the bytes that travelled, as ssh is given them.
    """

    def __init__(self, connection: Connection) -> None:
        self.node = connection.node.name
        self.mark = secrets.token_hex(16).encode()
        self.sent = 0
        self.received = 0
        self._connection = connection
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[bytes]] = {}
        self._count = 0
        self._error: NodeError | None = None
        self._process: subprocess.Popen[bytes] = connection.start(SCRIPT)
        self._write(self.mark + b"\n")

    def ask(self, op: str, one: bytes = b"", two: bytes = b"", *words: int) -> bytes:
        """What the node answers. Raises NodeError when it does not, or no sense is in it."""
        future: Future[bytes] = Future()
        with self._lock:
            if self._error is not None:
                raise self._error
            self._count += 1
            number = self._count
            self._waiting[number] = future
            head = " ".join((op, str(number), str(len(one)), str(len(two)), *map(str, words)))
            self._write(head.encode() + b"\n" + one + two)
        try:
            return future.result(PATIENCE)
        except LateError:
            error = NodeError(self.node, "slow", f"no answer within {PATIENCE:.0f} s", "is it overloaded?")
            self._fail(error)
            raise error from None

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except (OSError, ValueError):
            pass  # whoever reads the answers learns why
        self.sent += len(data)

    def read(self) -> None:
        """Hand out the answers until there are no more."""
        assert self._process.stdout is not None
        try:
            self._fail(self._read(_Stream(self._process.stdout)))
        except (OSError, ValueError, zlib.error):
            self._fail(self._garbage())

    def _read(self, out: _Stream) -> NodeError:
        """Hand out the answers; why there are no more."""
        greeting = 0
        while line := out.line():
            self.received = out.count
            if line.startswith(b"! "):
                tool = line[2:40].decode("ascii", "replace").strip()
                return NodeError(self.node, "tool", f"{tool} is missing there", f"install {tool}")
            if not line.startswith(b"> "):
                greeting += len(line)
                if greeting > _GREETING:
                    return self._garbage()
                continue
            greeting = _GREETING
            number = int(line[2:])
            data = out.unpacked(_MOST_BYTES)
            self.received = out.count
            future = self._waiting.get(number)
            if data is None or future is None or out.line() != b"< %d\n" % number:
                return self._garbage()
            with self._lock:
                self._waiting.pop(number, None)
            with suppress(InvalidStateError):  # whoever asked has given up meanwhile
                future.set_result(data)
        return self._lost()

    def _garbage(self) -> NodeError:
        if self._process.poll() is not None:
            return self._lost()
        return NodeError(self.node, "garbage", "what it answers is not what was asked for")

    def _lost(self) -> NodeError:
        words = ""
        with suppress(subprocess.TimeoutExpired, OSError, ValueError):
            self._process.wait(5)
            assert self._process.stderr is not None
            words = self._process.stderr.read(4096).decode("utf-8", "replace")
        if self._process.returncode in (255, None) or self._process.returncode < 0:
            return self._connection.lost(words)
        node = self._connection.node
        refused = sudo_refused(node, words) if node.sudo else None
        if refused is not None:
            return refused
        says = last_words(words)
        return NodeError(self.node, "lost", f"its shell ended{': ' if says else ''}{says}")

    def _fail(self, error: NodeError) -> None:
        """Nobody waits any longer, and no more is asked."""
        with self._lock:
            self._error = self._error or error
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            with suppress(InvalidStateError):
                future.set_exception(self._error)
        self._process.kill()

    def close(self) -> None:
        """End the shell; it ends when its input does."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PARTING if self._error is None else 0)
        self._fail(NodeError(self.node, "lost", "the session was closed"))
        reap(self._process)
