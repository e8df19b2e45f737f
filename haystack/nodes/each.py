"""The same work for many nodes at once, in threads, a bounded number at a time. What goes wrong stays with its node."""

from __future__ import annotations

import queue
import resource
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from ..errors import NodeError
from ..settings import Node

_Result = TypeVar("_Result")
# A login, a transfer over it and the directories it goes to, and as many again.
_FILES = 32


def each(
    nodes: Sequence[Node], work: Callable[[Node], _Result], parallel: int
) -> Iterator[tuple[Node, _Result | NodeError]]:
    """``work`` of each node, or why it failed, as they are done.

    Each node's work is done by one thread from begin to end, so that processes held by it live as long as the work. The
    threads do not keep the interpreter: whoever stops asking (^C) and ends, ends them.
    """
    _allow_files(_FILES * min(parallel, len(nodes)))
    waiting: queue.SimpleQueue[Node] = queue.SimpleQueue()
    for node in nodes:
        waiting.put(node)
    done: queue.SimpleQueue[tuple[Node, _Result | NodeError]] = queue.SimpleQueue()
    stopped = threading.Event()

    def worker() -> None:
        while not stopped.is_set():
            try:
                node = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((node, work(node)))
            except NodeError as err:
                done.put((node, err))
            except Exception as err:  # noqa: BLE001 - one node's bug must not end the others
                done.put((node, NodeError(node.name, "failed", f"unexpected {type(err).__name__}: {err}")))

    for number in range(min(parallel, len(nodes))):
        threading.Thread(target=worker, name=f"nodes-{number}", daemon=True).start()
    try:
        for _ in nodes:
            yield done.get()
    finally:
        stopped.set()


def _allow_files(count: int) -> None:
    """Let this process open so many files besides, as far as the system lets it: by default it is 1024 in all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 512 if hard == resource.RLIM_INFINITY else min(count + 512, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
