"""Progress of long work: on standard error, and only when that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Work that is done before this (seconds) shows nothing.
_PATIENCE = 0.5


@contextmanager
def progress_display() -> Iterator[Callable[[int, int], None] | None]:
    """A function to call with (bytes done, bytes in all), or None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    began = time.monotonic()
    shown = False

    def show(done: int, total: int) -> None:
        nonlocal shown
        if time.monotonic() - began < _PATIENCE or not total:
            return
        shown = True
        sys.stderr.write(f"\rsearching {min(100, done * 100 // total)} % of {total / 1e6:,.0f} MB \x1b[K")
        sys.stderr.flush()

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
