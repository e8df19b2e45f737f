"""One file scanned for the literals of a question: a byte range of a plain one, or a compressed one as a stream."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from ..errors import UnreadableError
from ..record import Record
from . import reading
from .discover import LogFile
from .hits import Hits
from .look import Facts, last_time
from .query import Query, Trouble
from .reading import BLOCK, Fetch, Lines
from .samples import Samples, Stand
from .window import DISORDER, PROBE, inside, window_in

# Of a compressed file so much of the block before is kept: an event may have begun there.
_STREAM_CONTEXT = 1 << 20
# A line of a stream is held whole up to this length.
_STREAM_LINE = 16 << 20
# The time a block ends at is looked for in so many bytes.
_STREAM_SAMPLE = 2 << 10


class Scan(NamedTuple):
    """What to do with a file: ``hits`` scans it, ``query`` is as wide as what may be wanted, ``records`` makes records
    of the lines that start at offsets.
    """

    file: LogFile
    facts: Facts
    to_utc: Callable[[datetime], datetime]
    query: Query
    hits: Hits | Samples
    records: Callable[[Lines, Sequence[int]], Iterable[Record]]


class Answer(NamedTuple):
    """What a file holds. ``last`` is the time of the last line of a stream, known once it was read through."""

    records: list[Record]
    troubles: list[Trouble]
    notes: list[str]
    stands: list[Stand]
    last: datetime | None = None
    read: bool = True


def scan_plain(scan: Scan, start: int, end: int, answer: Answer) -> None:
    """Add to the answer what a byte range of a plain file holds.

    Raises OSError when it cannot be opened, and UnreadableError for damage once what stands before it was added.
    """
    fd = os.open(scan.file.source, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        lines = Lines(lambda at, count: os.pread(fd, count, at), 0, size)
        _bound(scan, lines)
        trouble: UnreadableError | None = None
        try:
            for offset, data in reading.plain_blocks(fd, start, end, bytearray(BLOCK)):
                scan.hits.scan(data, offset)
        except UnreadableError as err:  # what was found before the damage still counts
            trouble = err
        scan.hits.finish()
        answer.records.extend(scan.records(lines, scan.hits.line_starts(lines)))
        scan.hits.found(answer.records, lines)
        answer.stands.extend(scan.hits.stands())
        answer.notes.extend(scan.hits.notes(scan.file))
        if trouble:
            raise trouble
    finally:
        os.close(fd)


def scan_stream(scan: Scan, answer: Answer) -> Answer:
    """The answer with what a compressed file holds, up to the damage. Raises UnreadableError if it cannot be opened."""
    file, formats, to_utc, query = scan.file, scan.facts.formats, scan.to_utc, scan.query
    hits = scan.hits
    last: datetime | None = None
    before: list[bytes] = []  # what was scanned last
    data, base = b"", 0  # what is scanned now, and where it starts
    with reading.open_stream(file.source, file.compression) as stream:
        blocks = reading.stream_blocks(stream, BLOCK)
        finished = False
        while not finished:
            try:
                block = next(blocks, b"")
            except UnreadableError as err:
                answer.troubles.append(Trouble(file.source, str(err)))
                block = b""
            finished = not block
            data += block
            cut = len(data) if finished else data.rfind(b"\n") + 1
            if not cut and not finished:  # a line longer than a block
                if len(data) < _STREAM_LINE:
                    continue
                cut = len(data) - reading.OVERLAP
            last = last_time(data[max(0, cut - _STREAM_SAMPLE) : cut], formats) or last
            if not (query.since and last and to_utc(last) < query.since - DISORDER):
                # A block may hold hours, the window minutes.
                lines = Lines(_fetch_from(data, base), base, base + cut, step=PROBE)
                low, high = window_in(lines, query, formats, to_utc, {})
                _bound(scan, lines)
                hits.scan(memoryview(data)[low - base : high - base], low)
            over = query.until and last and to_utc(last) > query.until + DISORDER * 12
            # Hits near the end wait for the next block: their event may go on there.
            ready = base + cut - (0 if finished or over else _STREAM_CONTEXT // 2)
            hits.finish(ready)
            if hits.waiting:
                context = b"".join(before)
                low = base - len(context)
                lines = Lines(_fetch_from(context + data[:cut], low), low, base + cut)
                found = list(scan.records(lines, hits.line_starts(lines, ready)))
                hits.found(found, lines)
                answer.records.extend(found)
            before.append(data[:cut])
            while sum(map(len, before[1:])) >= _STREAM_CONTEXT:
                del before[0]
            data, base = data[cut:], base + cut
            if over:
                last = None  # not read to its end
                break
    answer.stands.extend(hits.stands())
    answer.notes.extend(hits.notes(file))
    return answer._replace(last=last)


def _bound(scan: Scan, lines: Lines) -> None:
    """Tell where the lines of the window are, where lines are in order and that matters."""
    if isinstance(scan.hits, Samples) and scan.facts.sorted and (scan.query.since or scan.query.until):
        scan.hits.bound(*inside(lines, scan.query, scan.facts.formats, scan.to_utc))


def _fetch_from(buffer: bytes, base: int) -> Fetch:
    return lambda at, count: buffer[at - base : at - base + count]
