"""The live table of a fetch: what each busy node does, and the sums. Only where standard error is a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from ..pipeline.fetch import Progress

_TICK = 0.25
_BUSY = ("connecting", "listing", "fetching", "journal", "containers", "facts")


@contextmanager
def display() -> Iterator[Callable[[Mapping[str, Progress]], None] | None]:
    """What is told the progress of all nodes, once; None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.live import Live

    ended = threading.Event()
    threads: list[threading.Thread] = []

    def show(board: Mapping[str, Progress]) -> None:
        console = Console(stderr=True)
        rates = _Rates()

        def run() -> None:
            with Live(console=console, auto_refresh=False, transient=True) as live:
                while not ended.wait(_TICK):
                    live.update(table(board, rates, console.height), refresh=True)

        threads.append(threading.Thread(target=run, daemon=True))
        threads[0].start()

    try:
        yield show
    finally:
        ended.set()
        for thread in threads:
            thread.join(1)


class _Rates:
    """Bytes a second of each node, over the last seconds."""

    def __init__(self) -> None:
        self._seen: dict[str, list[tuple[float, int]]] = {}

    def __call__(self, node: str, size: int) -> float:
        now = time.monotonic()
        seen = self._seen.setdefault(node, [])
        seen.append((now, size))
        while len(seen) > 2 and seen[0][0] < now - 3:
            seen.pop(0)
        span = seen[-1][0] - seen[0][0]
        return (seen[-1][1] - seen[0][1]) / span if span > 0 else 0.0


def table(board: Mapping[str, Progress], rates: Callable[[str, int], float], height: int) -> Table:
    """The nodes that are busy, as many as fit, and the sums of all."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    for _ in range(2):
        grid.add_column(no_wrap=True)
    for _ in range(3):
        grid.add_column(justify="right", no_wrap=True)
    busy = [progress for progress in board.values() if progress.state in _BUSY]
    # Those that bring something are told first, then those that wait for an answer.
    busy.sort(key=lambda progress: (progress.state != "fetching", progress.node))
    speeds = {progress.node: rates(progress.node, progress.bytes) for progress in board.values()}
    for progress in busy[: max(1, height - 4)]:
        grid.add_row(
            progress.node,
            progress.state,
            f"{progress.files}/{progress.files_in_all} files" if progress.files_in_all else "",
            f"{progress.bytes / 1e6:,.1f}/{progress.bytes_in_all / 1e6:,.1f} MB" if progress.bytes_in_all else "",
            f"{speeds[progress.node] / 1e6:,.1f} MB/s" if speeds[progress.node] else "",
        )
    states = [progress.state for progress in board.values()]
    ended = len(states) - len(busy) - states.count("waiting")
    failed = states.count("failed") + states.count("partial")
    grid.add_row(
        f"{ended} of {len(states)} nodes",
        f"{failed} with troubles" if failed else "",
        f"{sum(progress.files for progress in board.values()):,} files",
        f"{sum(progress.bytes for progress in board.values()) / 1e6:,.1f} MB",
        f"{sum(speeds.values()) / 1e6:,.1f} MB/s",
        style="bold",
    )
    return grid
