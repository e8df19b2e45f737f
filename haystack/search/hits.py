"""Hits of a scan in one file: every one of an id, a sample of a pattern's literal, so that a storm costs no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..record import Record
from ..scanner import Scanner
from .discover import LogFile
from .reading import Lines
from .samples import Stand

# A literal's hits in one file: all of the first so many, then ever fewer.
_ALL_OF_FIRST = 6
# Lines of one file and question; an id that is in more lines than this is a log storm of its own.
MOST_HITS = 20_000


class Hits:
    """Offsets of hits in one file, of several scanners; each comes with whether its hits are sampled."""

    def __init__(self, scanners: list[tuple[Scanner, bool]]) -> None:
        self._scanners = scanners
        self._offsets: list[int] = []
        self._counts = [[0] * len(scanner.literals) for scanner, _ in scanners]
        self._lost = 0
        self._taken = 0

    def scan(self, data: memoryview, base: int) -> None:
        """Scan bytes that start at offset ``base`` of the file."""
        for (scanner, sampled), counts in zip(self._scanners, self._counts, strict=True):
            scanner.scan(data, self._taker(scanner, counts, base, sampled))

    def _taker(self, _scanner: Scanner, counts: list[int], base: int, sampled: bool) -> Callable[[int, int], None]:
        offsets = self._offsets

        def sample(number: int, end: int) -> None:
            count = counts[number] = counts[number] + 1
            # After the first ones every 2nd, 4th, 8th … so that a change in the middle of a storm is still seen.
            if count <= _ALL_OF_FIRST or not count % (1 << (count // _ALL_OF_FIRST).bit_length()):
                offsets.append(base + end - 1)

        def every(_number: int, end: int) -> None:
            self._taken += 1
            if self._taken <= MOST_HITS:
                offsets.append(base + end - 1)
            else:
                self._lost += 1

        return sample if sampled else every

    def finish(self, before: int | None = None) -> None:
        """No more is scanned."""

    def found(self, records: Iterable[Record], lines: Lines) -> None:
        """Nothing is counted here."""

    def stands(self) -> list[Stand]:
        """Nothing is counted here."""
        return []

    @property
    def waiting(self) -> bool:
        """Whether there are hits whose lines were not asked for yet."""
        return bool(self._offsets)

    def line_starts(self, lines: Lines, before: int | None = None) -> list[int]:
        """Starts of the lines that were hit, ascending; with ``before``, later hits stay for the next call."""
        ready = sorted(offset for offset in self._offsets if before is None or offset < before)
        self._offsets[:] = [offset for offset in self._offsets if before is not None and offset >= before]
        starts: list[int] = []
        known_end = -1
        for offset in ready:
            if starts and offset < known_end:
                continue
            start = lines.start_of(offset)
            if not starts or start > starts[-1]:
                starts.append(start)
                known_end = offset
        return starts

    def notes(self, file: LogFile) -> list[str]:
        """A sentence for the coverage when hits of ids had to be left out."""
        if not self._lost:
            return []
        return [f"{file.source}: {self._lost} more lines with the ids asked for were not looked at"]
