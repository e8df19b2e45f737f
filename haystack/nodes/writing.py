"""Files of ours written whole or not at all, and never through a link."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

_HERE = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def write_whole(path: Path, data: bytes, durable: bool = True) -> None:
    """Put bytes into a file's place, whole or not at all; the directory is ours. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).chmod(permissions())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def directory(root: Path, parts: Sequence[str], *, make: bool = True) -> Iterator[int]:
    """A handle on a directory below ``root``, no part of the way to it a link. Raises OSError where one is."""
    handle = os.open(root, _HERE)
    try:
        for part in parts:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=handle)
            below = os.open(part, _HERE, dir_fd=handle)
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


@lru_cache(maxsize=1)
def permissions() -> int:
    """Those that files get by the user's umask. It can only be asked by setting it: ask before there are threads."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
