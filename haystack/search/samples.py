"""Hits of a scan in one file, sampled by what their lines say, each counted: what triage asks of everything.

Ten million lines of one storm are read as a few of them, and not one is left uncounted: a line that is not looked at is
counted for the one like it that was. Lines are alike when they differ in digits and hex letters only.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ..record import Record
from ..scanner import Scanner
from .discover import LogFile
from .reading import Lines

# Of lines that are alike all of the first so many are looked at, then ever fewer, and the last one.
_ALL_OF_FIRST = 3
# More kinds of lines in one file than this are counted as one: whatever they are, they are no kinds.
_MOST_KINDS = 2000
# So many bytes around a hit tell what a line says; in so many before it is the request id.
_AROUND = 70
_CONTEXT = 300
_VARYING = b"0123456789abcdef"
_ID = b"req-"
_ID_LENGTH = 40
_WHOLE_ID = re.compile(rb"req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Request ids that are kept for one kind of lines.
_MOST_REQUESTS = 5000


class Stand(NamedTuple):
    """The line that starts at ``start`` stands for ``times`` lines like it, itself included, of these requests."""

    start: int
    times: int
    requests: frozenset[str]


class Sample(NamedTuple):
    """A record and how many it stands for, itself included; ``requests`` are ids in the lines of these."""

    record: Record
    times: int
    requests: frozenset[str]


class _Kind:
    """Lines that are alike: how many, which hits are looked at, and how many each of these stands for."""

    __slots__ = ("counts", "last", "offsets", "requests", "seen")

    def __init__(self) -> None:
        self.seen = 0
        self.offsets: list[int] = []
        self.counts: list[int] = []
        self.last = -1
        self.requests: set[bytes] = set()


class Samples:
    """Stands in for ``Hits``: the hits to look at in one file, and whom each of them stands for."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._kinds: dict[tuple[int, bytes], _Kind] = {}
        self._waiting: list[int] = []
        self._starts: dict[int, int] = {}

    def scan(self, data: memoryview, base: int) -> None:
        """Scan bytes that start at offset ``base`` of the file."""
        self._scanner.scan(data, self._taker(data, base))

    def _taker(self, data: memoryview, base: int) -> Callable[[int, int], None]:
        kinds, waiting = self._kinds, self._waiting

        def take(number: int, end: int) -> None:
            low = max(0, end - _CONTEXT)
            line = bytes(data[low : end + _CONTEXT])
            here = end - low
            start = line.rfind(b"\n", 0, here) + 1
            stop = line.find(b"\n", here)
            stop = len(line) if stop < 0 else stop
            said = line[max(start, here - _AROUND) : min(stop, here + _AROUND)].translate(None, _VARYING)
            kind = kinds.get((number, said))
            if kind is None:
                kind = kinds.setdefault((number, said if len(kinds) < _MOST_KINDS else b""), _Kind())
            count = kind.seen = kind.seen + 1
            if count <= _ALL_OF_FIRST or not count % (1 << (count // _ALL_OF_FIRST).bit_length()):
                waiting.append(base + end - 1)
                kind.offsets.append(base + end - 1)
                kind.counts.append(1)
            else:
                kind.counts[-1] += 1
                kind.last = base + end - 1
            if len(kind.requests) < _MOST_REQUESTS:
                found = line.find(_ID, start, stop)
                if found >= 0:
                    kind.requests.add(line[found : found + _ID_LENGTH])

        return take

    @property
    def waiting(self) -> bool:
        """Whether there are hits whose lines were not asked for yet."""
        return bool(self._waiting)

    def finish(self) -> None:
        """No more is scanned: the last of each kind is looked at as well, so that it is known when it was over."""
        for kind in self._kinds.values():
            if kind.last > kind.offsets[-1]:
                kind.offsets.append(kind.last)
                kind.counts[-1] -= 1
                kind.counts.append(1)
                self._waiting.append(kind.last)

    def line_starts(self, lines: Lines, before: int | None = None) -> list[int]:
        """Starts of the lines to look at, ascending; with ``before``, later ones stay for the next call."""
        ready = sorted(offset for offset in self._waiting if before is None or offset < before)
        self._waiting[:] = [offset for offset in self._waiting if before is not None and offset >= before]
        for offset in ready:
            self._starts[offset] = lines.start_of(offset)
        return sorted({self._starts[offset] for offset in ready})

    def notes(self, _file: LogFile) -> list[str]:
        """Nothing was left out that is not counted."""
        return []

    def stands(self) -> list[Stand]:
        """Whom each line that was looked at stands for. The requests of a kind are told with its first line."""
        return [
            Stand(self._starts[offset], count, _ids(kind.requests) if offset == kind.offsets[0] else frozenset())
            for kind in self._kinds.values()
            for offset, count in zip(kind.offsets, kind.counts, strict=True)
            if offset in self._starts
        ]


def _ids(found: Iterable[bytes]) -> frozenset[str]:
    return frozenset(text.decode("ascii") for text in found if _WHOLE_ID.fullmatch(text))


def samples_of(records: Sequence[Record], stands: Iterable[Stand]) -> list[Sample]:
    """The records of one file with whom they stand for.

    A record is counted by its first line; where only further lines were hit, by the rarest of them: the lines of a
    traceback are like each other.
    """
    order = sorted(range(len(records)), key=lambda i: records[i].origin.offset)
    offsets = [records[i].origin.offset for i in order]
    first: dict[int, int] = {}
    further: dict[int, int] = {}
    requests: dict[int, frozenset[str]] = {}
    for stand in stands:
        at = bisect_right(offsets, stand.start) - 1
        if at < 0:
            continue  # outside the window after all
        index = order[at]
        if stand.start == offsets[at]:
            first[index] = max(first.get(index, 1), stand.times)
        else:
            further[index] = min(further.get(index, stand.times), stand.times)
        requests[index] = requests.get(index, frozenset()) | stand.requests
    return [
        Sample(record, first.get(i, further.get(i, 1)), requests.get(i, frozenset()))
        for i, record in enumerate(records)
    ]
