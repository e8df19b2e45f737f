"""Streams from child processes: each sends what it finds as it finds it, and waits while nobody reads.

``workers`` collects one answer a task; here there may be millions of items, so they are never held together. The
children are started and ended like those of ``workers``.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, Any

from ..errors import WorkerError
from .workers import failure, start_child

# Items sent at once, and for how long (seconds) news of progress may wait.
_BATCH = 256
_PATIENCE = 0.2
_LENGTH = struct.Struct("!I")


class Sender:
    """A child's end: ``send`` items, ``tick`` with the bytes done."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._items: list[Any] = []
        self._done = 0
        self._flushed = time.monotonic()

    def send(self, item: object) -> None:
        """One more item; goes out with others."""
        self._items.append(item)
        if len(self._items) >= _BATCH:
            self._flush()

    def tick(self, count: int) -> None:
        """So many bytes more are done."""
        self._done += count
        if time.monotonic() - self._flushed > _PATIENCE:
            self._flush()

    def end(self, good: bool, answer: object) -> None:
        """The last word: what the work returned, or why it failed."""
        self._flush()
        self._write(("end", good, answer))

    def _flush(self) -> None:
        self._write(("items", self._done, self._items))
        self._items, self._done = [], 0
        self._flushed = time.monotonic()

    def _write(self, message: tuple[object, ...]) -> None:
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        self._pipe.write(_LENGTH.pack(len(data)) + data)
        self._pipe.flush()


@contextmanager
def streamed(
    work: Sequence[Callable[[Sender], object]], tick: Callable[[int], None], take: Callable[[Any], None]
) -> Iterator[list[Iterator[Any]]]:
    """The items of each piece of work as a stream, each from a process of its own.

    ``tick`` is told of progress, ``take`` gets what a piece of work returned, once its stream has ended. An exception
    in a child is raised where its stream is read, WorkerError when a child died. Leaving ends the children.
    """
    children: list[tuple[int, IO[bytes]]] = []
    try:
        for piece in work:
            pid, end = start_child(partial(_run, piece))
            children.append((pid, os.fdopen(end, "rb", buffering=1 << 16)))
        yield [_received(pid, pipe, tick, take) for pid, pipe in children]
    finally:
        for pid, pipe in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            pipe.close()
        for pid, _ in children:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _run(piece: Callable[[Sender], object], pipe: IO[bytes]) -> None:
    sender = Sender(pipe)
    try:
        answer = piece(sender)
    except BrokenPipeError:  # nobody reads any more
        return
    except Exception as err:  # noqa: BLE001 - carried to the parent and raised there
        sender.end(False, failure(err))
    else:
        sender.end(True, answer)


def _received(pid: int, pipe: IO[bytes], tick: Callable[[int], None], take: Callable[[Any], None]) -> Iterator[Any]:
    while True:
        head = pipe.read(_LENGTH.size)
        data = pipe.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
        if not data:
            raise WorkerError(f"worker process {pid} ended without an answer; is the machine out of memory?")
        try:
            kind, about, content = pickle.loads(data)  # noqa: S301 - written by our own child
        except (EOFError, pickle.UnpicklingError) as err:
            raise WorkerError(f"worker process {pid} died while it answered") from err
        if kind == "items":
            tick(about)
            yield from content
        elif about:
            take(content)
            return
        else:
            raise content
