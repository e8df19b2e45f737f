"""The stage of a node: where files come in, and from which only what is proven whole goes to its place.

Whole is what rsync, or we, renamed to its own name in the stage: both do so after the last byte was checked. It is
taken for the file it was asked for when the node lists the same inode under its path before and after: a log that was
rotated meanwhile is not. What is not whole lies in a directory ``PARTIAL`` and serves the next transfer as its basis.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ..writing import directory, permissions
from .manifest import Kept
from .model import Listed
from .names import OURS, PARTIAL, TEMPORARY, relative


class Stage:
    """The directories of one node: ``home`` is where its files go, ``state`` is ours, ``path`` the stage itself."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = home / OURS
        self.path = self.state / "stage"

    def make(self) -> None:
        """Make the directories. Raises OSError, also where one is a link."""
        self.home.mkdir(exist_ok=True)
        with directory(self.home, (OURS, "stage")):
            pass

    def whole(self) -> Iterator[tuple[str, int]]:
        """(path on the node, size) of what lies whole in the stage.

        On the way links and devices, which nobody asked for, are removed, and what a killed rsync left is kept as a
        partial file.
        """
        found: list[tuple[str, int]] = []
        for above, _, names, handle in os.fwalk(self.path, topdown=False, follow_symlinks=False):
            parts = Path(above).relative_to(self.path).parts
            for name in sorted(names):
                info = os.stat(name, dir_fd=handle, follow_symlinks=False)
                if not stat.S_ISREG(info.st_mode):
                    os.unlink(name, dir_fd=handle)
                elif PARTIAL in parts:
                    continue
                elif temporary := TEMPORARY.fullmatch(name):
                    _keep_part(handle, name, temporary["name"], info.st_size)
                else:
                    found.append(("/" + "/".join((*parts, name)), info.st_size))
        # os.fwalk tells links to directories as directories, and does not enter them.
        for _, directories, _, handle in os.fwalk(self.path, follow_symlinks=False):
            for name in directories:
                if stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                    os.unlink(name, dir_fd=handle)
        yield from found

    def drop(self, path: str) -> None:
        """Take a file that nobody asked for out of the stage."""
        parts = relative(path).split("/")
        with suppress(OSError), directory(self.path, parts[:-1], make=False) as handle:
            os.unlink(parts[-1], dir_fd=handle)

    def keep_as_part(self, path: str) -> None:
        """Make a file that came whole, but may not be the one that was asked for, the basis of its next transfer."""
        parts = relative(path).split("/")
        with suppress(OSError), directory(self.path, parts[:-1]) as handle:
            size = os.stat(parts[-1], dir_fd=handle, follow_symlinks=False).st_size
            _keep_part(handle, parts[-1], parts[-1], size)

    def parts(self, wanted: Mapping[str, Listed]) -> dict[str, int]:
        """Sizes of the partial files of what is wanted; others are removed, and those shorter than what is here."""
        sizes: dict[str, int] = {}
        for above, _, names, handle in os.fwalk(self.path, follow_symlinks=False):
            here = Path(above).relative_to(self.path)
            if here.name != PARTIAL:
                continue
            for name in names:
                path = "/" + (here.parent / name).as_posix()
                info = os.stat(name, dir_fd=handle, follow_symlinks=False)
                if path not in wanted or not stat.S_ISREG(info.st_mode) or info.st_size <= self.size_here(path):
                    os.unlink(name, dir_fd=handle)
                else:
                    sizes[path] = info.st_size
        return sizes

    def promote(self, path: str, kept: Kept) -> None:
        """Put a whole file into its place. Raises OSError, also where something else stands in its way."""
        parts = relative(path).split("/")
        with directory(self.path, parts[:-1], make=False) as here, directory(self.home, parts[:-1]) as there:
            name = parts[-1]
            os.chmod(name, permissions(), dir_fd=here)  # a mode of the node's could forbid us to read it
            os.utime(name, ns=(kept.mtime, kept.mtime), dir_fd=here, follow_symlinks=False)
            os.rename(name, name, src_dir_fd=here, dst_dir_fd=there)

    def move(self, path: str, to: str) -> None:
        """Rename a file here as it was renamed there. Raises OSError."""
        old, new = relative(path).split("/"), relative(to).split("/")
        with directory(self.home, old[:-1], make=False) as here, directory(self.home, new[:-1]) as there:
            os.rename(old[-1], new[-1], src_dir_fd=here, dst_dir_fd=there)

    def remove(self, path: str) -> None:
        """Take a file away from its place. Raises OSError."""
        parts = relative(path).split("/")
        with directory(self.home, parts[:-1], make=False) as here:
            os.unlink(parts[-1], dir_fd=here)

    def has(self, path: str, kept: Kept) -> bool:
        """Whether the file in its place is the one that was kept."""
        try:
            info = (self.home / relative(path)).lstat()
        except OSError:
            return False
        # File systems with whole seconds only are put up with.
        is_old = abs(info.st_mtime_ns - kept.mtime) < 2 * 10**9
        return stat.S_ISREG(info.st_mode) and info.st_size == kept.size and is_old

    def size_here(self, path: str) -> int:
        """The size of the file in its place; -1 where there is none."""
        try:
            info = (self.home / relative(path)).lstat()
        except OSError:
            return -1
        return info.st_size if stat.S_ISREG(info.st_mode) else -1

    def clear(self) -> None:
        """Take away what is empty."""
        for above, _, _ in os.walk(self.path, topdown=False):
            if Path(above) != self.path:
                with suppress(OSError):
                    Path(above).rmdir()


def _keep_part(handle: int, name: str, wanted: str, size: int) -> None:
    with suppress(FileExistsError):
        os.mkdir(PARTIAL, dir_fd=handle)
    part = os.open(PARTIAL, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
    try:
        try:
            if os.stat(wanted, dir_fd=part, follow_symlinks=False).st_size >= size:
                os.unlink(name, dir_fd=handle)
                return
        except FileNotFoundError:
            pass
        os.rename(name, wanted, src_dir_fd=handle, dst_dir_fd=part)
    finally:
        os.close(part)
