"""Where a time window lies in a file on a node. Few lines of it are asked for: what their times tell is remembered.

``files`` bisects down to 8 KiB, which costs nothing there. Here each look is a process on the node, and a way there
and back, so a range that surely holds the window is found by guessing where a time must stand, as in a phone book.
All files of a node make their guesses at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime

from ...formats import read_head
from ..look import Facts
from ..query import Query
from ..reading import line_text
from ..window import DISORDER, GRAIN, time_after
from .asking import Run
from .there import FarFile, Range, There, Walk

# Of the bytes around a guess so many before it and behind it are looked at.
_BEFORE, _BEHIND = 2 << 10, 3 << 10
_MOST_GUESSES = 12
# Bisection asks for so many of its steps at once, whichever way they go.
_LEVELS = 3
# Beyond the last line of a window its event goes on.
_BEYOND = 16 << 10

ToUtc = Callable[[datetime], datetime]


def around(file: FarFile, facts: Facts, to_utc: ToUtc, query: Query, grain: int) -> Walk[Range]:
    """A range that holds the window of the query and little more than ``grain`` bytes on each side. Lines are in order
    of time. Raises UnreadableError, NodeError."""
    if not file.times:
        file.times += [(0, facts.first)] if facts.first is not None else []
        file.times += [(file.size, facts.last)] if facts.last is not None else []
    since = query.since and query.since - DISORDER
    until = query.until and query.until + DISORDER
    for guess in range(_MOST_GUESSES + 1):
        start, inside = _between(file, to_utc, since, early=True) if since else (0, 0)
        upto, end = _between(file, to_utc, until, early=False) if until else (file.size, file.size)
        wanted: set[int] = set()
        for time, low, high in ((since, start, inside), (until, upto, end)):
            if time and high - low > grain:
                at = (low + high) // 2 if guess % 3 == 2 else _guess(file, to_utc, time, low, high)
                wanted.update(_spots(low, high, at, grain))
        if not wanted or guess == _MOST_GUESSES:
            break
        yield [(offset, offset + _BEHIND) for offset in sorted(wanted)]
        known = [_learn(file, facts, offset) for offset in wanted]
        if not any(known):
            break  # a stretch without times
    return Range(start, min(file.size, end + _BEYOND), inside)


def _between(file: FarFile, to_utc: ToUtc, time: datetime, early: bool) -> tuple[int, int]:
    """The last line known to be before a time (or at it, unless ``early``), and the first known not to be."""

    def late(stamp: datetime) -> bool:
        return to_utc(stamp) >= time if early else to_utc(stamp) > time

    at = next((number for number, (_, stamp) in enumerate(file.times) if late(stamp)), len(file.times))
    return (file.times[at - 1][0] if at else 0), (file.times[at][0] if at < len(file.times) else file.size)


def _guess(file: FarFile, to_utc: ToUtc, time: datetime, low: int, high: int) -> int:
    """Where a time must stand between two lines, if lines come at an even pace."""
    known = dict(file.times)
    if low not in known or high not in known:
        return (low + high) // 2
    begin, end = to_utc(known[low]).timestamp(), to_utc(known[high]).timestamp()
    share = (time.timestamp() - begin) / (end - begin) if end > begin else 0.5
    return low + int((high - low) * min(1.0, max(0.0, share)))


def _spots(low: int, high: int, at: int, grain: int) -> Iterator[int]:
    """Where to look: close to a guess and not so close to it, on both sides, for a question costs more than a look."""
    for spare in (grain // 2, max(grain * 2, (high - low) // 16)):
        for spot in (at - spare, at + spare):
            if low + grain // 8 < spot < high - grain // 8:
                yield spot


def _learn(file: FarFile, facts: Facts, offset: int) -> bool:
    """Remember the first time behind an offset, as far as lines are here; whether there is one."""
    base, data = file.pieces.holding(offset) or (0, b"")
    start = data.find(b"\n", offset - base) + 1
    end = data.find(b"\n", start)
    while 0 < start <= end <= offset - base + _BEHIND:
        head, _ = read_head(line_text(data[start:end]), facts.formats)
        if head is not None and head.time is not None:
            _remember(file, base + start, head.time)
            return True
        start = end + 1
        end = data.find(b"\n", start)
    return False


def _remember(file: FarFile, start: int, time: datetime) -> None:
    at = bisect_left(file.times, (start,))
    if at == len(file.times) or file.times[at][0] != start:
        file.times.insert(at, (start, time))


def exact_start(
    there: There, file: FarFile, facts: Facts, to_utc: ToUtc, query: Query, runs: Sequence[Run], upto: int
) -> Generator[Sequence[tuple[int, int]], None, int]:
    """Where ``files`` begins to read the file: of hits that are many, it depends on the first one which are looked at.

    ``runs`` are lines that are here; those before ``upto`` tell times. Raises UnreadableError, NodeError.
    """
    if query.since is None:
        return 0
    time = query.since - DISORDER
    for run in runs:
        offset = run.offset
        for line in run.data.splitlines(keepends=True) if offset < upto else ():
            head, _ = read_head(line_text(line.rstrip(b"\n")), facts.formats)
            if head is not None and head.time is not None:
                _remember(file, offset, head.time)
            offset += len(line)
    lines = there.lines(file)
    low, high = 0, file.size
    while high - low > GRAIN:
        middle = (low + high) // 2
        late = _told(file, to_utc, time, middle)
        if late is None:
            yield [(spot - _BEFORE, spot + _BEHIND) for spot in sorted(_middles(low, high, _LEVELS))]
            found = time_after(lines, lines.start_of(middle), facts.formats)
            late = found is None or to_utc(found) >= time
        low, high = (low, middle) if late else (middle, high)
    piece = file.pieces.holding(low)  # where nothing is here no line was hit
    return lines.start_of(low) if piece and b"\n" in piece[1][: low - piece[0]] else low


def _middles(low: int, high: int, levels: int) -> Iterator[int]:
    """Where bisection may look next, and after that."""
    if levels and high - low > GRAIN:
        middle = (low + high) // 2
        yield middle
        yield from _middles(low, middle, levels - 1)
        yield from _middles(middle, high, levels - 1)


def _told(file: FarFile, to_utc: ToUtc, time: datetime, middle: int) -> bool | None:
    """Whether lines whose times are known tell that an offset is late, or early; None where they do not tell."""
    at = bisect_right(file.times, (middle,))
    if at and to_utc(file.times[at - 1][1]) >= time:
        return True
    return False if at < len(file.times) and to_utc(file.times[at][1]) < time else None
