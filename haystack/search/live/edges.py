"""Where a time window lies in a file on a node. Few lines of it are asked for: what their times tell is remembered.

``files`` bisects down to 8 KiB, which costs nothing there. Here each look is a process on the node and a way there and
back, so a range that surely holds the window is found by guessing where a time must stand, as in a phone book.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from ...formats import Format
from ..look import Facts
from ..query import Query
from ..window import DISORDER, GRAIN, time_after, window_in
from .there import FarFile, There

# Of the bytes around a guess so many before it and behind it are looked at.
_BEFORE, _BEHIND = 768, 1280
_MOST_GUESSES = 12
# Beyond the last line of a window its event goes on.
_BEYOND = 64 << 10

ToUtc = Callable[[datetime], datetime]


class Range(NamedTuple):
    """Bytes that hold a window: all of it lies in [start, end), and [inside, upto) lies in it."""

    start: int
    end: int
    inside: int
    upto: int


def around(there: There, file: FarFile, facts: Facts, to_utc: ToUtc, query: Query, grain: int) -> Range:
    """A range that holds the window of the query, its ends known to ``grain`` bytes. Lines are in order of time.

    Raises UnreadableError, NodeError.
    """
    if not file.times:
        if facts.first is not None:
            file.times.append((0, facts.first))
        if facts.last is not None:
            file.times.append((file.size, facts.last))
    start, inside, upto, end = 0, 0, file.size, file.size
    if query.since:
        start, inside = _edge(there, file, facts.formats, to_utc, query.since - DISORDER, grain)
    if query.until:
        upto, end = _edge(there, file, facts.formats, to_utc, query.until + DISORDER, grain, after=True)
    return Range(start, min(file.size, end + _BEYOND) if query.until else end, inside, upto)


def _edge(
    there: There,
    file: FarFile,
    formats: Sequence[Format],
    to_utc: ToUtc,
    time: datetime,
    grain: int,
    after: bool = False,
) -> tuple[int, int]:
    """The last line known to be before a time, and the first known not to be; ``after``: not after it, and after."""

    def late(stamp: datetime) -> bool:
        return to_utc(stamp) > time if after else to_utc(stamp) >= time

    lines = there.lines(file)
    guesses = 0
    while True:
        at = next((number for number, (_, stamp) in enumerate(file.times) if late(stamp)), len(file.times))
        low, early = file.times[at - 1] if at else (0, None)
        high, stamp = file.times[at] if at < len(file.times) else (file.size, None)
        if high - low <= grain or guesses >= _MOST_GUESSES:
            return low, high
        share = 0.5
        if early is not None and stamp is not None and guesses % 3 < 2:
            begin, end = to_utc(early).timestamp(), to_utc(stamp).timestamp()
            share = (time.timestamp() - begin) / (end - begin) if end > begin else 0.5
        # A little to both sides of where it must be: if it is between, that is it.
        width = max(grain / 3 / (high - low), 0.02)
        shares = [share - width, share + width] if guesses % 3 < 2 else [share]
        wanted = sorted({low + int((high - low) * min(0.97, max(0.03, share))) for share in shares})
        there.hold(file, [(offset - _BEFORE, offset + _BEHIND) for offset in wanted])
        guesses += 1
        for offset in wanted:
            line = lines.start_of(offset)
            found = time_after(lines, line, formats)
            if found is None or line <= low or line >= high:
                guesses = _MOST_GUESSES if found is None else guesses  # a stretch without times
                continue
            known = bisect_left(file.times, (line,))
            if known == len(file.times) or file.times[known][0] != line:
                file.times.insert(known, (line, found))


def exactly(there: There, file: FarFile, facts: Facts, to_utc: ToUtc, query: Query, found: Range) -> tuple[int, int]:
    """The range that ``files`` reads of the file. Raises UnreadableError, NodeError."""
    probes = dict(facts.probes)
    if query.since:
        _foretell(file, to_utc, query.since - DISORDER, probes)
        there.hold(file, [(found.start - _BEFORE, min(found.inside, found.start + _BEYOND) + _BEHIND)])
    if query.until:
        _foretell(file, to_utc, query.until + DISORDER, probes)
        there.hold(file, [(found.upto - _BEFORE, min(found.end, found.upto + _BEYOND) + _BEHIND)])
    return window_in(there.lines(file), query, facts.formats, to_utc, probes)


def _foretell(file: FarFile, to_utc: ToUtc, time: datetime, probes: dict[int, datetime | None]) -> None:
    """Fill in what bisection for a time will see, as far as times known tell on which side it goes on."""
    low, high = 0, file.size
    while high - low > GRAIN:
        middle = (low + high) // 2
        at = bisect_right(file.times, (middle,))
        before = file.times[at - 1][1] if at else None
        after = file.times[at][1] if at < len(file.times) else None
        if before is not None and to_utc(before) >= time:
            probes.setdefault(middle, before)
            high = middle
        elif after is not None and to_utc(after) < time:
            probes.setdefault(middle, after)
            low = middle
        else:
            return
