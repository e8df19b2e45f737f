"""What a walk through the records of one file is given, whether the file is plain or a stream."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from ..formats import Line, Place, fold
from ..record import Record
from ..scanner import Scanner
from .discover import LogFile
from .look import Facts
from .query import Query
from .seek import Seek


class FilePass(NamedTuple):
    """What the reading of one file needs: how to parse it, what to look for, whom to tell.

    ``window`` is as wide as what may be wanted, ``block`` is how much is read at once; ``tick`` is told the bytes done
    (as stored), ``trouble`` what went wrong: what was read before still comes out; ``lines_read`` how many lines went
    by where all are folded. ``reference`` tells the year of stamps that have none, as in ``fold``.
    """

    file: LogFile
    facts: Facts
    to_utc: Callable[[datetime], datetime]
    window: Query
    seek: Seek
    scanner: Scanner | None
    block: int
    tick: Callable[[int], None]
    trouble: Callable[[str], None]
    lines_read: Callable[[int], None]
    reference: datetime | None = None

    @property
    def place(self) -> Place:
        """What all records of the file share."""
        return Place(self.file.node, self.file.service, self.file.path, self.file.source)

    def fold(
        self, lines: Iterable[Line], time: datetime | None = None, wanted: Container[int] | None = None
    ) -> Iterator[Record]:
        """Records of consecutive lines of the file."""
        return fold(lines, self.facts.formats, self.place, self.to_utc, time, wanted, self.reference)
