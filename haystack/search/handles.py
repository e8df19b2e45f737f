"""Many plain files read in turn, of which only so many are held open at once."""

from __future__ import annotations

import os
from collections import OrderedDict

from ..errors import UnreadableError

# Others are opened again when their turn comes.
_MOST_OPEN = 64


class Handles:
    """Reads of many plain files, of which only so many are held open."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, int] = OrderedDict()
        self._known: dict[str, tuple[int, int]] = {}

    def pread(self, source: str, size: int, offset: int) -> bytes:
        """Bytes of a file. Raises OSError; UnreadableError when the file was replaced since it was first read."""
        return os.pread(self.fd(source), size, offset)

    def fd(self, source: str) -> int:
        """The descriptor of a file, for use at once."""
        fd = self._open.get(source)
        if fd is not None:
            self._open.move_to_end(source)
            return fd
        fd = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        info = os.fstat(fd)
        identity = (info.st_dev, info.st_ino)
        if self._known.setdefault(source, identity) != identity:
            os.close(fd)
            raise UnreadableError("replaced while being read (rotated?); read up to there")
        self._open[source] = fd
        while len(self._open) > _MOST_OPEN:
            os.close(self._open.popitem(last=False)[1])
        return fd

    def close(self, source: str) -> None:
        """The file is not needed any more."""
        fd = self._open.pop(source, None)
        if fd is not None:
            os.close(fd)
