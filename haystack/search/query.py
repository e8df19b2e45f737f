"""The one question asked of any log source, what answers it, and what could not be read.

``trace`` asks for ids over everything first, then for linked ids and all patterns' literals in a window.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

from ..record import Record


class Query(NamedTuple):
    """What to look for: records that hold one of ``ids`` or one of ``literals``, inside the window.

    ``ids`` are texts of which every occurrence counts. ``literals`` (the patterns' prefilter) are sampled where
    they occur thousands of times in one file, so that a log storm costs no more than a quiet log; a record they
    bring may still match no pattern. Of those ``in_order`` many more are read first, for what counts is which records
    come before and after. Of lines with one of ``tracked`` the last word on each thing they name is read: what is said
    of controller1 is not said of controller2. ``since`` and ``until`` are aware times, both inclusive, None for open.
    ``nodes`` and ``services`` restrict the files read; empty for all.
    """

    ids: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    in_order: frozenset[str] = frozenset()
    tracked: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    nodes: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()


class Trouble(NamedTuple):
    """Something that could not be read, or not wholly: where, and why in words."""

    path: str
    reason: str


class Live(NamedTuple):
    """How logs were searched on the nodes they lie on: how many nodes answered, and how many bytes travelled."""

    nodes: int
    moved: int


class Coverage(NamedTuple):
    """What was read. ``files`` and ``bytes`` (as stored on disk) count each file once, however often it was asked.

    ``unreadable`` makes the exit code 3. ``skipped`` are files that hold no log text (binary, pictures).
    ``unparsed_lines`` counts lines looked at that no format knows. ``notes`` are bounds that were reached.
    ``live`` is None where the logs are here.
    """

    files: int = 0
    bytes: int = 0
    unreadable: tuple[Trouble, ...] = ()
    skipped: tuple[Trouble, ...] = ()
    unparsed_lines: int = 0
    notes: tuple[str, ...] = ()
    live: Live | None = None


class Engine(Protocol):
    """A place where logs are searched."""

    def search(self, query: Query) -> Iterable[Record]:
        """Records that answer the query, in no particular order. Raises nothing for what it cannot read."""
        ...

    def coverage(self) -> Coverage:
        """What was read so far, and what could not be."""
        ...
