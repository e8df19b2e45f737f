"""The records of one plain file, one after the other, with their line numbers: for ``records``, which joins files.

Two ways through a file. Where every match must hold some literal, the scanner finds its lines and only their
events are folded, as ``files`` does. Where nothing is known of a match, the whole file is folded. Memory stays
flat in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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

# Bytes that are scanned before the events of the hits in them are folded.
_CHUNK = 2 << 20


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
        for low, data in _chunks(_blocks(this, fetch, start, end), start):
            starts = hit_lines(this.scanner, data, low, lines)
            if starts:
                told = yield from not_told(hit_events(this, lines, starts, low + len(data), cursor), told)
    finally:
        handles.close(source)


def _blocks(this: FilePass, fetch: reading.Fetch, start: int, end: int) -> Iterator[bytes]:
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
