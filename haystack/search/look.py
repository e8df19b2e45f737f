"""The first look at a log file: what wrote it, from when to when, or that it is no text at all."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from ..formats import Format, Head, detect, read_head
from . import reading
from .discover import LogFile

# So many bytes of the head and of the tail, so many lines of each.
LOOK = 16 << 10
_SAMPLE_LINES = 12
# uWSGI writes whole seconds between lines with milliseconds, and workers write slightly out of order.
_ROUNDED = timedelta(seconds=2)
_HOLE = re.compile(rb"\0{64,}")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Facts(NamedTuple):
    """Formats of a file, and the stamps of its first and last line, as written."""

    formats: tuple[Format, ...]
    first: datetime | None
    last: datetime | None
    binary: bool
    probes: dict[int, datetime | None]  # times found by bisection, by byte offset
    encoding: str = ""  # of a binary file that is text after all
    yearless: bool = False  # its stamps have no year: that of `first` and `last` is a guess
    modified: datetime | None = None

    @property
    def sorted(self) -> bool:
        """Whether a window can be found by bisection: there are stamps, and they do not run backwards."""
        if self.first is None or self.last is None:
            return self.first is not None or self.last is not None
        if (self.first.tzinfo is None) != (self.last.tzinfo is None):
            return True
        return self.first <= self.last + _ROUNDED


NOTHING_KNOWN = Facts(tuple(detect(())), None, None, False, {})


def look(file: LogFile) -> Facts:
    """Look at head and tail of a plain file, at the head of a compressed one.

    Raises OSError or UnreadableError.
    """
    modified = datetime.fromtimestamp(Path(file.source).stat().st_mtime, tz=timezone.utc)
    head, tail = _ends(file)
    return facts_of(head, tail, whole_tail=tail is head)._replace(modified=modified)


def kinds(file: LogFile, facts: Facts) -> tuple[str, ...]:
    """Names of the formats seen at head and tail of a file, the commonest first; ``raw`` where none fits."""
    if facts.binary:
        return (facts.encoding or "binary",)
    seen: dict[str, int] = {}
    for data in dict.fromkeys(_ends(file)):
        for text in data.decode("utf-8", "replace").split("\n")[:-1] or [data.decode("utf-8", "replace")]:
            _, row = read_head(text.rstrip("\r"), facts.formats)
            if row is not None:
                seen[row.name] = seen.get(row.name, 0) + 1
    return tuple(sorted(seen, key=lambda name: -seen[name])) or (("raw",) if file.size else ())


def _ends(file: LogFile) -> tuple[bytes, bytes]:
    """Head and tail of a file, the same object for a short one; of a compressed one the head, and nothing."""
    if file.compression:
        with reading.open_stream(file.source, file.compression) as stream:
            return next(iter(reading.stream_blocks(stream, LOOK)), b""), b""
    fd = os.open(file.source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        head = os.pread(fd, LOOK, 0)
        tail_at = max(0, file.size - LOOK)
        tail = os.pread(fd, LOOK, tail_at) if tail_at else head
    finally:
        os.close(fd)
    return head, tail


def facts_of(head: bytes, tail: bytes, whole_tail: bool) -> Facts:
    """What head and tail of a file tell; ``whole_tail`` where the tail begins with a whole line."""
    # A crash, or truncation under a writer, leaves holes at the front, in the middle or at the end.
    text = _HOLE.sub(b"", head.lstrip(b"\0"))
    if text.count(b"\0") > len(text) // 8 or (head and not text and not tail.strip(b"\0")):
        encoding = "UTF-16" if head.startswith(_UTF_16) else ""
        return Facts(tuple(detect(())), None, None, True, {}, encoding)
    head_lines = head.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")[:_SAMPLE_LINES]
    tail_lines = tail.decode("utf-8", "replace").split("\n")
    if not whole_tail:
        del tail_lines[:1]  # most likely cut in the middle
    formats = tuple(detect((*head_lines, *tail_lines[-_SAMPLE_LINES:])))
    first = _first_stamp(head_lines, formats)
    last = _first_stamp(reversed(tail_lines), formats)
    yearless = not all(head.year_known for head in (first, last) if head)
    return Facts(formats, first and first.time, last and last.time, False, {}, yearless=yearless)


def _first_stamp(lines: Iterable[str], formats: Sequence[Format]) -> Head | None:
    for text in lines:
        head, _ = read_head(text, formats)
        if head is not None and head.time is not None:
            return head
    return None


def last_time(data: bytes, formats: Sequence[Format]) -> datetime | None:
    """The last stamp in bytes that begin in the middle of a line."""
    head = _first_stamp(reversed(data.decode("utf-8", "replace").split("\n")[1:]), formats)
    return head and head.time
