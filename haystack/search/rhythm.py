"""How a log beats: when it ended, and the longest time that it was quiet before. For ``health``, which misses logs.

Nothing is read through: ends are known from the first look at a file, and a long gap is found by bisection, which
looks closer only where there is room for one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import groupby
from typing import NamedTuple

from ..formats import Format, Place, read_head
from ..record import Record
from .discover import LogFile
from .files import FilesEngine
from .query import Query
from .reading import Lines
from .regions import event_start, records_at
from .window import PROBE, window_in

# A log's stamps are believed up to this time after its file was last written: clocks and zones may be off.
_AHEAD = timedelta(hours=26)
# Lines that are looked at in one log for its gaps.
_MOST_PROBES = 600
_UNTIMED = 200

ToUtc = Callable[[datetime], datetime]


class Pulse(NamedTuple):
    """A log with its rotations, oldest file first: from when to when it has lines, up to the end of the window."""

    node: str
    service: str
    path: str
    files: tuple[LogFile, ...]
    first: datetime | None
    last: datetime | None


def pulses(engine: FilesEngine, query: Query) -> list[Pulse]:
    """All logs that the query's nodes and services leave, with their times up to its ``until``."""
    wanted = [file for file in engine.files if engine.concerns(file, query)]
    return [_pulse(engine, list(files), query.until) for _, files in groupby(wanted, key=lambda file: file.series)]


def _pulse(engine: FilesEngine, files: Sequence[LogFile], until: datetime | None) -> Pulse:
    newest = files[-1]
    times: list[datetime] = []
    for file in files:
        facts = engine.look(file)
        to_utc = engine.to_utc(file)
        stamps = [to_utc(stamp) for stamp in (facts.first, facts.last) if stamp]
        if facts.modified:
            stamps = [time for time in stamps if time <= facts.modified + _AHEAD]
        if until and len(stamps) == 2 and stamps[0] <= until < stamps[1]:
            record = _last_of(engine, file, until)
            stamps[1] = record.time if record and record.time else stamps[0]
        times += [time for time in stamps if not until or time <= until]
    return Pulse(
        newest.node, newest.service, newest.path, tuple(files), min(times, default=None), max(times, default=None)
    )


def last_record(engine: FilesEngine, pulse: Pulse, until: datetime | None = None) -> Record | None:
    """The last record of a log, up to a time; None where none bears a time, or it is compressed."""
    newest = (file for file in reversed(pulse.files) if file.size)
    return next((record for file in newest if (record := _last_of(engine, file, until))), None)


def _last_of(engine: FilesEngine, file: LogFile, until: datetime | None) -> Record | None:
    facts = engine.look(file)
    if file.compression or facts.binary:
        return None
    with engine.troubles_of(file), _opened(file) as lines:
        to_utc = engine.to_utc(file)
        at = _last_start(lines, until, facts.formats, to_utc)
        if at is None:
            return None
        place = Place(file.node, file.service, file.path, file.source)
        start = event_start(lines, at, facts.formats)
        found = records_at(lines, [start], facts.formats, place, to_utc, engine.year_reference(file))
        return next((record for record in found if record.time), None)
    return None


def longest_gap(
    engine: FilesEngine, pulse: Pulse, history: timedelta, least: timedelta
) -> tuple[timedelta, timedelta] | None:
    """The longest time between two lines of a log in the ``history`` before its end, and how much of that was seen.

    Where no time is as long as ``least``, some bound below it. None where nothing is known, or only after too long:
    compressed rotations are not looked into.
    """
    if pulse.last is None:
        return None
    since = pulse.last - history
    longest = timedelta(0)
    later: datetime | None = None  # where the file after this one begins
    for file in reversed(pulse.files):
        facts = engine.look(file)
        if not file.size:
            continue
        if file.compression or facts.first is None or facts.last is None or not facts.sorted:
            break
        to_utc = engine.to_utc(file)
        first, last = to_utc(facts.first), min(to_utc(facts.last), pulse.last)
        if first > pulse.last:
            continue
        if later is not None:
            longest = max(longest, later - last)
        gap: timedelta | None = None
        with engine.troubles_of(file), _opened(file) as lines:
            gap = _longest(lines, facts.formats, to_utc, (first, last), since, least)
        if gap is None:
            return None
        longest = max(longest, gap)
        later = first
        if first <= since:
            break
    return None if later is None else (longest, pulse.last - max(later, since))


@contextmanager
def _opened(file: LogFile) -> Iterator[Lines]:
    """The lines of a plain file. Raises OSError."""
    fd = os.open(file.source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        yield Lines(lambda at, count: os.pread(fd, count, at), 0, os.fstat(fd).st_size, step=PROBE)
    finally:
        os.close(fd)


def _last_start(lines: Lines, until: datetime | None, file_formats: Sequence[Format], to_utc: ToUtc) -> int | None:
    """Start of the last line that bears a time, at most ``until``."""
    at = lines.previous(lines.end)
    if until is not None:
        at = lines.previous(window_in(lines, Query(until=until), file_formats, to_utc, {})[1])
    for _ in range(_UNTIMED):
        if at is None:
            return None
        time = _time_at(lines, at, file_formats, to_utc)
        if time is not None and (until is None or time <= until):
            return at
        at = lines.previous(at)
    return None


def _time_at(lines: Lines, offset: int, formats: Sequence[Format], to_utc: ToUtc) -> datetime | None:
    head, _row = read_head(lines.line(offset)[0], formats)
    return to_utc(head.time) if head is not None and head.time is not None and not head.part else None


def _longest(
    lines: Lines,
    formats: Sequence[Format],
    to_utc: ToUtc,
    ends: tuple[datetime, datetime],
    since: datetime,
    least: timedelta,
) -> timedelta | None:
    """The longest time between two lines after ``since``; a bound where it is below ``least``, None after many looks.

    Stretches of the file wait in a heap, that of the longest time first: it is cut in two, until it is two lines.
    """
    start, end = ends
    heap = [(start - end, 0, lines.end, start, end)]
    for _ in range(_MOST_PROBES):
        length, low, high, first, last = heappop(heap)
        if -length < least:
            return -length
        middle = _between(lines, low, high, formats, to_utc)
        if middle is None:
            return -length
        offset, time = middle
        time = max(first, min(time, last))
        if time > since:
            heappush(heap, (max(first, since) - time, low, offset, first, time))
        heappush(heap, (time - last, offset, high, time, last))
    return None


def _between(
    lines: Lines, low: int, high: int, formats: Sequence[Format], to_utc: ToUtc
) -> tuple[int, datetime] | None:
    """A line with a time between the line that starts at ``low`` and that at ``high``, near the middle of the two."""
    first = lines.line(low)[1]
    for at in dict.fromkeys((max(first, lines.start_of((low + high) // 2)), first)):
        for _ in range(_UNTIMED):
            if at >= high:
                break
            time = _time_at(lines, at, formats, to_utc)
            if time is not None:
                return at, time
            at = lines.line(at)[1]
    return None
