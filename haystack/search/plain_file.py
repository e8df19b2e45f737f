"""The records of one plain file, one after the other, with their line numbers: for ``records``, which joins files.

Two ways through a file. Where every match must hold some literal, the scanner finds its lines and only their
events are folded, as ``files`` does. Where nothing is known of a match, the whole file is folded. Memory stays
flat in both.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import UnreadableError
from ..record import Record
from . import reading
from .file_pass import FilePass
from .handles import Handles
from .hit_events import hit_events, hit_lines, not_told
from .numbered import Cursor, counted, numbered_lines
from .passing import passing
from .reading import Lines
from .regions import event_start
from .window import PROBE


def plain_records(this: FilePass, handles: Handles, start: int, end: int, size: int) -> Iterator[Record]:
    """Records of a byte range of a plain file."""
    source = this.file.source

    def fetch(at: int, many: int) -> bytes:
        return handles.pread(source, many, at)

    cursor = Cursor(fetch)
    lines = Lines(fetch, 0, size)
    try:
        if this.scanner is None:
            # The window may begin in the middle of an event.
            first = event_start(Lines(fetch, 0, size, step=PROBE), start, this.facts.formats) if start else 0
            number = cursor.number(first) if this.seek.numbered else 1
            blocks = counted(_blocks(this, fetch, first, end), this.lines_read)
            yield from passing(numbered_lines(blocks, first, number), this.fold, this.seek.test)
            return
        told: set[int] = set()  # an event across two chunks is found from both
        for low, data in _chunks(this, fetch, start, end):
            starts = hit_lines(this.scanner, data, low, lines)
            if starts:
                told = yield from not_told(hit_events(this, lines, starts, low + len(data), cursor), told)
    finally:
        handles.close(source)


def _blocks(this: FilePass, fetch: reading.Fetch, start: int, end: int) -> Iterator[bytes]:
    while data := _read(this, fetch, start, end):
        this.tick(len(data))
        yield data
        start += len(data)


def _chunks(this: FilePass, fetch: reading.Fetch, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of whole lines to be scanned at once; a line longer than a block comes in pieces that overlap."""
    while data := _read(this, fetch, start, end):
        cut = len(data)
        if start + cut < end:  # what is cut off is read again: that costs less than joining blocks
            cut = data.rfind(b"\n") + 1 or max(1, cut - reading.OVERLAP)
        this.tick(cut)
        yield start, data[:cut]
        start += cut


def _read(this: FilePass, fetch: reading.Fetch, start: int, end: int) -> bytes:
    """A block of the file; nothing at the end, or where it cannot be read, which is told."""
    if start >= end:
        return b""
    try:
        data = fetch(start, min(this.block, end - start))
    except (OSError, UnreadableError) as err:
        this.trouble(getattr(err, "strerror", None) or str(err))
        return b""
    if not data:
        this.trouble(f"ends at byte {start}, {end - start} bytes early: truncated while being read")
    return data
