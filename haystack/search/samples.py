"""Lines that a scan hits in one file, sampled by what they say, each counted: what triage asks of everything.

Ten million lines of one storm are read as a few of them, and not one is left uncounted: a line that is not looked at is
counted for the one like it that was. Lines are alike when they hold the same literals and differ in digits and hex
letters only; with a tracked literal, when they differ in times, ids and bare numbers only. Of a file in which thousands
of lines are like no other, the coverage says how many were not looked at.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ..record import Record
from ..scanner import Scanner
from .discover import LogFile
from .reading import LONGEST_LINE, Lines

# Of lines that are alike all of the first so many are looked at, then ever fewer, and the last one.
_ALL_OF_FIRST = 3
# Of those that patterns ask for in order: a stop is one only without the start that follows.
_ALL_IN_ORDER = 500
# Of each kind of a tracked literal, which is about one thing that is named.
_ALL_TRACKED = 20
# Of more kinds of lines in one file than this a few are looked at, and the others told of: they are no kinds.
_MOST_KINDS = 2000
# What a line says is told by so much of its text before its first hit and behind its last one, without digits and hex
# letters: behind `ERROR ` a context of three ids takes 160 bytes, and none of this.
_SAID = 100
# Behind a tracked literal more of it: neutron names the host of a dead agent 136 bytes behind what it says of it.
_SAID_TRACKED = 300
# A line's start and end are looked for in so many bytes around a hit, then in so many: where there are thousands of
# hits, what is copied for each is what it costs.
_NEAR = 1 << 9
_FAR = 1 << 13
_VARYING = b"0123456789abcdef"
# What lines about one thing differ in: ids, dates, times, and numbers that are part of no name or address.
_PASSING = re.compile(
    rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ]?|\d\d:\d\d:\d\d(?:[.,]\d+)?"
    rb"|(?<![\w.:@-])\d+(?:ms|s)?(?![\w:-]|\.\d)"
)
_REQUEST = re.compile(rb"req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])")
# Request ids that are kept for one kind of lines.
_MOST_REQUESTS = 5000

# Literals (by number), what the line says around them, and whether it is before the window, in it or behind.
Kind = tuple[tuple[int, ...], bytes, int]


class Stand(NamedTuple):
    """The line that starts at ``start`` stands for ``times`` lines of its kind, itself included, of these requests.

    With no ``times`` it was counted for another line of its kind.
    """

    start: int
    times: int
    requests: frozenset[str]
    kind: Kind
    more: bool = False  # more requests than are kept


class Sample(NamedTuple):
    """A record and how many it stands for, itself included; ``requests`` are ids in the lines of these, ``more`` tells
    that there are others."""

    record: Record
    times: int
    requests: frozenset[str]
    more: bool = False


class _Seen:
    """Lines of one kind: how many, which are looked at (by an offset in each), for how many each of these stands."""

    __slots__ = ("all_of_first", "counts", "last", "lines", "named", "offsets", "requests")

    def __init__(self, all_of_first: int) -> None:
        self.all_of_first = all_of_first
        self.lines = 0
        self.offsets: list[int] = []
        self.counts: list[int] = []
        self.requests: list[set[bytes]] = []
        self.named = 0
        self.last = -1

    def look_at(self, offset: int) -> None:
        self.offsets.append(offset)
        self.counts.append(1)
        self.requests.append(set())


class _Line:
    """A line of a block with hits: where the first ends and the last, which literals, and where the line ends."""

    __slots__ = ("first", "last", "literals", "stop")

    def __init__(self, number: int, end: int, stop: int) -> None:
        self.first = self.last = end
        self.literals = {number}
        self.stop = stop


class Samples:
    """Stands in for ``Hits``: the lines to look at in one file, and whom each of them stands for."""

    def __init__(self, scanner: Scanner, in_order: Collection[str] = (), tracked: Collection[str] = ()) -> None:
        self._scanner = scanner
        self._in_order = {number for number, literal in enumerate(scanner.literals) if literal in in_order}
        self._tracked = {number for number, literal in enumerate(scanner.literals) if literal in tracked}
        self._kinds: dict[Kind, _Seen] = {}
        self._waiting: list[int] = []
        self._starts: dict[int, int] = {}
        self._looked_at: set[int] = set()
        self._others: list[Stand] = []
        self._inside: tuple[int | None, int] | None = None  # everything
        self._goes_on = False  # the last line of what was scanned is counted, and was not all of it

    def bound(self, start: int, end: int) -> None:
        """The window has the lines from ``start`` to ``end`` of what is scanned next; lines outside of it stand for
        none inside. Of a stream, told block by block."""
        first, last = self._inside or (None, 0)
        if start < end:
            first, last = start if first is None else first, end
        self._inside = first, last

    def _place(self, offset: int) -> int:
        """-1 before the window, 0 in it, 1 behind it."""
        if self._inside is None:
            return 0
        first, last = self._inside
        if first is None or offset < first:
            return -1
        return 0 if offset < last else 1

    def scan(self, data: memoryview, base: int) -> None:
        """Scan bytes that start at offset ``base`` of the file."""
        goes_on, self._goes_on = self._goes_on, False
        for line in _lines_hit(self._scanner, data):
            said, request, start = _read(data, line, self._is_tracked(line.literals))
            self._goes_on = line.stop == len(data)
            if goes_on and start == 0:
                continue  # a further piece of a line that is longer than a block
            goes_on = False
            offset = base + line.first - 1
            self._count((tuple(sorted(line.literals)), said, self._place(offset)), offset, request)

    def _count(self, kind: Kind, offset: int, request: bytes) -> None:
        seen = self._kinds.get(kind)
        if seen is None:
            if len(self._kinds) >= _MOST_KINDS:
                kind = kind[0][:1], b"", kind[2]
            seen = self._kinds.setdefault(kind, _Seen(self._all_of_first(kind)))
        count = seen.lines = seen.lines + 1
        if count <= seen.all_of_first or not count % (1 << (count // seen.all_of_first).bit_length()):
            self._waiting.append(offset)
            seen.look_at(offset)
        else:
            seen.counts[-1] += 1
        seen.last = offset
        if request and seen.named < _MOST_REQUESTS and request not in seen.requests[-1]:
            seen.requests[-1].add(request)
            seen.named += 1

    def _is_tracked(self, literals: Iterable[int]) -> bool:
        return not self._tracked.isdisjoint(literals)

    def _all_of_first(self, kind: Kind) -> int:
        if not self._in_order.isdisjoint(kind[0]):
            return _ALL_IN_ORDER
        return _ALL_TRACKED if self._is_tracked(kind[0]) else _ALL_OF_FIRST

    @property
    def waiting(self) -> bool:
        """Whether there are hits whose lines were not asked for yet."""
        return bool(self._waiting)

    def finish(self, before: int | None = None) -> None:
        """The last line of each kind is looked at as well, so that it is known when it was over.

        No more is scanned; or, with ``before``, what lies before that offset cannot be looked at later.
        """
        for seen in self._kinds.values():
            if seen.last > seen.offsets[-1] and (before is None or seen.last < before):
                seen.counts[-1] -= 1
                seen.look_at(seen.last)
                self._waiting.append(seen.last)

    def line_starts(self, lines: Lines, before: int | None = None) -> list[int]:
        """Starts of the lines to look at, ascending; with ``before``, later ones stay for the next call."""
        ready = sorted(offset for offset in self._waiting if before is None or offset < before)
        self._waiting[:] = [offset for offset in self._waiting if before is not None and offset >= before]
        for offset in ready:
            self._starts[offset] = lines.start_of(offset)
        starts = {self._starts[offset] for offset in ready}
        self._looked_at |= starts
        return sorted(starts)

    def found(self, records: Iterable[Record], lines: Lines) -> None:
        """These records hold the lines that were looked at. Where only a further line of one was, its first may have
        been counted for another of its kind."""
        for record in records:
            start = record.origin.offset
            if start not in self._looked_at:
                self._looked_at.add(start)
                kind = self._kind_at(lines, start)
                if kind is not None:
                    self._others.append(Stand(start, 0, frozenset(), kind))

    def _kind_at(self, lines: Lines, start: int) -> Kind | None:
        """The kind of the line that starts there; None where it has no literal."""
        data = memoryview(lines.fetch(start, min(LONGEST_LINE, lines.end - start)))
        for line in _lines_hit(self._scanner, data[: _stop(data, 0)]):
            said, _, _ = _read(data, line, self._is_tracked(line.literals))
            kind = tuple(sorted(line.literals)), said, self._place(start)
            return kind if kind in self._kinds or len(self._kinds) < _MOST_KINDS else (kind[0][:1], b"", kind[2])
        return None

    def notes(self, file: LogFile) -> list[str]:
        """A sentence for the coverage when there were so many kinds that some lines stand for none."""
        unlike = sum(seen.lines - len(seen.offsets) for kind, seen in self._kinds.items() if not kind[1])
        if not unlike:
            return []
        return [f"{file.source}: {unlike} more lines, of more than {_MOST_KINDS} kinds, were not looked at"]

    def stands(self) -> list[Stand]:
        """Whom each line that was looked at stands for."""
        return [
            Stand(
                self._starts[offset],
                count,
                frozenset(name.decode("ascii") for name in requests),
                kind,
                seen.named >= _MOST_REQUESTS,
            )
            for kind, seen in self._kinds.items()
            for offset, count, requests in _stood_for(kind, seen)
            if offset in self._starts
        ] + self._others


def _stood_for(kind: Kind, seen: _Seen) -> Iterable[tuple[int, int, set[bytes]]]:
    """Each line that was looked at, for how many it stands, and their requests. What is of no kind is like no other."""
    if not kind[1]:
        return ((offset, 1, set()) for offset in seen.offsets)
    return zip(seen.offsets, seen.counts, seen.requests, strict=True)


def _lines_hit(scanner: Scanner, data: memoryview) -> list[_Line]:
    """The lines of a block with a hit, in order."""
    found: list[_Line] = []

    def take(number: int, end: int) -> None:
        if found and end <= found[-1].stop:
            found[-1].literals.add(number)
            found[-1].last = end
        else:
            found.append(_Line(number, end, _stop(data, end)))

    scanner.scan(data, take)
    return found


def _stop(data: memoryview, at: int) -> int:
    """Where the line ends that holds the byte before ``at``."""
    step = _NEAR
    while at < len(data):
        found = bytes(data[at : at + step]).find(b"\n")
        if found >= 0:
            return at + found
        at += step
        step = _FAR
    return len(data)


def _without_digits(text: bytes) -> bytes:
    return text.translate(None, _VARYING)


def _without_times(text: bytes) -> bytes:
    return _PASSING.sub(b"", text)


def _read(data: memoryview, line: _Line, tracked: bool) -> tuple[bytes, bytes, int]:
    """What a line says, the request it names first, and where it starts (0 where that is further up than is looked)."""
    stop = min(line.stop, line.last + _NEAR)
    low = max(0, line.first - _NEAR)
    text = bytes(data[low:stop])
    start = text.rfind(b"\n", 0, line.first - low) + 1
    if not start and low:
        low = max(0, line.first - _FAR)
        text = bytes(data[low:stop])
        start = text.rfind(b"\n", 0, line.first - low) + 1
    first, last = line.first - low, line.last - low
    # What makes the texts of lines that are alike the same.
    same = _without_times if tracked else _without_digits
    before = same(text[start:first])[-_SAID:]
    behind = same(text[last:])[: _SAID_TRACKED if tracked else _SAID]
    between = same(text[first : min(last, first + _NEAR)])
    request = _REQUEST.search(text, start)
    return before + between + behind, request.group() if request else b"", low + start


def samples_of(records: Sequence[Record], stands: Iterable[Stand]) -> list[Sample]:
    """The records of one file with whom they stand for.

    A record is counted by its first line where that was hit: the lines of its traceback are no further records. Where
    it was not, the rarest of its further lines counts, for the lines of a traceback are like each other.
    """
    order = sorted(range(len(records)), key=lambda i: records[i].origin.offset)
    offsets = [records[i].origin.offset for i in order]
    kinds: dict[Kind, list[list[int]]] = {}  # [start, times]
    further: dict[int, int] = {}
    others: dict[int, Stand] = {}
    requests: dict[int, frozenset[str]] = {}
    more: set[int] = set()
    for stand in sorted(stands):
        if stand.times:
            kinds.setdefault(stand.kind, []).append([stand.start, stand.times])
        at = bisect_right(offsets, stand.start) - 1
        if at < 0 or (stand.start > offsets[at] and records[order[at]].lines == 1):
            continue  # outside the window after all
        index = order[at]
        if not stand.times:
            others[index] = stand
        elif stand.start > offsets[at]:
            further[index] = min(further.get(index, stand.times), stand.times)
        requests[index] = requests.get(index, frozenset()) | stand.requests
        if stand.more:
            more.add(index)
    looked_at = {start for members in kinds.values() for start, _ in members}
    others = {index: stand for index, stand in others.items() if stand.start not in looked_at}
    first: dict[int, int] = {}
    for index, stand in others.items():
        first[index] = max(1, _taken(kinds.get(stand.kind, []), stand.start, 1))
    for index, stand in others.items():  # once each has itself
        first[index] += _taken(kinds.get(stand.kind, []), stand.start, further.get(index, 1) - 1)
    at_start = {start: times for members in kinds.values() for start, times in members}
    for index, offset in zip(order, offsets, strict=True):
        if offset in at_start:
            first[index] = at_start[offset]
    return [
        Sample(record, first.get(i, further.get(i, 1)), requests.get(i, frozenset()), i in more)
        for i, record in enumerate(records)
    ]


def _taken(members: list[list[int]], start: int, wanted: int) -> int:
    """Take up to so many of what lines of a kind stand for besides themselves, near ``start`` first; how many."""
    at = max(0, bisect_right(members, [start]) - 1)
    taken = 0
    for member in (*members[at:], *reversed(members[:at])):
        share = min(wanted - taken, member[1] - 1)
        member[1] -= share
        taken += share
        if taken == wanted:
            break
    return taken
