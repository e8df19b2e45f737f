"""The same work for many nodes at once: a bounded number of threads, every trouble kept as its node's."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ..errors import NodeError
from ..settings import Node

_Result = TypeVar("_Result")


def each(
    nodes: Sequence[Node], work: Callable[[Node], _Result], parallel: int
) -> Iterator[tuple[Node, _Result | NodeError]]:
    """(node, what ``work`` made of it, or why it failed), as they come.

    A node's work has one thread, which ends after it. ^C ends the iteration at once: the threads are not waited for.
    """
    waiting: queue.SimpleQueue[Node] = queue.SimpleQueue()
    for node in nodes:
        waiting.put(node)
    done: queue.SimpleQueue[tuple[Node, _Result | NodeError]] = queue.SimpleQueue()

    def run() -> None:
        while True:
            try:
                node = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((node, work(node)))
            except NodeError as err:
                done.put((node, err))
            except Exception as err:  # noqa: BLE001 - the per-node worker: one node's trouble, kept
                done.put((node, NodeError(node.name, "failed", f"unexpected {type(err).__name__}: {err}")))

    for _ in range(min(parallel, len(nodes))):
        threading.Thread(target=run, daemon=True).start()
    for _ in nodes:
        yield done.get()
