"""Records, one after the other, of all log files: what ``find`` asks for.

Where ``files`` answers with what a question hits and its surroundings, this walks through the files and yields every
record that passes, in order of time over all files or file by file. A file is opened when its time has come, so
that rotations follow each other; memory and open files stay bounded whatever the corpus.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeVar

from ..record import Record
from ..scanner import Scanner
from . import summer_time
from .clock import NodeClock
from .discover import LogFile
from .file_pass import FilePass
from .files import FilesEngine
from .handles import Handles
from .plain_file import plain_records
from .query import Coverage, Trouble
from .seek import Seek
from .stream_file import stream_records
from .streams import Sender, streamed


class _Blocks(NamedTuple):
    """How much is read at once of each file: together no more than the budget, as long as that is worth it."""

    budget: int
    largest: int
    smallest: int

    def of(self, files: int) -> int:
        """The size for each of so many files."""
        return max(self.smallest, min(self.largest, self.budget // max(1, files)))


# Lines that are all parsed go by in small blocks, which the CPU's caches hold; a scan is worth more at once.
_PARSED, _SCANNED = _Blocks(16 << 20, 1 << 18, 1 << 14), _Blocks(32 << 20, 2 << 20, 1 << 16)
# Below this many bytes a second process costs more than it saves: when all is parsed, when hits are scanned for.
_WORTH_PARSING, _WORTH_SCANNING = 2 << 20, 48 << 20
# Records are read so many at a time of one file, and so many of all: going from file to file for each single one
# costs half as much again, for what the CPU's caches hold is then of other files.
_MOST_AHEAD, _AHEAD = 256, 16_384
_NEVER = datetime.min.replace(tzinfo=timezone.utc)

_Shaped = TypeVar("_Shaped")
# What a record becomes where it was read: a process hands its neighbour a line of text more cheaply than a record. None
# is not handed over.
Shape = Callable[[Record], _Shaped | None]
_Keyed = tuple[datetime, int, _Shaped]


class _Part(NamedTuple):
    """A file, or the part of a plain one that holds the window; ``number`` is its place among all files."""

    number: int
    file: LogFile
    start: int
    end: int


class Sum(Protocol):
    """What a shape adds up beside what it gives: each process has its own, empty at first, and they are merged."""

    def merge(self, other: Any) -> None:
        """Add all of another process's."""
        ...


class RecordsEngine(FilesEngine):
    """Walks through the records of the log files below some paths. ``coverage`` is whole once the walk ended."""

    untimed = 0  # records that passed but bear no time, left out because a window was asked for
    unparsed = 0  # lines of raw records that passed
    lines_read: Counter[tuple[str, str]]  # by node and path, of the files of which every line was folded

    def records(
        self, seek: Seek, shape: Shape[_Shaped], by_time: bool = True, added_up: Sum | None = None
    ) -> Iterator[_Shaped]:
        """Records that pass, shaped, in order of time or file by file; lines of one file stay in their order.

        ``added_up`` is what the shape adds up to; it is whole once the walk ended.
        """
        self.lines_read = Counter()
        parts = [part for number, file in enumerate(self.files) for part in self._parts(number, file, seek)]
        total = sum(part.end - part.start for part in parts) or 1
        done = 0

        def tick(count: int) -> None:
            nonlocal done
            done += count
            self._progress(min(done, total), total)

        worth = _WORTH_SCANNING if seek.literals else _WORTH_PARSING
        if self.jobs == 1 or len(parts) < 2 or sum(map(_weight, parts)) < worth:
            yield from (shaped for _, _, shaped in self._joined(parts, seek, shape, by_time, tick))
            return
        shares = _shares(parts, self.jobs, by_time)
        work = [partial(self._share, share, seek, shape, by_time, added_up) for share in shares]

        def take(answer: dict[str, Any]) -> None:
            self._take(answer)
            if added_up is not None:
                added_up.merge(answer["added_up"])

        with streamed(work, tick, take) as streams:
            for _, _, shaped in heapq.merge(*streams, key=lambda item: item[:2]) if by_time else _in_turn(streams):
                yield shaped

    def coverage(self) -> Coverage:
        """What was read so far, and what could not be."""
        coverage = super().coverage()._replace(unparsed_lines=self.unparsed)
        if not self.untimed:
            return coverage
        note = f"{self.untimed} records without a time were left out; without --since and --until they are shown"
        return coverage._replace(notes=(*coverage.notes, note))

    def _share(
        self,
        parts: Sequence[_Part],
        seek: Seek,
        shape: Shape[_Shaped],
        by_time: bool,
        added_up: Sum | None,
        sender: Sender,
    ) -> dict[str, Any]:
        """In a child: send what a share of the files holds; the answer is what there is to be said of them."""
        for item in self._joined(parts, seek, shape, by_time, sender.tick):
            sender.send(item)
        return {
            "troubles": self._troubles,
            "notes": self._notes,
            "read": self._read,
            "unparsed": self.unparsed,
            "untimed": self.untimed,
            "lines_read": self.lines_read,
            "added_up": added_up,
        }

    def _take(self, answer: dict[str, Any]) -> None:
        self._troubles.update(answer["troubles"])
        self._notes.update(answer["notes"])
        self._read |= answer["read"]
        self.unparsed += answer["unparsed"]
        self.untimed += answer["untimed"]
        self.lines_read += answer["lines_read"]

    def _parts(self, number: int, file: LogFile, seek: Seek) -> Iterator[_Part]:
        if not self._wanted(file, seek.scope):
            return
        tasks = list(self._tasks(file, seek.scope))
        if tasks:  # slices are for processes that share one file; a walk goes through it in one
            yield _Part(number, file, tasks[0].start, tasks[-1].end)

    # Joining files

    def _joined(
        self, parts: Sequence[_Part], seek: Seek, shape: Shape[_Shaped], by_time: bool, tick: Callable[[int], None]
    ) -> Iterator[_Keyed[_Shaped]]:
        scanner = Scanner(seek.literals, seek.ignore_case) if seek.literals else None
        block = (_SCANNED if scanner else _PARSED).of(len(parts) if by_time else 1)
        handles = Handles()

        def opened(part: _Part) -> Iterator[_Keyed[_Shaped]]:
            return self._keyed(part, seek, shape, scanner, block, tick, handles)

        if not by_time or len(parts) < 2:
            for part in parts:
                yield from opened(part)
            return
        ahead = max(1, min(_MOST_AHEAD, _AHEAD // len(parts)))
        yield from _by_time(
            [(self._begins(part), part.number, partial(_read_ahead, opened, part, ahead)) for part in parts]
        )

    def _begins(self, part: _Part) -> datetime:
        first = self.look(part.file).first
        return self.clocks.of(part.file.node).to_utc(first) if first else _NEVER

    def _keyed(
        self,
        part: _Part,
        seek: Seek,
        shape: Shape[_Shaped],
        scanner: Scanner | None,
        block: int,
        tick: Callable[[int], None],
        handles: Handles,
    ) -> Iterator[_Keyed[_Shaped]]:
        """Shaped records of one file, each with when and where it goes among those of others."""
        file, number = part.file, part.number
        clock = self.clocks.of(file.node)
        reader = summer_time.Reader(clock)
        trouble = partial(self._hurt, file)
        window = self._widened(file, seek.scope)
        facts, reference = self.look(file), self.year_reference(file)
        lines_read = partial(self._lines_went_by, file)
        this = FilePass(
            file, facts, _to_utc(clock, reader), window, seek, scanner, block, tick, trouble, lines_read, reference
        )
        self._read.add(file)
        records = (
            stream_records(this) if file.compression else plain_records(this, handles, part.start, part.end, file.size)
        )
        key = _NEVER
        with self.troubles_of(file):
            for record in records:
                wanted = self._fits(self.in_pass(file, record, reader) if reader.doubtful else record, seek)
                if wanted is None:
                    continue
                if wanted.time is not None and wanted.time > key:
                    key = wanted.time
                shaped = shape(wanted)
                if shaped is not None:
                    yield key, number, shaped

    def _lines_went_by(self, file: LogFile, count: int) -> None:
        self.lines_read[file.node, file.path] += count

    def _hurt(self, file: LogFile, reason: str) -> None:
        self._troubles[Trouble(file.source, reason)] = None

    def _fits(self, record: Record, seek: Seek) -> Record | None:
        """The record with its service, where it is inside the scope."""
        if seek.level and (record.level is None or record.level < seek.level):
            return None
        scope = seek.scope
        record = self._with_service(record)
        service = record.origin.service
        if scope.services and not (service and any(self.services.matches(name, service) for name in scope.services)):
            return None
        if scope.since or scope.until:
            if record.time is None:
                self.untimed += 1
                return None
            if (scope.since and record.time < scope.since) or (scope.until and record.time > scope.until):
                return None
        if record.format == "raw":
            self.unparsed += record.lines
        return record


def _to_utc(clock: NodeClock, reader: summer_time.Reader) -> Callable[[datetime], datetime]:
    """The reader's, or what is quicker and the same for clocks that are never set back."""
    if clock.zone is timezone.utc and not clock.ahead:
        return lambda time: time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)
    return clock.to_utc if isinstance(clock.zone, timezone) else reader.to_utc


def _by_time(
    streams: Sequence[tuple[datetime, int, Callable[[], Iterator[_Keyed[_Shaped]]]]],
) -> Iterator[_Keyed[_Shaped]]:
    """Items of all streams by time; a stream is opened once the others have come to its first time."""
    # (time, number, item, stream): number is unique among the heads, so the rest is never compared.
    heads: list[tuple[datetime, int, Any, Any]] = [(begins, number, None, start) for begins, number, start in streams]
    heapq.heapify(heads)
    while heads:
        _, _, item, stream = heads[0]
        if item is None:
            stream = stream()
        else:
            yield item
            # As long as one stream is first, the heap need not be asked.
            second = min(heads[1:3], default=None)
            for item in stream:
                if second is not None and item[:2] > second[:2]:
                    break
                yield item
            else:
                heapq.heappop(heads)
                continue
            heapq.heapreplace(heads, (item[0], item[1], item, stream))
            continue
        item = next(stream, None)
        if item is None:
            heapq.heappop(heads)
        else:
            heapq.heapreplace(heads, (item[0], item[1], item, stream))


def _read_ahead(
    opened: Callable[[_Part], Iterator[_Keyed[_Shaped]]], part: _Part, count: int
) -> Iterator[_Keyed[_Shaped]]:
    items = opened(part)
    while batch := list(islice(items, count)):
        yield from batch


def _shares(parts: Sequence[_Part], processes: int, by_time: bool) -> list[list[_Part]]:
    """Files shared out by weight; file by file the shares follow each other."""
    shares: list[list[_Part]] = [[] for _ in range(min(processes, len(parts)))]
    if not by_time:
        total, before = sum(map(_weight, parts)), 0
        for part in parts:
            shares[min(len(shares) - 1, before * len(shares) // total)].append(part)
            before += _weight(part)
        return shares
    loads = [0] * len(shares)
    for part in sorted(parts, key=_weight, reverse=True):
        least = loads.index(min(loads))
        shares[least].append(part)
        loads[least] += _weight(part)
    return shares


def _weight(part: _Part) -> int:
    # A compressed byte stands for ten plain ones.
    return (part.end - part.start) * (10 if part.file.compression else 1) + 1


def _in_turn(streams: Sequence[Iterator[_Keyed[_Shaped]]]) -> Iterator[_Keyed[_Shaped]]:
    for stream in streams:
        yield from stream
