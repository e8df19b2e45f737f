"""What the processes of a space take while something runs: memory, open files, processes, at their most."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .space import Space

_EVERY = 0.25


class Load:
    """The most that was seen at once. ``of_one`` are those of the process that took most, without its children."""

    def __init__(self) -> None:
        self.memory = 0  # bytes that are the processes' own, with their share of what they share
        self.files = 0
        self.processes = 0
        self.memory_of_one = 0
        self.files_of_one = 0

    def __str__(self) -> str:
        return (
            f"{self.processes} processes, {self.memory / 1e6:,.0f} MB, {self.files} open files at the most;"
            f" the largest process {self.memory_of_one / 1e6:,.0f} MB, {self.files_of_one} open files"
        )

    def note(self, pids: list[int]) -> None:
        """Look at processes as they are now."""
        seen = [found for found in map(_look, pids) if found is not None]
        self.processes = max(self.processes, len(seen))
        self.memory = max(self.memory, sum(memory for memory, _ in seen))
        self.files = max(self.files, sum(files for _, files in seen))
        self.memory_of_one = max(self.memory_of_one, *(memory for memory, _ in seen), 0)
        self.files_of_one = max(self.files_of_one, *(files for _, files in seen), 0)


@contextmanager
def watched(space: Space) -> Iterator[Load]:
    """Watch all that runs in a space while the block lasts."""
    load = Load()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY):
            load.note([process.pid for process in space.processes()])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield load
    finally:
        ended.set()
        thread.join()


def _look(pid: int) -> tuple[int, int] | None:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names are not wanted
    except OSError:
        return None  # it is gone
    return next((int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Pss:")), 0), files
