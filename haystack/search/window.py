"""Where a time window lies in the lines of a log: found by bisection on their time stamps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from ..formats import Format, read_head
from .query import Query
from .reading import Lines

# Workers and threads write slightly out of order: a window is widened by so much when it is cut out.
DISORDER = timedelta(seconds=5)
# Bisection looks at a few lines here and there: it reads little at a time.
PROBE = 4 << 10
# It stops when so many bytes are left: scanning those costs less than looking closer.
GRAIN = 8 << 10
# Lines without a time in a row that it looks through.
_UNTIMED = 20_000


def window_in(
    lines: Lines,
    query: Query,
    formats: Sequence[Format],
    to_utc: Callable[[datetime], datetime],
    probes: dict[int, datetime | None],
) -> tuple[int, int]:
    """Byte range, inside ``lines``, of the query's window; found by bisection. ``probes`` remembers what it saw."""

    def time_at(middle: int) -> datetime | None:
        if middle not in probes:
            probes[middle] = time_after(lines, lines.start_of(middle), formats)
        return probes[middle]

    def offset_of(time: datetime, unknown_is_late: bool) -> int:
        low, high = lines.start, lines.end
        while high - low > GRAIN:
            middle = (low + high) // 2
            found = time_at(middle)
            late = unknown_is_late if found is None else to_utc(found) >= time
            low, high = (low, middle) if late else (middle, high)
        return lines.start_of(low)

    start = offset_of(query.since - DISORDER, unknown_is_late=True) if query.since else lines.start
    if query.until is None:
        return start, lines.end
    until = query.until + DISORDER
    end = offset_of(until, unknown_is_late=False)
    # Bisection stops short of the end, and the last event may have a long body: go on to the first later head.
    end = lines.start_of(min(end + GRAIN, lines.end))
    return start, max(start, _first_later(lines, end, formats, lambda time: to_utc(time) > until))


def inside(
    lines: Lines, query: Query, formats: Sequence[Format], to_utc: Callable[[datetime], datetime]
) -> tuple[int, int]:
    """Byte range of the query's window to the line, for lines in order: what stands outside of it is what disorder
    widens the window for."""

    def first(late: Callable[[datetime], bool]) -> int:
        low, high = lines.start, lines.end
        while low < high:
            line = lines.start_of((low + high) // 2)
            time = time_after(lines, line, formats)
            if time is None or late(to_utc(time)):
                high = line
            else:
                low = lines.line(line)[1]
        return low

    since, until = query.since, query.until
    start = first(lambda time: time >= since) if since else lines.start
    return start, first(lambda time: time > until) if until else lines.end


def time_after(lines: Lines, offset: int, formats: Sequence[Format]) -> datetime | None:
    """The first time at or after a line; None where so many lines bear none."""
    for _ in range(_UNTIMED):
        if offset >= lines.end:
            return None
        text, offset = lines.line(offset)
        head, _row = read_head(text, formats)
        if head is not None and head.time is not None:
            return head.time
    return None


def _first_later(lines: Lines, offset: int, formats: Sequence[Format], late: Callable[[datetime], bool]) -> int:
    """Start of the first line at or after ``offset`` whose time is late."""
    for _ in range(_UNTIMED):
        if offset >= lines.end:
            break
        text, following = lines.line(offset)
        head, _row = read_head(text, formats)
        if head is not None and head.time is not None and late(head.time):
            return offset
        offset = following
    return offset
