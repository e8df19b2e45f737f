"""Engine ``files``: logs on this machine's disk, scanned anew for each question, never indexed.

One Hyperscan pass finds the lines that hold an id or a pattern's literal; only their neighbourhood becomes records. A
window is found in a plain file by bisection on its time stamps. Work is spread over processes by file and by
slices of large files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from ..errors import UnreadableError
from ..formats import Format, Place, detect, read_head
from ..record import Record
from ..scanner import Scanner
from ..services import Services
from . import reading
from .clock import Clocks
from .discover import LogFile, discover
from .query import Coverage, Query, Trouble
from .reading import BLOCK, Lines
from .regions import records_at
from .workers import spread

# Below this many bytes a second process costs more than it saves.
_WORTH_SPREADING = 24 << 20
_SLICE = 64 << 20
# Of a compressed file so much of the block before is kept: an event may have begun there.
_STREAM_CONTEXT = 1 << 20
# A line of a stream is held whole up to this length.
_STREAM_LINE = 16 << 20
# The time a block ends at is looked for in so many bytes.
_STREAM_SAMPLE = 2 << 10
# A literal's hits in one file: all of the first so many, then ever fewer.
_ALL_OF_FIRST = 16
# Records of one file and question; an id that is in more lines than this is a log storm of its own.
_MOST_HITS = 20_000
# Workers and threads write slightly out of order: a window is widened by so much when it is cut out.
_DISORDER = timedelta(seconds=5)
# The first look at a file: so many bytes of its head and tail, so many lines of each.
_LOOK = 16 << 10
_SAMPLE_LINES = 12
# Bisection looks at a few lines here and there: it reads little at a time.
_PROBE = 4 << 10
# It stops when so many bytes are left: scanning those costs less than looking closer.
_GRAIN = 32 << 10
# Lines without a time in a row that bisection looks through.
_UNTIMED = 20_000


class _Facts(NamedTuple):
    """What is known of a file after its first look: its formats, and the time of its first and last line."""

    formats: tuple[Format, ...]
    first: datetime | None
    last: datetime | None
    binary: bool
    probes: dict[int, datetime | None]  # times found by bisection, by byte offset


class _Task(NamedTuple):
    file: LogFile
    start: int
    end: int


class _Answer(NamedTuple):
    records: list[Record]
    troubles: list[Trouble]
    notes: list[str]
    last: datetime | None  # time of the last line of a stream, known once it was read through
    read: bool


class FilesEngine:
    """Searches the log files below the given paths.

    ``jobs`` bounds the processes; ``clocks`` may be replaced between questions (records of later ones follow).
    ``progress`` is called with (bytes done, bytes in all) now and then.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        services: Services,
        clocks: Clocks | None = None,
        jobs: int = 2,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        found = discover(roots, services)
        self.files = found.files
        self.services = services
        self.clocks = clocks or Clocks()
        self.jobs = jobs
        self._progress = progress or (lambda _done, _all: None)
        self._troubles: dict[Trouble, None] = dict.fromkeys(found.troubles)
        self._skipped: dict[Trouble, None] = dict.fromkeys(found.skipped)
        self._notes: dict[str, None] = {}
        self._facts: dict[str, _Facts] = {}
        self._read: set[LogFile] = set()
        self._unparsed: set[tuple[str, int]] = set()
        self._newlines: dict[str, dict[int, int]] = {}

    def search(self, query: Query) -> list[Record]:
        """Records that answer the query, by file and place in the file. What cannot be read is in ``coverage``."""
        scanners = [
            (Scanner(literals), sampled)
            for literals, sampled in ((query.ids, False), (query.literals, True))
            if literals
        ]
        if not scanners:
            return []
        tasks = [task for file in self.files if self._wanted(file, query) for task in self._tasks(file, query)]
        total = sum(task.end - task.start for task in tasks)

        def work(task: _Task) -> _Answer:
            return self._search_file(task, query, scanners)

        answers = spread(
            work,
            tasks,
            [_weight(task) for task in tasks],
            self.jobs if total >= _WORTH_SPREADING else 1,
            lambda share: self._progress(int(total * share), total),
        )
        records: dict[tuple[str, int], Record] = {}  # an event across two slices is found from both
        for task, answer in zip(tasks, answers, strict=True):
            self._troubles.update(dict.fromkeys(answer.troubles))
            self._notes.update(dict.fromkeys(answer.notes))
            if answer.read:
                self._read.add(task.file)
            if answer.last is not None:
                facts = self._facts[task.file.source]
                self._facts[task.file.source] = facts._replace(last=answer.last)
            for record in answer.records:
                place = (record.origin.source, record.origin.offset)
                records.setdefault(place, record)
                if record.format == "raw":
                    self._unparsed.add(place)
        return list(records.values())

    def coverage(self) -> Coverage:
        """What was read so far, and what could not be."""
        return Coverage(
            len(self._read),
            sum(file.size for file in self._read),
            tuple(self._troubles),
            tuple(self._skipped),
            len(self._unparsed),
            tuple(self._notes),
        )

    def numbered(self, records: Iterable[Record]) -> list[Record]:
        """The records with their line numbers filled in, in the same order.

        Counting lines costs as much as scanning, so it is done for what is shown only, and each byte once.
        """
        result = list(records)
        unnumbered: dict[str, list[int]] = {}
        for index, record in enumerate(result):
            if not record.origin.line:
                unnumbered.setdefault(record.origin.source, []).append(index)
        for source, indexes in unnumbered.items():
            indexes.sort(key=lambda i: result[i].origin.offset)
            lines = self._count_lines(source, [result[i].origin.offset for i in indexes])
            for index, line in zip(indexes, lines, strict=True):
                origin = result[index].origin._replace(line=line)
                result[index] = result[index]._replace(origin=origin)
        return result

    def time_ranges(self) -> dict[str, tuple[datetime, datetime]]:
        """First and last stamp of each node's logs that name no zone, naive as written: what tells a node's zone."""
        ranges: dict[str, tuple[datetime, datetime]] = {}
        for file in self.files:
            facts = self._look(file)
            first, last = facts.first, facts.last or facts.first
            if first is None or last is None or first.tzinfo is not None or last.tzinfo is not None:
                continue
            low, high = ranges.get(file.node, (first, last))
            ranges[file.node] = (min(low, first), max(high, last))
        return ranges

    # What to read

    def _wanted(self, file: LogFile, query: Query) -> bool:
        if query.nodes and file.node not in query.nodes:
            return False
        if query.services and not any(self.services.matches(name, file.service) for name in query.services):
            return False
        if not file.size:
            self._read.add(file)
            return False
        facts = self._look(file)
        if facts.binary:
            self._skipped[Trouble(file.source, "binary")] = None
            return False
        clock = self.clocks.of(file.node)
        if query.until and facts.first and clock.to_utc(facts.first) > query.until + _DISORDER:
            return False
        return not (query.since and facts.last and clock.to_utc(facts.last) < query.since - _DISORDER)

    def _look(self, file: LogFile) -> _Facts:
        """Formats and times of a file from its head and tail; cheap, and done once."""
        facts = self._facts.get(file.source)
        if facts is None:
            try:
                facts = self._look_plain(file) if not file.compression else self._look_stream(file)
            except (OSError, UnreadableError) as err:
                self._troubles[Trouble(file.source, getattr(err, "strerror", None) or str(err))] = None
                facts = _Facts(tuple(detect(())), None, None, False, {})
            self._facts[file.source] = facts
        return facts

    def _look_plain(self, file: LogFile) -> _Facts:
        fd = os.open(file.source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            head = os.pread(fd, _LOOK, 0)
            tail_at = max(0, file.size - _LOOK)
            tail = os.pread(fd, _LOOK, tail_at) if tail_at else head
        finally:
            os.close(fd)
        return _facts_of(head, tail, whole_tail=not tail_at)

    def _look_stream(self, file: LogFile) -> _Facts:
        with reading.open_stream(file.source, file.compression) as stream:
            head = next(iter(reading.stream_blocks(stream, _LOOK)), b"")
        return _facts_of(head, b"", whole_tail=False)

    def _tasks(self, file: LogFile, query: Query) -> Iterator[_Task]:
        if file.compression:
            yield _Task(file, 0, file.size)
            return
        try:
            fd = os.open(file.source, os.O_RDONLY)
        except OSError as err:
            self._troubles[Trouble(file.source, err.strerror or str(err))] = None
            return
        try:
            size = os.fstat(fd).st_size
            start, end = self._window(fd, file, size, query)
            if start >= end:
                self._read.add(file)
            while start < end:
                cut = end if end - start < _SLICE * 3 // 2 else reading.line_start(fd, start + _SLICE, size)
                yield _Task(file, start, min(cut, end))
                start = cut
        finally:
            os.close(fd)

    def _window(self, fd: int, file: LogFile, size: int, query: Query) -> tuple[int, int]:
        """Byte range of a plain file that holds the window; the whole file where its lines bear no time."""
        facts = self._facts[file.source]
        if facts.first is None and facts.last is None:
            return 0, size
        lines = Lines(lambda at, count: os.pread(fd, count, at), 0, size, step=_PROBE)
        return _window_in(lines, query, facts, self.clocks.of(file.node).to_utc, facts.probes)

    # Reading

    def _search_file(self, task: _Task, query: Query, scanners: list[tuple[Scanner, bool]]) -> _Answer:
        answer = _Answer([], [], [], None, True)
        try:
            if task.file.compression:
                return self._search_stream(task.file, query, scanners, answer)
            self._search_plain(task, query, scanners, answer)
        except UnreadableError as err:
            answer.troubles.append(Trouble(task.file.source, str(err)))
        except OSError as err:
            answer.troubles.append(Trouble(task.file.source, err.strerror or str(err)))
            return answer._replace(read=False)
        return answer

    def _search_plain(self, task: _Task, query: Query, scanners: list[tuple[Scanner, bool]], answer: _Answer) -> None:
        fd = os.open(task.file.source, os.O_RDONLY)
        try:
            size = os.fstat(fd).st_size
            hits = _Hits(scanners)
            trouble: UnreadableError | None = None
            try:
                for offset, data in reading.plain_blocks(fd, task.start, task.end, bytearray(BLOCK)):
                    hits.scan(data, offset)
            except UnreadableError as err:  # what was found before the damage still counts
                trouble = err
            lines = Lines(lambda at, count: os.pread(fd, count, at), 0, size)
            answer.records.extend(self._records(task.file, lines, hits.line_starts(lines), query))
            answer.notes.extend(hits.notes(task.file))
            if trouble:
                raise trouble
        finally:
            os.close(fd)

    def _search_stream(
        self, file: LogFile, query: Query, scanners: list[tuple[Scanner, bool]], answer: _Answer
    ) -> _Answer:
        facts = self._facts[file.source]
        to_utc = self.clocks.of(file.node).to_utc
        hits = _Hits(scanners)
        last: datetime | None = None
        before: list[bytes] = []  # what was scanned last
        data, base = b"", 0  # what is scanned now, and where it starts
        with reading.open_stream(file.source, file.compression) as stream:
            blocks = reading.stream_blocks(stream, BLOCK)
            finished = False
            while not finished:
                try:
                    block = next(blocks, b"")
                except UnreadableError as err:
                    answer.troubles.append(Trouble(file.source, str(err)))
                    block = b""
                finished = not block
                data += block
                cut = len(data) if finished else data.rfind(b"\n") + 1
                if not cut and not finished:  # a line longer than a block
                    if len(data) < _STREAM_LINE:
                        continue
                    cut = len(data) - reading.OVERLAP
                last = _last_time(data[max(0, cut - _STREAM_SAMPLE) : cut], facts.formats) or last
                if not (query.since and last and to_utc(last) < query.since - _DISORDER):
                    # A block may hold hours, the window minutes.
                    lines = Lines(_fetch_from(data, base), base, base + cut, step=_PROBE)
                    low, high = _window_in(lines, query, facts, to_utc, {})
                    hits.scan(memoryview(data)[low - base : high - base], low)
                if hits.waiting:
                    # Hits near the end wait for the next block: their event may go on there.
                    context = b"".join(before)
                    low, high = base - len(context), base + cut
                    ready = high if finished else high - _STREAM_CONTEXT // 2
                    lines = Lines(_fetch_from(context + data[:cut], low), low, high)
                    answer.records.extend(self._records(file, lines, hits.line_starts(lines, ready), query))
                before.append(data[:cut])
                while sum(map(len, before[1:])) >= _STREAM_CONTEXT:
                    del before[0]
                data, base = data[cut:], base + cut
                if query.until and last and to_utc(last) > query.until + _DISORDER * 12 and not hits.waiting:
                    last = None  # not read to its end
                    break
        answer.notes.extend(hits.notes(file))
        return answer._replace(last=last)

    def _records(self, file: LogFile, lines: Lines, hits: Sequence[int], query: Query) -> Iterator[Record]:
        if not hits:
            return
        formats = self._facts[file.source].formats
        place = Place(file.node, file.service, file.path, file.source)
        for record in records_at(lines, hits, formats, place, self.clocks.of(file.node).to_utc):
            if record.time is not None:
                if query.since and record.time < query.since:
                    continue
                if query.until and record.time > query.until:
                    continue
            yield self._with_service(record)

    def _with_service(self, record: Record) -> Record:
        """Where the path does not tell the service, the logger may."""
        if record.origin.service or not record.logger:
            return record
        service = self.services.of_logger(record.logger) or self.services.of_name(record.logger)
        return record._replace(origin=record.origin._replace(service=service)) if service else record

    def _count_lines(self, source: str, offsets: list[int]) -> list[int]:
        """Numbers of the lines that start at the offsets (ascending); 0 where the file cannot be read again."""
        known = self._newlines.setdefault(source, {})
        missing = [offset for offset in offsets if offset not in known]
        compression = next((file.compression for file in self.files if file.source == source), "")
        position, line = 0, 1
        try:
            with reading.open_stream(source, compression) as stream:
                for offset in missing:
                    while position < offset:
                        data = stream.read(min(1 << 18, offset - position))
                        if not data:
                            raise UnreadableError("truncated while being read")
                        line += data.count(b"\n")
                        position += len(data)
                    known[offset] = line
        except (OSError, EOFError, UnreadableError) as err:
            self._troubles[Trouble(source, f"lines could not be counted: {err}")] = None
        return [known.get(offset, 0) for offset in offsets]


class _Hits:
    """Offsets of hits in one file. Literals are sampled: all of the first, then ever fewer of the same."""

    def __init__(self, scanners: list[tuple[Scanner, bool]]) -> None:
        self._scanners = scanners
        self._offsets: list[int] = []
        self._counts = [[0] * len(scanner.literals) for scanner, _ in scanners]
        self._lost = 0
        self._taken = 0

    def scan(self, data: memoryview, base: int) -> None:
        for (scanner, sampled), counts in zip(self._scanners, self._counts, strict=True):
            scanner.scan(data, self._taker(counts, base, sampled))

    def _taker(self, counts: list[int], base: int, sampled: bool) -> Callable[[int, int], None]:
        offsets = self._offsets

        def sample(number: int, end: int) -> None:
            count = counts[number] = counts[number] + 1
            # After the first ones every 2nd, 4th, 8th … so that a change in the middle of a storm is still seen.
            if count <= _ALL_OF_FIRST or not count % (1 << (count // _ALL_OF_FIRST).bit_length()):
                offsets.append(base + end - 1)

        def every(_number: int, end: int) -> None:
            self._taken += 1
            if self._taken <= _MOST_HITS:
                offsets.append(base + end - 1)
            else:
                self._lost += 1

        return sample if sampled else every

    @property
    def waiting(self) -> bool:
        """Whether there are hits whose lines were not asked for yet."""
        return bool(self._offsets)

    def line_starts(self, lines: Lines, before: int | None = None) -> list[int]:
        """Starts of the lines that were hit, ascending; with ``before``, later hits stay for the next call."""
        ready = sorted(offset for offset in self._offsets if before is None or offset < before)
        self._offsets[:] = [offset for offset in self._offsets if before is not None and offset >= before]
        starts: list[int] = []
        known_end = -1
        for offset in ready:
            if starts and offset < known_end:
                continue
            start = lines.start_of(offset)
            if not starts or start > starts[-1]:
                starts.append(start)
                known_end = offset
        return starts

    def notes(self, file: LogFile) -> list[str]:
        if not self._lost:
            return []
        return [f"{file.source}: {self._lost} more lines with the ids asked for were not looked at"]


def _weight(task: _Task) -> int:
    # A compressed byte stands for ten plain ones, each three times as costly.
    return (task.end - task.start) * (30 if task.file.compression else 1)


def _fetch_from(buffer: bytes, base: int) -> Callable[[int, int], bytes]:
    return lambda at, count: buffer[at - base : at - base + count]


def _facts_of(head: bytes, tail: bytes, whole_tail: bool) -> _Facts:
    if head.count(b"\0") > len(head) // 8:
        return _Facts(tuple(detect(())), None, None, True, {})
    head_lines = head.decode("utf-8", "replace").split("\n")[:_SAMPLE_LINES]
    tail_lines = tail.decode("utf-8", "replace").split("\n")
    if not whole_tail:
        del tail_lines[:1]  # most likely cut in the middle
    formats = tuple(detect((*head_lines, *tail_lines[-_SAMPLE_LINES:])))
    return _Facts(formats, _first_time(head_lines, formats), _first_time(reversed(tail_lines), formats), False, {})


def _first_time(lines: Iterable[str], formats: Sequence[Format]) -> datetime | None:
    for text in lines:
        head, _ = read_head(text, formats)
        if head is not None and head.time is not None:
            return head.time
    return None


def _last_time(data: bytes, formats: Sequence[Format]) -> datetime | None:
    return _first_time(reversed(data.decode("utf-8", "replace").split("\n")[1:]), formats)


def _window_in(
    lines: Lines,
    query: Query,
    facts: _Facts,
    to_utc: Callable[[datetime], datetime],
    probes: dict[int, datetime | None],
) -> tuple[int, int]:
    """Byte range, inside ``lines``, of the query's window; found by bisection. ``probes`` remembers what it saw."""

    def time_at(middle: int) -> datetime | None:
        if middle not in probes:
            probes[middle] = _time_after(lines, lines.start_of(middle), facts.formats)
        return probes[middle]

    def offset_of(time: datetime, unknown_is_late: bool) -> int:
        low, high = lines.start, lines.end
        while high - low > _GRAIN:
            middle = (low + high) // 2
            found = time_at(middle)
            late = unknown_is_late if found is None else to_utc(found) >= time
            low, high = (low, middle) if late else (middle, high)
        return lines.start_of(low)

    start = offset_of(query.since - _DISORDER, unknown_is_late=True) if query.since else lines.start
    if query.until is None:
        return start, lines.end
    until = query.until + _DISORDER
    end = offset_of(until, unknown_is_late=False)
    # Bisection stops short of the end, and the last event may have a long body: go on to the first later head.
    end = lines.start_of(min(end + _GRAIN, lines.end))
    return start, max(start, _first_later(lines, end, facts.formats, lambda time: to_utc(time) > until))


def _time_after(lines: Lines, offset: int, formats: Sequence[Format]) -> datetime | None:
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
