"""The private directory that logs and configuration of archives are written to: each file is asked several times.

Names of an archive never reach the file system: spooled files are numbered.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path

from ...errors import SourceError, UnreadableError
from ..query import Trouble
from .limits import Limits

# What the directories are called: those of this run and of others are no logs, where they lie below a root.
SPOOL_PREFIX = "haystack-spool-"
_CHUNK = 1 << 20


class NoRoomError(UnreadableError):
    """The private directory cannot take more."""


class Spool:
    """The private directory of one run; it goes with the object, at the latest when the process ends.

    A process that is killed with SIGKILL leaves it behind, as ``haystack-spool-…`` below ``$TMPDIR``.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.troubles: list[Trouble] = []
        self.skipped: list[Trouble] = []
        try:
            self.directory = Path(tempfile.gettempdir()) / f"{SPOOL_PREFIX}{secrets.token_hex(8)}"
            # Registered before it is there: a signal may come in between.
            self._remove = weakref.finalize(self, _remove, self.directory, os.getpid())
            self.directory.mkdir(mode=0o700)
        except OSError as err:
            raise SourceError(f"no place to unpack archives: {err}; set TMPDIR") from err
        self._count = 0

    def close(self) -> None:
        """Remove the directory."""
        self._remove()

    def write(self, read: Callable[[int], bytes], modified: float) -> tuple[Path, int, UnreadableError | None]:
        """Spool what ``read`` gives: the file, its size, and what ended it early: damage, or a limit.

        Raises NoRoomError, and leaves no part of the file then: what is left of the room is for other files.
        """
        self._count += 1
        path = self.directory / f"{self._count:07}"
        size, ended = 0, None
        try:
            with path.open("xb") as file:
                while True:
                    try:
                        data = read(_CHUNK)
                    except UnreadableError as err:
                        ended = err
                        break
                    if not data:
                        break
                    size += len(data)
                    file.write(data)
                    file.flush()
            # The year of a syslog line is told by the file's time.
            os.utime(path, (modified, modified))
        except OSError as err:
            path.unlink(missing_ok=True)
            raise NoRoomError(
                f"not unpacked to its end: {self.directory.parent}: {err.strerror}; set TMPDIR to a"
                " directory with more room"
            ) from err
        return path, size, ended


def _remove(directory: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked worker shares the object, not the directory
        shutil.rmtree(directory, ignore_errors=True)


def possible_time(modified: float) -> float:
    """A time that a file can have."""
    return modified if 0 <= modified < 1 << 33 else time.time()
