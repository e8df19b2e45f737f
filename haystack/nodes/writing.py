"""Files of ours written whole or not at all, and never through a link."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

_HERE = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def write_whole(path: Path, data: bytes) -> None:
    """Put bytes into a file's place, whole or not at all, and onto the disk; its directory is ours. Raises OSError."""
    with directory(path.parent, ()) as handle:
        write_in(handle, path.name, data, durable=True)


def write_in(directory: int, name: str, data: bytes, *, durable: bool = False, by: int | None = None) -> None:
    """Put bytes into a file of an open directory, whole or not at all. Raises OSError.

    What a killed run leaves of it is left in the directory ``by``, the same one unless given.
    """
    by = directory if by is None else by
    temporary = f".{name[:200]}.{secrets.token_hex(3)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    handle = os.open(temporary, flags, permissions(), dir_fd=by)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=by, dst_dir_fd=directory)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=by)
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
