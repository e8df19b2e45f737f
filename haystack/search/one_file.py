"""The records of one log file, one after the other, with their line numbers: for ``records``, which joins files.

Two ways through a file. Where every match must hold some literal, the scanner finds its lines and only their
events are folded, as ``files`` does. Where nothing is known of a match, the whole file is folded. Memory stays
flat in both.
"""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import accumulate, chain, count
from typing import NamedTuple

from ..errors import UnreadableError
from ..formats import Line, Place, fold
from ..record import LEVELS, Record
from ..scanner import Scanner
from . import reading
from .discover import LogFile
from .look import Facts, last_time
from .query import Query
from .reading import LONGEST_LINE, Lines
from .regions import event_end, event_start, records_at
from .window import DISORDER, PROBE

# Plain files that are held open at once; others are opened again when their turn comes.
_MOST_OPEN = 64
# Bytes that are scanned before the events of the hits in them are folded.
_CHUNK = 2 << 20
# From one hit line in so many bytes on, folding straight on costs less than looking for where each event begins.
_DENSE = 1 << 10
_NEIGHBOURS = 24
# Of a compressed file so much before a hit and behind it is kept: its event may reach so far.
_STREAM_BEFORE = 1 << 20
_STREAM_BEHIND = 1 << 19
_STREAM_LINE = 16 << 20  # a line of a stream is held whole up to this length
_TAIL = 2 << 10

Test = Callable[[str], bool]


class Seek(NamedTuple):
    """What to look for: records inside the window and of the nodes and services of ``scope`` that pass ``test``.

    ``test`` None takes every record; else a record is taken when its text passes, or one of its lines as written.
    One of ``literals`` (ASCII) is in every record that passes; none where nothing is known of them. With ``exact``
    a line that holds one passes for sure.
    """

    test: Test | None = None
    literals: tuple[str, ...] = ()
    exact: bool = False
    ignore_case: bool = False
    level: int = 0
    scope: Query = Query()
    numbered: bool = True


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


class Pass(NamedTuple):
    """What the reading of one file needs: how to parse it, what to look for, whom to tell.

    ``window`` is as wide as what may be wanted, ``block`` is how much is read at once; ``tick`` is told the bytes done
    (as stored), ``trouble`` what went wrong: what was read before still comes out. ``reference`` tells the year of
    stamps that have none, as in ``fold``.
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


def plain_records(this: Pass, handles: Handles, start: int, end: int, size: int) -> Iterator[Record]:
    """Records of a byte range of a plain file."""
    source = this.file.source

    def fetch(at: int, many: int) -> bytes:
        return handles.pread(source, many, at)

    cursor = _Cursor(fetch)
    lines = Lines(fetch, 0, size)
    try:
        if this.scanner is None:
            # The window may begin in the middle of an event.
            first = event_start(Lines(fetch, 0, size, step=PROBE), start, this.facts.formats) if start else 0
            number = cursor.number(first) if this.seek.numbered else 1
            yield from _passing(_lines(_blocks(this, fetch, first, end), first, number), this.fold, this.seek.test)
            return
        told: set[int] = set()  # an event across two chunks is found from both
        for low, data in _chunks(_blocks(this, fetch, start, end), start):
            starts = _hit_lines(this.scanner, data, low, lines)
            if starts:
                told = yield from _new(_events(this, lines, starts, low + len(data), cursor), told)
    finally:
        handles.close(source)


def stream_records(this: Pass) -> Iterator[Record]:
    """Records of a compressed file, read through from its beginning."""
    with reading.open_stream(this.file.source, this.file.compression) as stream:
        blocks = _windowed(this, reading.stream_blocks(stream, this.block))
        if this.scanner is None:
            yield from _passing(_stream_lines(blocks), this.fold, this.seek.test)
        else:
            yield from _stream_hits(this, this.scanner, blocks)


class _Cursor:
    """Counts lines from where it last counted to."""

    def __init__(self, fetch: reading.Fetch, offset: int = 0, line: int = 1) -> None:
        self._fetch = fetch
        self._offset, self._line = offset, line

    def number(self, offset: int) -> int:
        """Number of the line that starts at an offset."""
        low, high = sorted((offset, self._offset))
        newlines, at = 0, low
        while at < high:
            data = self._fetch(at, min(1 << 18, high - at))
            if not data:
                break
            newlines += data.count(b"\n")
            at += len(data)
        self._line += newlines if offset >= self._offset else -newlines
        self._offset = offset
        return self._line


def _blocks(this: Pass, fetch: reading.Fetch, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        try:
            data = fetch(start, min(this.block, end - start))
        except (OSError, UnreadableError) as err:
            this.trouble(getattr(err, "strerror", None) or str(err))
            return
        if not data:
            this.trouble(f"ends at byte {start}, {end - start} bytes early: truncated while being read")
            return
        this.tick(len(data))
        yield data
        start += len(data)


def _lines(blocks: Iterable[bytes], offset: int, number: int) -> Iterator[Line]:
    """Lines of consecutive bytes; a line of any length takes no more memory than ``LONGEST_LINE``."""
    return chain.from_iterable(_batches(blocks, offset, number))


def _batches(blocks: Iterable[bytes], offset: int, number: int) -> Iterator[Iterable[Line]]:
    rest = b""
    skipped = 0  # bytes of a long line that are left out between ``rest`` and what follows
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if not cut:
            if len(rest) + len(block) <= LONGEST_LINE:
                rest += block
            else:
                kept = (rest + block)[:LONGEST_LINE]
                skipped += len(rest) + len(block) - len(kept)
                rest = kept
            continue
        if skipped:
            first = block.find(b"\n") + 1
            yield (Line(_text(rest), offset, number),)
            offset += len(rest) + skipped + first
            number += 1
            whole = block[first:cut]
            skipped = 0
        else:
            whole = rest + block[:cut] if rest else block[:cut]
        rest = block[cut:]
        if whole:
            yield _whole_lines(whole, offset, number)
            offset += len(whole)
            number += whole.count(b"\n")
    if rest:
        yield (Line(_text(rest[:LONGEST_LINE]), offset, number),)


def _whole_lines(data: bytes, offset: int, number: int) -> Iterator[Line]:
    """Lines of bytes that end with a line end. One decoding for all of them where the bytes allow it."""
    pieces = data[:-1].split(b"\n")
    offsets = accumulate((len(piece) + 1 for piece in pieces), initial=offset)
    if not data.isascii() or b"\r" in data or max(map(len, pieces)) > LONGEST_LINE:
        texts: Iterable[str] = [_text(piece[:LONGEST_LINE]) for piece in pieces]
    else:
        texts = data[:-1].decode("ascii").split("\n")
    return map(Line, texts, offsets, count(number))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\r")


# Matching


def _passing(lines: Iterable[Line], folded: Callable[..., Iterator[Record]], test: Test | None) -> Iterator[Record]:
    """Records of which the text or a line as written passes the test."""
    if test is None:
        return folded(lines)
    return _tested(lines, folded, test)


def _tested(
    lines: Iterable[Line], folded: Callable[[Iterable[Line]], Iterator[Record]], test: Test
) -> Iterator[Record]:
    begun: deque[Line] = deque()  # lines read, from the first line of the next record on
    passed: deque[Line] = deque()  # those of them that pass

    def watched() -> Iterator[Line]:
        for line in lines:
            begun.append(line)
            if test(line.text):
                passed.append(line)
            yield line

    for record in folded(watched()):
        offset = record.origin.offset
        while begun[0].offset < offset:
            begun.popleft()
        while passed and passed[0].offset < offset:
            passed.popleft()
        first = begun[0]
        if (passed and passed[0] is first) or test(record.text) or any(_owns(record, first, line) for line in passed):
            yield record


def _owns(record: Record, first: Line, line: Line) -> bool:
    """Whether a line as written is a further one of the record, which has it without the prefix of its first line."""
    if record.lines == 1:
        return False
    part = next((part for part in record.body if part and line.text.endswith(part)), line.text)
    prefix = line.text[: len(line.text) - len(part)].split()
    # A CRITICAL line has a traceback of ERROR lines.
    return bool(prefix) and all(a == b or a in LEVELS for a, b in zip(prefix, first.text.split(), strict=False))


# Hits


def _chunks(blocks: Iterable[bytes], offset: int) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of whole lines to be scanned at once; a line longer than that comes in pieces that overlap."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size < _CHUNK:
            continue
        data = b"".join(held)
        cut = data.rfind(b"\n") + 1 or len(data) - reading.OVERLAP
        yield offset, data[:cut]
        offset += cut
        held, size = [data[cut:]], len(data) - cut
    if size:
        yield offset, b"".join(held)


def _hit_lines(scanner: Scanner, data: bytes, base: int, lines: Lines) -> list[int]:
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


def _events(this: Pass, lines: Lines, starts: Sequence[int], end: int, cursor: _Cursor) -> Iterator[Record]:
    """Records that hold one of the lines and pass."""
    formats, seek = this.facts.formats, this.seek
    test = None if seek.exact else seek.test
    if len(starts) * _DENSE > end - starts[0]:
        # Events of several workers lie in each other: the first to be hit need not be the first to begin.
        low = min(event_start(lines, start, formats) for start in starts[:_NEIGHBOURS])
        high = max(event_end(lines, start, formats) for start in starts[-_NEIGHBOURS:])
        number = cursor.number(low) if seek.numbered else 1
        wanted = set(starts)
        numbered = _lines(_fetched(lines, low, high, this.block), low, number)
        yield from _passing(numbered, lambda given: this.fold(given, wanted=wanted), test)
        return
    for record in records_at(lines, starts, formats, this.place, this.to_utc, this.reference):
        if test is None or test(record.text) or _raw_passes(record, lines, starts, test):
            line = cursor.number(record.origin.offset) if seek.numbered else 0
            yield record._replace(origin=record.origin._replace(line=line))


def _new(records: Iterable[Record], told: set[int]) -> Generator[Record, None, set[int]]:
    """Records not told of before; returns the offsets of all of them."""
    offsets: set[int] = set()
    for record in records:
        offset = record.origin.offset
        if offset not in told and offset not in offsets:
            yield record
        offsets.add(offset)
    return offsets


def _raw_passes(record: Record, lines: Lines, starts: Sequence[int], test: Test) -> bool:
    """Whether one of the hit lines passes as written and is the record's."""
    offset = record.origin.offset
    first = Line(lines.line(offset)[0], offset, 0)
    if test(first.text):
        return True
    upto = offset + sum(map(len, record.body)) + 256 * record.lines
    written = (Line(lines.line(start)[0], start, 0) for start in starts if offset < start < upto)
    return any(test(line.text) and _owns(record, first, line) for line in written)


def _fetched(lines: Lines, low: int, high: int, block: int) -> Iterator[bytes]:
    while low < high:
        data = lines.fetch(low, min(block, high - low))
        if not data:
            return
        yield data
        low += len(data)


# Compressed files


class _Block(NamedTuple):
    data: bytes
    before: bool  # it ends before the window: nothing of it is wanted


_END = _Block(b"", before=False)


def _windowed(this: Pass, blocks: Iterator[bytes]) -> Iterator[_Block]:
    """Blocks of a stream up to the end of the window, or to the damage."""
    since, until = this.window.since, this.window.until
    done = 0
    while True:
        try:
            data = next(blocks, b"")
        except UnreadableError as err:
            this.trouble(str(err))
            return
        if not data:
            return
        share = min(len(data), max(0, this.file.size - done))  # what it was before, nobody knows
        done += share // 10
        this.tick(share // 10)
        written = last_time(data[-_TAIL:], this.facts.formats) if since or until else None
        last = this.to_utc(written) if written else None
        yield _Block(data, bool(since and last and last < since - DISORDER))
        if until and last and last > until + DISORDER * 12:
            return


def _stream_lines(blocks: Iterator[_Block]) -> Iterator[Line]:
    """Lines of a stream from the window on."""
    offset, number = 0, 1
    part = b""  # of a line begun before the window
    for block in blocks:
        data = part + block.data
        if not block.before:
            return (yield from _lines(chain((data,), (each.data for each in blocks)), offset, number))
        cut = data.rfind(b"\n") + 1
        offset += cut
        number += data.count(b"\n")
        part = data[cut:]


def _stream_hits(this: Pass, scanner: Scanner, blocks: Iterator[_Block]) -> Iterator[Record]:
    held = b""  # what is kept of the stream
    base, line = 0, 1  # where that starts: offset, and number of the line that holds it
    scanned = 0
    waiting: list[int] = []  # starts of hit lines whose events may go on in the next block
    told: set[int] = set()
    for block in chain(blocks, (_END,)):
        held += block.data
        high = base + len(held)
        cut = high if block is _END else base + held.rfind(b"\n") + 1
        if cut <= scanned and block is not _END:  # a line longer than a block
            if high - scanned < _STREAM_LINE:
                continue
            cut = high - reading.OVERLAP
        lines = Lines(_fetch_from(held, base), base, cut)
        if not block.before:
            waiting += _hit_lines(scanner, held[scanned - base : cut - base], scanned, lines)
        scanned = cut
        ready = [start for start in waiting if block is _END or start < cut - _STREAM_BEHIND]
        if ready:
            del waiting[: len(ready)]
            cursor = _Cursor(_fetch_from(held, base), base, line)
            told = yield from _new(_events(this, lines, ready, cut, cursor), told)
        keep = min([scanned, *waiting[:1]]) - _STREAM_BEFORE
        if keep > base:
            line += held.count(b"\n", 0, keep - base)
            held, base = held[keep - base :], keep


def _fetch_from(buffer: bytes, base: int) -> reading.Fetch:
    return lambda at, many: buffer[at - base : at - base + many]
