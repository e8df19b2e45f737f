"""The records of one compressed file, as ``plain_file`` has those of a plain one; it is read from its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from ..errors import UnreadableError
from ..formats import Line
from ..record import Record
from ..scanner import Scanner
from . import reading
from .file_pass import FilePass
from .hit_events import hit_events, hit_lines, not_told
from .look import last_time
from .numbered import Cursor, counted, numbered_lines
from .passing import passing
from .reading import Lines
from .window import DISORDER

# Of the file so much before a hit is kept, and half as much behind it: its event may reach so far. The less, the more
# files are open; the longest events of captures and field logs have 58 kB.
_BEFORE, _LEAST_BEFORE = 1 << 20, 1 << 18
_LONGEST_WHOLE = 16 << 20  # a line is held whole up to this length
_TAIL = 2 << 10


def stream_records(this: FilePass) -> Iterator[Record]:
    """Records of a compressed file, read through from its beginning."""
    with reading.open_stream(this.file.source, this.file.compression) as stream:
        blocks = reading.stream_blocks(stream, this.block)
        if this.scanner is None:
            lines = _stream_lines(_windowed(this, counted(blocks, this.lines_read)))
            yield from passing(lines, this.fold, this.seek.test)
        else:
            yield from _stream_hits(this, this.scanner, _windowed(this, blocks))


class _Block(NamedTuple):
    data: bytes
    before: bool  # it ends before the window: nothing of it is wanted


_END = _Block(b"", before=False)


def _windowed(this: FilePass, blocks: Iterator[bytes]) -> Iterator[_Block]:
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
            return (yield from numbered_lines(chain((data,), (each.data for each in blocks)), offset, number))
        cut = data.rfind(b"\n") + 1
        offset += cut
        number += data.count(b"\n")
        part = data[cut:]


def _stream_hits(this: FilePass, scanner: Scanner, blocks: Iterator[_Block]) -> Iterator[Record]:
    before = max(_LEAST_BEFORE, min(_BEFORE, this.block))
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
            if high - scanned < _LONGEST_WHOLE:
                continue
            cut = high - reading.OVERLAP
        lines = Lines(_fetch_from(held, base), base, cut)
        if not block.before:
            waiting += hit_lines(scanner, held[scanned - base : cut - base], scanned, lines)
        scanned = cut
        ready = [start for start in waiting if block is _END or start < cut - before // 2]
        if ready:
            del waiting[: len(ready)]
            cursor = Cursor(_fetch_from(held, base), base, line)
            told = yield from not_told(hit_events(this, lines, ready, cut, cursor), told)
        keep = min([scanned, *waiting[:1]]) - before
        if keep > base:
            line += held.count(b"\n", 0, keep - base)
            held, base = held[keep - base :], keep


def _fetch_from(buffer: bytes, base: int) -> reading.Fetch:
    return lambda at, many: buffer[at - base : at - base + many]
