"""What a fetch is told, what it finds, and what it answers for one node."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

# Room for what a file may grow by while it is fetched: a busy debug log writes some MB a second.
_GROWTH = 64 << 20


class Listed(NamedTuple):
    """A regular file as the node lists it; times are the node's own, in ns since 1970."""

    path: str
    device: int
    inode: int
    size: int
    mtime: int
    readable: bool = True

    def is_same_file(self, other: Listed) -> bool:
        """Whether both are one file, however long it is by now."""
        return (self.device, self.inode) == (other.device, other.inode)

    @property
    def most(self) -> int:
        """How long it may be when it comes."""
        return self.size + max(_GROWTH, self.size // 4)


class Wanted(NamedTuple):
    """What is to be brought of each node.

    ``is_log`` tells by a file's name whether it may be a log, ``is_config`` by a path whether it is configuration that
    somebody reads.
    """

    is_log: Callable[[str], bool]
    is_config: Callable[[str], bool]
    since: datetime | None = None
    until: datetime | None = None
    journal: bool = True
    facts: bool = True
    bwlimit: int = 0  # bytes a second for each node, 0 for no limit


class Refusal(NamedTuple):
    """A file or directory that was not brought: where, a word of ``nodes.reasons``, in words, and what to try."""

    path: str
    reason: str
    says: str
    fix: str = ""


class Progress:
    """How far a node is; written by the one thread that works on it, read by whoever shows it."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.state = "waiting"
        self.files = 0
        self.files_in_all = 0
        self.bytes = 0
        self.bytes_in_all = 0


class Stop(Exception):  # noqa: N818 - no error: ^C
    """The run is to end."""


class Watch:
    """What the threads of a run share: whether it is to end. ``check`` raises Stop then."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def check(self) -> None:
        """Raises Stop once the run is to end."""
        if self.ended.is_set():
            raise Stop


class NodeFetch(NamedTuple):
    """What became of one node.

    ``state`` is done, partial (some files or sources failed) or failed (then ``reason``, ``says`` and ``fix`` tell).
    ``renamed`` were moved here as they were rotated there, ``left_out`` are not wanted, ``refused`` have names that are
    not accepted, ``vanished`` are here and no longer there. ``size`` is that of all new and changed files, ``moved``
    what went over the wire for them.
    """

    node: str
    state: str = "done"
    reason: str = ""
    says: str = ""
    fix: str = ""
    transport: str = ""
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    renamed: int = 0
    left_out: int = 0
    refused: int = 0
    failed: int = 0
    vanished: int = 0
    size: int = 0
    moved: int = 0
    seconds: float = 0.0
    troubles: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    journal: int = 0  # entries' bytes
    containers: int = 0
    fetched: str = ""  # when what is here was last brought, ISO 8601; empty for never


class Fetch(NamedTuple):
    """What a run of ``fetch`` did; ``nodes`` in the order they were given. ``problems`` are the run's own."""

    to: Path
    nodes: tuple[NodeFetch, ...]
    began: datetime
    seconds: float
    since: datetime | None = None
    until: datetime | None = None
    problems: tuple[str, ...] = ()
