"""From bytes that were scanned to the records whose lines were hit, each once: for plain files and streams."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence

from ..record import Record
from ..scanner import Scanner
from .file_pass import FilePass
from .numbered import Cursor, numbered_lines
from .passing import passing, raw_passes
from .reading import Lines
from .regions import event_end, event_start, records_at

# From one hit line in so many bytes on, folding straight on costs less than looking for where each event begins.
_DENSE = 1 << 10
_NEIGHBOURS = 24


def hit_lines(scanner: Scanner, data: bytes, base: int, lines: Lines) -> list[int]:
    """Starts of the lines that hold a literal, ascending."""
    ends: list[int] = []
    scanner.scan(data, lambda _number, end: ends.append(end - 1))
    starts: list[int] = []
    known = -1
    for end in ends:
        if end < known:
            continue
        found = data.rfind(b"\n", 0, end)
        starts.append(base + found + 1 if found >= 0 else lines.start_of(base + end))
        known = data.find(b"\n", end)
        if known < 0:
            break
    return list(dict.fromkeys(starts))


def hit_events(this: FilePass, lines: Lines, starts: Sequence[int], end: int, cursor: Cursor) -> Iterator[Record]:
    """Records that hold one of the lines and pass."""
    formats, seek = this.facts.formats, this.seek
    test = None if seek.exact else seek.test
    if len(starts) * _DENSE > end - starts[0]:
        # Events of several workers lie in each other: the first to be hit need not be the first to begin.
        low = min(event_start(lines, start, formats) for start in starts[:_NEIGHBOURS])
        high = max(event_end(lines, start, formats) for start in starts[-_NEIGHBOURS:])
        number = cursor.number(low) if seek.numbered else 1
        wanted = set(starts)
        numbered = numbered_lines(_fetched(lines, low, high, this.block), low, number)
        yield from passing(numbered, lambda given: this.fold(given, wanted=wanted), test)
        return
    for record in records_at(lines, starts, formats, this.place, this.to_utc, this.reference):
        if test is None or test(record.text) or raw_passes(record, lines, starts, test):
            line = cursor.number(record.origin.offset) if seek.numbered else 0
            yield record._replace(origin=record.origin._replace(line=line))


def not_told(records: Iterable[Record], told: set[int]) -> Generator[Record, None, set[int]]:
    """Records not told of before; returns the offsets of all of them."""
    offsets: set[int] = set()
    for record in records:
        offset = record.origin.offset
        if offset not in told and offset not in offsets:
            yield record
        offsets.add(offset)
    return offsets


def _fetched(lines: Lines, low: int, high: int, block: int) -> Iterator[bytes]:
    while low < high:
        data = lines.fetch(low, min(block, high - low))
        if not data:
            return
        yield data
        low += len(data)
