"""Lines to records: joins what belongs to one event, also when other workers' lines cut in.

oslo.log repeats its prefix on each traceback line but leaves the request id out, so those lines are joined
by stamp, pid and logger. Lines without any prefix (SQL, XML dumps, multi-line messages) belong to the line
before them where the format of that line is a multi-line one. Everything else is a ``raw`` record:
nothing is dropped, and the ``lines`` of the records sum up to the lines read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ..record import ExceptionInfo, Level, Origin, Record
from .head import Format, Head

# A record takes at most so many lines; what follows is raw. Guards against a file that turns into junk.
MAX_LINES = 5000
# An event is closed once so many lines went by without one of its own.
ADJACENT_LINES = 200

_EXCEPTION_LINE = re.compile(r"((?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?:: ?(.*))?$")
_SUMMARY = re.compile(r": ((?:[a-z_]\w*\.)+[A-Z]\w*): (.*)", re.DOTALL)
_TRACEBACK = "Traceback (most recent call last)"


class Line(NamedTuple):
    """A physical line without its line end; ``number`` counts from 1, 0 where nobody counted."""

    text: str
    offset: int
    number: int


class Place(NamedTuple):
    """What all lines of a file share."""

    node: str
    service: str
    path: str
    source: str


class _Open:
    """An event whose lines are still being collected."""

    __slots__ = ("body", "first", "format", "head", "last_index", "lines", "prefix", "wanted")

    def __init__(self, line: Line, head: Head, row: Format, index: int) -> None:
        self.first = line
        self.head = head
        self.format = row
        self.body: list[str] = list(head.body)
        self.lines = 1
        self.last_index = index
        self.prefix = part_prefix(line.text, head)
        self.wanted = False

    def add(self, text: str, more: tuple[str, ...], index: int) -> None:
        self.body.append(text)
        self.body.extend(more)
        self.lines += 1
        self.last_index = index


_RAW = Format("raw", lambda _: None, multiline=False)
_RAW_TRACEBACK = Format("raw", lambda _: None, multiline=True)


def fold(
    lines: Iterable[Line],
    formats: Sequence[Format],
    place: Place,
    to_utc: Callable[[datetime], datetime],
    last_time: datetime | None = None,
    wanted: Container[int] | None = None,
) -> Iterator[Record]:
    """Records of consecutive lines of one file, in the order of their first lines.

    ``formats`` are tried in this order; ``to_utc`` turns what the node wrote, naive or aware, into UTC.
    ``last_time`` is the time raw lines get until a line with a time of its own comes. With ``wanted``, a set of byte
    offsets, only the records that hold a line which starts there come out.
    """
    waiting: list[_Open] = []  # in order of first line; the records not yet given out
    joined: dict[str, _Open] = {}  # open events by key
    last: _Open | None = None
    for index, line in enumerate(lines):
        while waiting and index - waiting[0].last_index > ADJACENT_LINES and waiting[0] is not last:
            done = waiting.pop(0)
            if joined.get(done.head.key) is done:
                del joined[done.head.key]
            last_time = _time(done, to_utc, last_time)
            if done.wanted:
                yield _close(done, place, last_time)
        if last is not None and last.prefix and last.lines < MAX_LINES and is_part(line.text, last.prefix):
            last.add(line.text[len(last.prefix) :], (), index)
            last.wanted = last.wanted or wanted is None or line.offset in wanted
            continue
        head, row = read_head(line.text, formats)
        if head is None or row is None:
            if last is not None and last.lines < MAX_LINES and last.format.multiline:
                last.add(line.text, (), index)
            else:
                # A bare traceback is one event: uWSGI's stderr, when an application does not load.
                bare = line.text.startswith(_TRACEBACK)
                event = _Open(line, Head(None, None, line.text), _RAW_TRACEBACK if bare else _RAW, index)
                waiting.append(event)
                last = event if bare else None
        else:
            whole = joined.get(head.key) if head.part else None
            if whole is not None and whole.lines < MAX_LINES:
                whole.add(head.message, head.body, index)
                whole.prefix = whole.prefix or part_prefix(line.text, head)
                last = whole
            else:
                last = _Open(line, head, row, index)
                waiting.append(last)
                if head.key:
                    joined[head.key] = last
        touched = last or waiting[-1]
        touched.wanted = touched.wanted or wanted is None or line.offset in wanted
    for event in waiting:
        last_time = _time(event, to_utc, last_time)
        if event.wanted:
            yield _close(event, place, last_time)


def part_prefix(text: str, head: Head) -> str:
    """What the further lines of a part's event begin with; empty where that cannot be told from this line.

    A traceback repeats the same prefix on each of its lines: comparing it is ten times as fast as parsing it.
    """
    length = len(text) - len(head.message)
    told = head.part and head.message and length > 20 and text[length - 1] == " " and text.endswith(head.message)
    # Only where the key begins with the stamp does the prefix tell the event; syslog and Apache look at the text too.
    return text[:length] if told and text.startswith(head.key.partition("|")[0]) else ""


def is_part(text: str, prefix: str) -> bool:
    """Whether a line with this prefix surely goes on with the event: a bracket behind it may be a context."""
    return text.startswith(prefix) and not text.startswith("[", len(prefix))


def read_head(text: str, formats: Sequence[Format]) -> tuple[Head | None, Format | None]:
    """Head and row of the first format that understands the line."""
    # Most lines without an envelope are indented or empty: code lines of a traceback, XML, wrapped SQL.
    if not text or text[0] in " \t":
        return None, None
    for row in formats:
        head = row.parse(text)
        if head is not None:
            return head, row
    return None, None


def _time(event: _Open, to_utc: Callable[[datetime], datetime], last_time: datetime | None) -> datetime | None:
    return last_time if event.head.time is None else to_utc(event.head.time)


def _close(event: _Open, place: Place, time: datetime | None) -> Record:
    head = event.head
    return Record(
        time,
        head.level,
        head.logger,
        head.pid,
        head.request_id,
        head.global_request_id,
        head.user,
        head.project,
        head.instance,
        head.message,
        tuple(event.body),
        _exception(head, event.body),
        event.format.name,
        event.lines,
        Origin(place.node, place.service, place.path, event.first.number, place.source, event.first.offset),
    )


def _exception(head: Head, body: list[str]) -> ExceptionInfo | None:
    starts = [i for i, text in enumerate(body) if text.startswith(_TRACEBACK)]
    if head.message.startswith(_TRACEBACK):
        starts.insert(0, -1)
    if starts:
        frames = sum(text.startswith('  File "') for text in body)
        for text in reversed(body[starts[-1] + 1 :]):
            found = None if text[:1] in (" ", "", "[", "(") else _EXCEPTION_LINE.match(text)
            if found:
                return ExceptionInfo(found.group(1), found.group(2) or "", frames)
    if head.level is None or head.level < Level.WARNING:
        return None
    found = _SUMMARY.search(head.message)
    return ExceptionInfo(found.group(1), found.group(2), 0) if found else None
