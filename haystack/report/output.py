"""Where a report goes: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UsageError


def write(text: str, path: Path | None) -> None:
    """Text to a file, whole or not at all, or to standard output; see ``opened``."""
    with opened(path) as put:
        put(text)


@contextmanager
def opened(path: Path | None) -> Iterator[Callable[[str], object]]:
    """What to call with each piece of a report: it goes to standard output (None or ``-``), or to a file.

    A file is written whole or not at all; a device or pipe is written to, never replaced. Raises UsageError when the
    file cannot be written.
    """
    if path is None or str(path) == "-":
        yield sys.stdout.write
        sys.stdout.flush()
        return
    with _cannot_be_written(path):
        target = path.resolve()  # a link keeps leading where it leads
        through = target.exists() and not target.is_file()
    if through:
        with _cannot_be_written(path), target.open("w", encoding="utf-8", errors="replace") as file:
            yield file.write
        return
    import tempfile

    with _cannot_be_written(path):
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with _cannot_be_written(path), os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            yield file.write
        with _cannot_be_written(path):
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
            Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _cannot_be_written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise UsageError(f"-o {path}: cannot be written: {err.strerror}") from err
