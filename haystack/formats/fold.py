"""Lines to records: joins what belongs to one event, also when other workers' lines cut in.

oslo.log repeats its prefix on each traceback line but leaves the request id out, so those lines are joined
by stamp, pid and logger. Lines without any prefix (SQL, XML dumps, multi-line messages) belong to the line
before them where the format of that line is a multi-line one, else they may be what ``stderr`` or ``stamped``
know. Everything else is a ``raw`` record: nothing is dropped, and the ``lines`` of the records sum up to the lines
read.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..record import ExceptionInfo, Level, Origin, Record
from . import stamped, stderr
from .head import Format, Head
from .stamps import newest_year

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

    __slots__ = ("block", "body", "cut", "first", "format", "head", "last_index", "lines", "prefix", "wanted")

    def __init__(self, line: Line, head: Head, row: Format, index: int) -> None:
        self.first = line
        self.head = head
        self.format = row
        self.body = list(head.body) if head.body else []
        self.lines = 1
        self.last_index = index
        self.prefix = part_prefix(line.text, head) if head.part else ""
        self.cut = head.cut
        self.block = row.block and head.time is None  # its time is told further down
        self.wanted = False

    def add(self, text: str, more: tuple[str, ...], index: int) -> None:
        self.body.append(text)
        self.body.extend(more)
        self.lines += 1
        self.last_index = index

    def mend(self, rest: Head, index: int) -> None:
        """Go on with the last line, which a carrier had cut."""
        if self.body:
            self.body[-1] += rest.message
        else:
            self.head = self.head._replace(message=self.head.message + rest.message)
        self.body.extend(rest.body)
        self.cut = rest.cut
        self.lines += 1
        self.last_index = index


_RAW = Format("raw", lambda _: None, multiline=False)


def fold(
    lines: Iterable[Line],
    formats: Sequence[Format],
    place: Place,
    to_utc: Callable[[datetime], datetime],
    last_time: datetime | None = None,
    wanted: Container[int] | None = None,
    reference: datetime | None = None,
) -> Iterator[Record]:
    """Records of consecutive lines of one file, in the order of their first lines.

    ``formats`` are tried in this order; ``to_utc`` turns what the node wrote, naive or aware, into UTC.
    ``last_time`` is the time raw lines get until a line with a time of its own comes. With ``wanted``, a set of byte
    offsets, only the records that hold a line which starts there come out. Stamps without a year get the newest
    year that leaves them before ``reference``, by default now; see ``newest_year`` for which to take.
    """
    waiting: deque[_Open] = deque()  # in order of first line; the records not yet given out
    joined: dict[str, _Open] = {}  # open events by key and by sender
    closer = _Closer(place, to_utc, last_time, reference)
    last: _Open | None = None
    indent = ""  # of a log that was pasted with one, as into a bug report
    for index, line in enumerate(lines):
        while waiting and index - waiting[0].last_index > ADJACENT_LINES and waiting[0] is not last:
            done = waiting.popleft()
            key, sender = done.head.key, done.head.sender
            if key and joined.get(key) is done:
                del joined[key]
            if sender and joined.get(sender) is done:
                del joined[sender]
            record = closer.close(done)
            if record is not None:
                yield record
        text = line.text.removeprefix(indent) if indent else line.text
        if last is not None and last.block and last.lines < MAX_LINES:
            last.add(text, (), index)
            last.wanted = last.wanted or wanted is None or line.offset in wanted
            last.block = bool(text)
            continue
        if last is not None and last.prefix and last.lines < MAX_LINES and is_part(text, last.prefix):
            last.add(text[len(last.prefix) :], (), index)
            last.wanted = last.wanted or wanted is None or line.offset in wanted
            continue
        head, row = read_head(text, formats)
        if head is None and last is None and text[:1] in (" ", "\t"):
            head, row = read_head(text.lstrip(), formats)
            if head is not None:
                indent = text[: len(text) - len(text.lstrip())]
        if head is None or row is None:
            if last is not None and last.lines < MAX_LINES and last.format.multiline:
                last.add(text, (), index)
            else:
                head, row = _read_alone(text)
                event = _Open(line, head, row, index)
                waiting.append(event)
                last = event if row.multiline else None
        else:
            whole = joined.get(head.key) if head.part or head.sender else None
            if whole is None or whole.lines >= MAX_LINES or not (head.part or whole.cut):
                last = _Open(line, head, row, index)
                waiting.append(last)
                if head.key:
                    joined[head.key] = last
                if head.sender:
                    joined[head.sender] = last
            else:
                if whole.cut:
                    whole.mend(head, index)
                else:
                    whole.add(head.message, head.body, index)
                    whole.cut = head.cut
                    whole.prefix = whole.prefix or part_prefix(text, head)
                last = whole
        touched = last or waiting[-1]
        if wanted is None or line.offset in wanted:
            touched.wanted = True
    for event in waiting:
        record = closer.close(event)
        if record is not None:
            yield record


class _Closer:
    """Makes records of events that are over, in file order: an event without a time has that of the one before."""

    def __init__(
        self,
        place: Place,
        to_utc: Callable[[datetime], datetime],
        last_time: datetime | None,
        reference: datetime | None,
    ) -> None:
        self._place = place
        self._to_utc = to_utc
        self._utc = last_time
        self._minute = self._minute_utc = _EPOCH  # a minute as written, and what it is in UTC
        self._reference = reference

    def close(self, event: _Open) -> Record | None:
        """The record of an event; None where nobody wants it."""
        head, body = event.head, event.body
        if event.format.finish is not None:
            head, body = event.format.finish(head, body)
        written, level, message = head[:3]
        if written is not None:
            if not head.year_known and self._reference is not None:
                written = newest_year(written, self._reference) or written
            self._utc = self._in_utc(written)
        if not event.wanted:
            return None
        node, service, path, source = self._place
        _, offset, number = event.first
        quiet = not body and (level is None or level < _WARNING)
        # `tuple.__new__` and slices instead of names: a third of the time, and every line of every log comes by here.
        before = (self._utc, level) + head[3:10]  # noqa: RUF005 - logger to instance; unpacking is slower
        exception = None if quiet else _exception(head, body)
        origin = _new(Origin, (node, service, path, number, source, offset))
        return _new(Record, before + (message, tuple(body), exception, event.format.name, event.lines, origin))  # noqa: RUF005

    def _in_utc(self, written: datetime) -> datetime:
        if written.tzinfo is not None:
            return self._to_utc(written)
        # Clocks change on the minute: within one, a difference costs a fifth of a change of zone.
        ahead = written - self._minute
        if not _ZERO <= ahead < _MINUTE:
            self._minute = written.replace(second=0, microsecond=0)
            self._minute_utc = self._to_utc(self._minute)
            ahead = written - self._minute
        return self._minute_utc + ahead


_new = tuple.__new__
_EPOCH = datetime(1970, 1, 1)
_ZERO, _MINUTE = timedelta(0), timedelta(minutes=1)
_WARNING = Level.WARNING  # looking it up in its class costs as much as ten comparisons


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


def _read_alone(text: str) -> tuple[Head, Format]:
    """Head and row of a line that no format understands and that belongs to no event."""
    head, row = stderr.read(text)
    if head is None:
        head, row = stamped.parse(text), stamped.FORMAT
    return (head, row) if head is not None else (Head(None, None, text), _RAW)


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
