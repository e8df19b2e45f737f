"""Progress of long work: on standard error, and only when that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Work that is done before this (seconds) shows nothing.
_PATIENCE = 0.5


class Progress:
    """A line of progress; ``clear`` takes it away, before something else is written to the terminal."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._began < _PATIENCE or not total:
            return
        self._shown = True
        sys.stderr.write(f"\rsearching {min(100, done * 100 // total)} % of {total / 1e6:,.0f} MB \x1b[K")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away until there is more progress."""
        if self._shown:
            self._shown = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def progress_display() -> Iterator[Progress | None]:
    """What to call with (bytes done, bytes in all), or None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    progress = Progress()
    try:
        yield progress
    finally:
        progress.clear()


@contextmanager
def count_display(done_word: str) -> Iterator[Callable[[int, int], None] | None]:
    """What to call with (nodes done, nodes in all), or None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done_word} {done} of {total} nodes \x1b[K")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
