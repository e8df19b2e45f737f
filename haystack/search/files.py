"""Engine ``files``: logs on this machine's disk, scanned anew for each question, never indexed.

One Hyperscan pass finds the lines that hold an id or a pattern's literal; only their neighbourhood becomes records. A
window is found in a plain file by bisection on its time stamps. Work is spread over processes by file and by
slices of large files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import IO, NamedTuple

from ..errors import UnreadableError
from ..formats import Place
from ..formats.stamps import newest_year
from ..record import PROGRAM, Record
from ..scanner import Scanner
from ..services import Services
from . import reading, summer_time
from .archives import Limits
from .clock import Clocks
from .discover import Found, LogFile, discover, printable
from .hits import Hits
from .line_numbers import number_lines
from .look import NOTHING_KNOWN, Facts, look
from .query import Coverage, Query, Trouble
from .reading import BLOCK, Lines
from .regions import records_at
from .samples import Sample, Samples, Stand, samples_of
from .scan_file import Answer, Scan, scan_plain, scan_stream
from .window import DISORDER, PROBE, window_in
from .workers import spread

_NEVER = datetime(8000, 1, 1, tzinfo=timezone.utc)
# Below this many bytes a second process costs more than it saves.
_WORTH_SPREADING = 24 << 20
SLICE = 64 << 20


class _Task(NamedTuple):
    file: LogFile
    start: int
    end: int


class FilesEngine:
    """Searches the log files below the given paths.

    ``jobs`` bounds the processes; ``clocks`` may be replaced between questions (records of later ones follow).
    ``progress`` is called with (bytes done, bytes in all) now and then, ``limits`` bound how far archives are unpacked.
    A node whose tree tells its clock has that one, unless ``clocks`` names the node.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        services: Services,
        clocks: Clocks | None = None,
        jobs: int = 2,
        progress: Callable[[int, int], None] | None = None,
        limits: Limits | None = None,
    ) -> None:
        clocks = clocks or Clocks()
        found = discover(roots, services, limits, clocks.default.zone)
        self._begin(found, services, clocks, jobs, progress, {str(root) for root in roots})

    def _begin(
        self,
        found: Found,
        services: Services,
        clocks: Clocks,
        jobs: int,
        progress: Callable[[int, int], None] | None,
        named: Set[str] = frozenset(),
    ) -> None:
        self.found = found  # with its spool: spooled files are there as long as the engine is
        self.files = found.files
        self.machines = found.machines
        self._named = named  # a file the user named is not passed over in silence
        self.services = services
        self.clocks = Clocks(clocks.default, {**found.clocks, **clocks.nodes})
        self._shown = found.shown
        self.jobs = jobs
        self._progress = progress or (lambda _done, _all: None)
        self._troubles: dict[Trouble, None] = dict.fromkeys(found.troubles)
        self._skipped: dict[Trouble, None] = dict.fromkeys(found.skipped)
        self._notes: dict[str, None] = dict.fromkeys(found.notes)
        self._facts: dict[str, Facts] = {}
        self._read: set[LogFile] = set()
        self._unparsed: set[tuple[str, int]] = set()
        self._dated_until: dict[str, datetime] | None = None  # by node
        self._compressions = {file.source: file.compression for file in found.files}
        self._line_numbers: dict[str, dict[int, int]] = {}
        self._second: dict[tuple[str, date], tuple[int, int]] = {}

    def search(self, query: Query) -> list[Record]:
        """Records that answer the query, by file and place in the file. What cannot be read is in ``coverage``."""
        scanners = [
            (Scanner(literals), sampled)
            for literals, sampled in ((query.ids, False), (query.literals, True))
            if literals
        ]
        records: dict[tuple[str, int], Record] = {}  # an event across two slices is found from both
        for answer in self._ask(query, lambda: Hits(scanners)) if scanners else ():
            for record in answer.records:
                records.setdefault(record.place, record)
        return list(records.values())

    def sample(self, query: Query) -> list[Sample]:
        """Records that answer for all that hold one of the query's ``literals``: of lines that are alike only some are
        looked at, and each is counted; its ``ids`` are not asked for."""
        scanner = Scanner(query.literals)
        records: dict[str, dict[int, Record]] = {}  # by file and place: a record across two slices is found from both
        stands: dict[str, list[Stand]] = {}
        for answer in self._ask(query, lambda: Samples(scanner, query.in_order, query.tracked)):
            for record in answer.records:
                source, offset = record.place
                records.setdefault(source, {}).setdefault(offset, record)
                stands.setdefault(source, [])
            if answer.records:
                stands[answer.records[0].origin.source] += answer.stands
        return [s for source, found in records.items() for s in samples_of(list(found.values()), stands[source])]

    def _ask(self, query: Query, new_hits: Callable[[], Hits | Samples]) -> Iterator[Answer]:
        tasks = [task for file in self.files if self._wanted(file, query) for task in self._tasks(file, query)]
        total = sum(task.end - task.start for task in tasks)

        def work(task: _Task) -> Answer:
            return self._search_file(task, query, new_hits())

        answers = spread(
            work,
            tasks,
            [_weight(task) for task in tasks],
            self.jobs if sum(map(_weight, tasks)) >= _WORTH_SPREADING else 1,
            lambda share: self._progress(int(total * share), total),
        )
        for task, answer in zip(tasks, answers, strict=True):
            self._troubles.update(dict.fromkeys(answer.troubles))
            self._notes.update(dict.fromkeys(answer.notes))
            if answer.read:
                self._read.add(task.file)
            if answer.last is not None:
                facts = self._facts[task.file.source]
                self._facts[task.file.source] = facts._replace(last=answer.last)
            self._unparsed.update(record.place for record in answer.records if record.format == "raw")
            yield answer

    def coverage(self) -> Coverage:
        """What was read so far, and what could not be."""
        return Coverage(
            len(self._read),
            sum(file.size for file in self._read),
            tuple(Trouble(self.name_of(path), reason) for path, reason in self._troubles),
            tuple(Trouble(self.name_of(path), reason) for path, reason in self._skipped),
            len(self._unparsed),
            tuple(self._readable(note) for note in self._notes),
        )

    def name_of(self, source: str) -> str:
        """How a file is called for the reader: its path, for a member of an archive `sos.tar.xz:var/log/…`."""
        return printable(self._shown.get(source, source))

    def _readable(self, note: str) -> str:
        source, colon, text = note.partition(": ")
        return f"{self.name_of(source)}{colon}{text}"

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
            known = self._line_numbers.setdefault(source, {})
            try:
                number_lines(source, self._compressions[source], [result[i].origin.offset for i in indexes], known)
            except (OSError, EOFError, UnreadableError) as err:
                self._troubles[Trouble(source, f"lines could not be counted: {err}")] = None
            for index in indexes:
                origin = result[index].origin
                result[index] = result[index]._replace(origin=origin._replace(line=known.get(origin.offset, 0)))
        return result

    def time_ranges(self) -> dict[str, tuple[datetime, datetime]]:
        """First and last stamp of each node's logs that name no zone, naive as written: what tells a node's zone."""
        ranges: dict[str, tuple[datetime, datetime]] = {}
        for file in self.files:
            facts = self.look(file)
            first, last = facts.first, facts.last or facts.first
            if first is None or last is None or first.tzinfo or last.tzinfo or facts.yearless:
                continue
            low, high = ranges.get(file.node, (first, last))
            ranges[file.node] = (min(low, first), max(high, last))
        return ranges

    @property
    def in_order(self) -> bool:
        """Whether the lines of each file that was looked at are in order of time, so that a window cuts it sharply."""
        return all(facts.sorted or facts.first is None for facts in self._facts.values())

    def covers(self, query: Query) -> bool:
        """Whether any file may hold something inside the window, of the nodes and services asked for."""
        timed = query.since is not None or query.until is not None
        wanted = [file for file in self.files if self._wanted(file, query)]
        # Of a log without a time nobody knows.
        return any(not timed or self.look(file).first or self.look(file).last for file in wanted)

    # What to read

    def concerns(self, file: LogFile, query: Query) -> bool:
        """Whether the file is of the nodes and services asked for."""
        if query.nodes and file.node not in query.nodes:
            return False
        return not query.services or any(self.services.matches(name, file.service) for name in query.services)

    def _wanted(self, file: LogFile, query: Query) -> bool:
        if not self.concerns(file, query):
            return False
        if not file.size:
            self._read.add(file)
            return False
        facts = self.look(file)
        if facts.encoding:
            reason = f"{facts.encoding} text; read it as: iconv -f {facts.encoding} -t UTF-8 FILE | haystack … --logs -"
            self._troubles[Trouble(file.source, reason)] = None
            return False
        if facts.binary:
            skipped = self._troubles if file.source in self._named else self._skipped
            skipped[Trouble(file.source, "binary")] = None
            return False
        query = self._widened(file, query)
        to_utc = self.to_utc(file)
        if facts.first and facts.last and not facts.sorted:
            return True  # newest first (`journalctl -r`): every line may be inside
        if query.until and facts.first and to_utc(facts.first) > query.until + DISORDER:
            return False
        return not (query.since and facts.last and to_utc(facts.last) < query.since - DISORDER)

    def _widened(self, file: LogFile, query: Query) -> Query:
        """The query with its window as wide as to hold stamps of an hour that was repeated, read as the first time."""
        if query.since is None:
            return query
        return query._replace(since=query.since - self.clocks.of(file.node).read_early(query.since))

    def look(self, file: LogFile) -> Facts:
        """The first look at a file, done once."""
        facts = self._facts.get(file.source)
        if facts is None:
            facts = NOTHING_KNOWN
            with self.troubles_of(file):
                facts = look(file)
            self._facts[file.source] = facts
        return facts

    @contextmanager
    def troubles_of(self, file: LogFile) -> Iterator[None]:
        """What goes wrong with reading the file in here is in the coverage, and that is all."""
        try:
            yield
        except (OSError, UnreadableError) as err:
            self._troubles[Trouble(file.source, getattr(err, "strerror", None) or str(err))] = None

    def year_reference(self, file: LogFile) -> datetime | None:
        """What no line of a file without years is newer than: its mtime, or the day after the newest dated log.

        The dated logs are those of its node, or of all nodes where its own has none.
        """
        facts = self.look(file)
        if not facts.yearless or facts.modified is None:
            return None
        if self._dated_until is None:
            self._dated_until = {}
            for other in self.files:
                look = self.look(other)
                time = None if look.yearless else look.last or look.first
                if time is not None:
                    until = self.clocks.of(other.node).to_utc(time) + timedelta(days=1)
                    self._dated_until[other.node] = max(until, self._dated_until.get(other.node, until))
        newest = max(self._dated_until.values(), default=_NEVER)
        return min(facts.modified, self._dated_until.get(file.node, newest))

    def to_utc(self, file: LogFile) -> Callable[[datetime], datetime]:
        """The clock of a file's node, for stamps read one by one; a missing year is told by the reference."""
        to_utc = self.clocks.of(file.node).to_utc
        reference = self.year_reference(file)
        if reference is None:
            return to_utc
        return lambda time: to_utc(newest_year(time, reference) or time)

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
                cut = end if end - start < SLICE * 3 // 2 else reading.line_start(fd, start + SLICE, size)
                yield _Task(file, start, min(cut, end))
                start = cut
        finally:
            os.close(fd)

    def _window(self, fd: int, file: LogFile, size: int, query: Query) -> tuple[int, int]:
        """Byte range of a plain file that holds the window; the whole file where its lines bear no time."""
        facts = self._facts[file.source]
        if not facts.sorted:
            return 0, size
        lines = Lines(lambda at, count: os.pread(fd, count, at), 0, size, step=PROBE)
        return window_in(lines, self._widened(file, query), facts.formats, self.to_utc(file), facts.probes)

    # Reading

    def _search_file(self, task: _Task, query: Query, hits: Hits | Samples) -> Answer:
        file = task.file
        scan = Scan(
            file,
            self._facts[file.source],
            self.to_utc(file),
            self._widened(file, query),
            hits,
            lambda lines, starts: self._records(file, lines, starts, query),
        )
        answer = Answer([], [], [], [])
        try:
            if file.compression:
                return scan_stream(scan, answer)
            scan_plain(scan, task.start, task.end, answer)
        except UnreadableError as err:
            answer.troubles.append(Trouble(file.source, str(err)))
        except OSError as err:
            answer.troubles.append(Trouble(file.source, err.strerror or str(err)))
            return answer._replace(read=False)
        return answer

    def _records(self, file: LogFile, lines: Lines, hits: Sequence[int], query: Query) -> Iterator[Record]:
        if not hits:
            return
        formats = self._facts[file.source].formats
        place = Place(file.node, file.service, file.path, file.source)
        reader = summer_time.Reader(self.clocks.of(file.node))
        for record in records_at(lines, hits, formats, place, reader.to_utc, self.year_reference(file)):
            record = self.in_pass(file, record, reader)
            if record.time is not None:
                if query.since and record.time < query.since:
                    continue
                if query.until and record.time > query.until:
                    continue
            yield self._with_service(record)

    def in_pass(self, file: LogFile, record: Record, reader: summer_time.Reader) -> Record:
        """The record, with its time put right where it was written when an hour came the second time."""
        written = reader.written(record)
        return reader.second(record, written) if written and self._is_second(file, record, reader, written) else record

    def _is_second(self, file: LogFile, record: Record, reader: summer_time.Reader, written: datetime) -> bool:
        key = (file.source, written.date())
        if key not in self._second:
            formats = self._facts[file.source].formats
            try:
                with reading.open_stream(file.source, file.compression) as stream:
                    self._second[key] = summer_time.second_pass(_whole_lines(stream), formats, reader.clock, written)
            except (OSError, UnreadableError):  # told by whoever reads the file for its records
                self._second[key] = (0, 0)
        start, end = self._second[key]
        return start <= record.origin.offset < end

    def _with_service(self, record: Record) -> Record:
        """Where the path does not tell the service, the logger may, or the program whose line a carrier has.

        A library's logger says less than the program: all of them use it.
        """
        told = record.origin.service
        if told and not told.startswith(PROGRAM):
            return record
        of_logger = self.services.of_logger(record.logger) or self.services.of_name(record.logger)
        service = of_logger if of_logger not in self.services.libraries else ""
        service = service or self.services.of_unit(told.removeprefix(PROGRAM)) or of_logger
        return record._replace(origin=record.origin._replace(service=service)) if service != told else record


def _whole_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Blocks of a stream with their offsets, each ending at a line end but for the last."""
    base, rest = 0, b""
    for block in reading.stream_blocks(stream, BLOCK):
        data = rest + block
        cut = data.rfind(b"\n") + 1
        yield base, data[:cut]
        base, rest = base + cut, data[cut:]
    yield base, rest


def _weight(task: _Task) -> int:
    # A compressed byte stands for ten plain ones, each three times as costly.
    return (task.end - task.start) * (30 if task.file.compression else 1)
