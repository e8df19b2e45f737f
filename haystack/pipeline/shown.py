"""Line numbers for what is shown: counting lines costs as much as scanning, so nobody else has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..diagnose.model import Evidence
from ..record import Record
from ..search.files import FilesEngine


class Shown:
    """Line numbers of the records that are shown."""

    def __init__(self, engine: FilesEngine, shown: Iterable[Record]) -> None:
        self._numbered = {record.place: record for record in engine.numbered(shown)}

    def record(self, record: Record) -> Record:
        """The record with its line number."""
        return self._numbered[record.place]

    def of(self, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """Evidence with the line numbers of its records."""
        return tuple(item._replace(record=self.record(item.record)) for item in evidence)
