"""Events while their lines are collected, and the records they become: the nouns of ``fold``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..record import PROGRAM, ExceptionInfo, Level, Origin, Record
from .head import Format, Head
from .stamps import newest_year

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


class Single(NamedTuple):
    """An event of one line so far; most never get another, so no more is made of it until one comes."""

    last_index: int
    first: Line
    head: Head
    format: Format


class Open:
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

    def whole(self) -> tuple[Line, Head, Format, list[str], int, bool]:
        """Its first line, head and format, the further lines, their number, and whether anybody wants it."""
        return self.first, self.head, self.format, self.body, self.lines, self.wanted

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


_new = tuple.__new__
_EPOCH = datetime(1970, 1, 1)
_ZERO, _MINUTE = timedelta(0), timedelta(minutes=1)
_WARNING = Level.WARNING  # looking it up in its class costs as much as ten comparisons


class Closer:
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

    def close(self, event: Single | Open) -> Record | None:
        """The record of an event; None where nobody wants it."""
        if isinstance(event, Single):
            _, first, head, row = event
            body: Sequence[str] = head[10]
            lines, wanted = 1, True
        else:
            first, head, row, body, lines, wanted = event.whole()
        if row.finish is not None:
            head, body = row.finish(head, list(body))
        written, level, message = head[:3]
        if written is not None:
            if not head.year_known and self._reference is not None:
                written = newest_year(written, self._reference) or written
            # Clocks change on the minute: within one, a difference costs a fifth of a change of zone.
            if written.tzinfo is None and _ZERO <= (ahead := written - self._minute) < _MINUTE:
                self._utc = self._minute_utc + ahead
            else:
                self._utc = self._in_utc(written)
        if not wanted:
            return None
        node, service, path, source = self._place
        if not service and head[13]:
            service = program_of(head[13])
        _, offset, number = first
        quiet = not body and (level is None or level < _WARNING)
        # `tuple.__new__` and slices instead of names: a third of the time, and every line of every log comes by here.
        before = (self._utc, level) + head[3:10]  # noqa: RUF005 - logger to instance; unpacking is slower
        exception = None if quiet else _exception(head, body)
        origin = _new(Origin, (node, service, path, number, source, offset))
        return _new(Record, before + (message, tuple(body), exception, row.name, lines, origin))  # noqa: RUF005

    def _in_utc(self, written: datetime) -> datetime:
        if written.tzinfo is not None:
            return self._to_utc(written)
        self._minute = written.replace(second=0, microsecond=0)
        self._minute_utc = self._to_utc(self._minute)
        return self._minute_utc + (written - self._minute)


def program_of(sender: str) -> str:
    """The program of a sender (``nova-api[811]``), marked as one; empty where the carrier tells none."""
    program, bracket, _ = sender.partition("[")
    return PROGRAM + program if bracket and program else ""


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


def _exception(head: Head, body: Sequence[str]) -> ExceptionInfo | None:
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
