"""Room on the disk the logs go to: asked before a node begins, and watched while it comes."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import NodeError

_LARGEST_RESERVE = 1 << 30


class Room:
    """What is free below a directory, less a reserve and what other nodes were promised. Shared by threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._promised = 0
        info = os.statvfs(directory)
        self.reserve = min(info.f_frsize * info.f_blocks // 20, _LARGEST_RESERVE)

    def free(self) -> int:
        """Bytes that may still be written; less than 0 when the reserve is touched."""
        info = os.statvfs(self._directory)
        return info.f_frsize * info.f_bavail - self.reserve

    @contextmanager
    def promised(self, node: str, size: int) -> Iterator[Callable[[int], None]]:
        """Keep so many bytes for a node while it comes; yields what to tell how many have come.

        Raises NodeError when they are not there.
        """
        left = 0

        def came(so_far: int) -> None:
            nonlocal left
            with self._lock:
                before, left = left, max(0, size - so_far)
                self._promised += left - before

        with self._lock:
            free = self.free() - self._promised
            if size > free:
                raise NodeError(
                    node,
                    "disk-full",
                    f"its logs need {_megabytes(size)}, here are {_megabytes(max(0, free))} to spare",
                    "make room, choose another --to, or a later --since",
                )
            left = size
            self._promised += size
        try:
            yield came
        finally:
            came(size)

    def check(self, node: str) -> None:
        """Raises NodeError when the reserve is touched."""
        if self.free() < 0:
            raise NodeError(node, "disk-full", "no room is left here", "make room, and fetch again: it goes on")


def is_full(error: OSError) -> bool:
    """Whether an error is that of a full disk or quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
