"""Engine ``ssh``: the questions of ``files``, asked of logs where they lie."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from ...errors import NodeError, UnreadableError
from ...record import Record
from ...scanner import Scanner
from ...services import Services
from .. import summer_time
from ..clock import Clocks
from ..discover import Found as Discovered
from ..discover import LogFile
from ..files import SLICE, FilesEngine
from ..look import NOTHING_KNOWN, Facts, facts_of
from ..query import Coverage, Live, Query, Trouble
from ..reading import Lines
from ..scan_file import Answer
from .asking import Run
from .edges import around, exact_start
from .storms import FarHits, Storm, storm
from .streams import Streams
from .there import FarFile, Found, Range, There

# A file that was last written so long before a window holds nothing of it, however its clock was read.
_LATE_WRITES = timedelta(seconds=120)
# How closely a window's ends are looked for: four looks cost the node about as much as to look for a few literals in so
# many bytes, or for two thousand.
_GRAIN_OF_FEW, _GRAIN_OF_MANY, _MANY = 256 << 10, 32 << 10, 50
_THREADS_A_NODE = 8
_MOST_THREADS = 128
# So much is read to tell the first from the second pass of an hour that summer time repeats.
_MOST_OF_AN_HOUR = 8 << 20


class _Work(NamedTuple):
    """The bytes of a file to ask for; what lies behind ``inside`` is not before the window."""

    file: FarFile
    start: int
    end: int
    inside: int = 0


class LiveEngine(FilesEngine):
    """Searches the log files of nodes without fetching them. ``theres`` are the nodes that answered, by name."""

    def __init__(
        self,
        found: Discovered,
        theres: Mapping[str, There],
        services: Services,
        streams: Streams,
        clocks: Clocks | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._begin(found, services, clocks or Clocks(), 1, progress)
        self.theres = dict(theres)
        self._streams = streams
        self._came: FilesEngine | None = None  # of what came of streams
        self._far = {far.log.source: far for there in theres.values() for far in there.files}
        self._total = sum(file.size for file in self.files)
        self._done = 0
        self._telling = threading.Lock()
        self.scanning = threading.Lock()  # a Hyperscan database is one thread's at a time

    def search(self, query: Query) -> list[Record]:
        """Records that answer the query, by file and place in the file. What cannot be read is in ``coverage``."""
        scanners = [
            (Scanner(literals), sampled)
            for literals, sampled in ((query.ids, False), (query.literals, True))
            if literals
        ]
        if not scanners:
            return []
        with ThreadPoolExecutor(max(1, len(self.theres))) as nodes, ThreadPoolExecutor(self._threads) as files:

            def new_hits(elsewhere: Iterable[str] = ()) -> FarHits:
                return FarHits(scanners, frozenset(elsewhere))

            def ask(there: There) -> list[Answer]:
                there.forget()
                return _Asked(self, there, query, new_hits, files).answers()

            answers = [answer for some in nodes.map(ask, self.theres.values()) for answer in some]
            list(nodes.map(lambda node: self._ask_streams(node, query), self._streams))
        records: dict[tuple[str, int], Record] = {}
        for answer in answers:
            self._troubles.update(dict.fromkeys(answer.troubles))
            self._notes.update(dict.fromkeys(answer.notes))
            self._unparsed.update(record.place for record in answer.records if record.format == "raw")
            for record in answer.records:
                records.setdefault(record.place, record)
        order = {file.source: number for number, file in enumerate(self.files)}
        found = sorted(records.values(), key=lambda record: (order[record.origin.source], record.origin.offset))
        return found + self._of_streams(query)

    def _ask_streams(self, node: str, query: Query) -> None:
        if not query.nodes or node in query.nodes:
            with self.troubles_of_node(node):
                self._notes.update(dict.fromkeys(self._streams.ask(node, query, self.clocks.of(node).ahead)))

    def _of_streams(self, query: Query) -> list[Record]:
        """Records of what came of journals and containers."""
        if not list(self._streams):
            return []
        self._came = self._streams.engine(self.clocks)
        return list(self._came.search(query))

    @property
    def _threads(self) -> int:
        return max(1, min(_MOST_THREADS, _THREADS_A_NODE * len(self.theres)))

    # What is known of files

    def look(self, file: LogFile) -> Facts:
        """What is known of a file that was looked at."""
        return self._facts.get(file.source, NOTHING_KNOWN)

    def look_at(self, there: There, files: Iterable[FarFile]) -> None:
        """Look at files that were not looked at yet, all in one question. Raises NodeError."""
        new = [far for far in files if far.log.source not in self._facts and far.log.size]
        for far, ends in there.ends(new):
            facts = NOTHING_KNOWN
            if ends is None:
                self._troubles[Trouble(far.log.source, "could not be looked at")] = None
            else:
                facts = facts_of(*ends, whole_tail=ends[0] is ends[1])
            self._facts[far.log.source] = facts._replace(modified=far.modified)

    def look_beside(self, there: There, files: Sequence[FarFile]) -> None:
        """Look at what tells the year of files whose stamps have none: the logs of their node that were written to
        lately. Raises NodeError."""
        yearless = [far.modified for far in files if self.look(far.log).yearless]
        if yearless:
            oldest = min(yearless) - timedelta(days=1)
            self.look_at(there, [far for far in there.files if far.modified >= oldest])
            self._dated_until = None

    def time_ranges(self) -> dict[str, tuple[datetime, datetime]]:
        """As of ``files``, of nodes whose clock was not measured: of others nothing is left to tell."""
        for name, there in self.theres.items():
            if not self.clocks.of(name).measured:
                with self.troubles_of_node(name):
                    self.look_at(there, there.files)
        return super().time_ranges()

    def _is_second(self, file: LogFile, record: Record, reader: summer_time.Reader, written: datetime) -> bool:
        key = (file.source, written.date())
        if key not in self._second:
            self._second[key] = (0, 0)
            far = self._far[file.source]
            with self.troubles_of(file), self.troubles_of_node(file.node):
                self._second[key] = self._second_pass(far, reader, written)
        start, end = self._second[key]
        return start <= record.origin.offset < end

    def _second_pass(self, far: FarFile, reader: summer_time.Reader, written: datetime) -> tuple[int, int]:
        """The bytes of a file written when an hour came the second time; they are read for it, if they are not many."""
        facts = self._facts[far.log.source]
        moment = reader.clock.to_utc(written)
        near = Query(since=moment - summer_time.AROUND, until=moment + summer_time.AROUND)
        there = self.theres[far.log.node]
        if far.kind != "plain" or not facts.sorted:
            return 0, 0
        walk = around(far, facts, self.to_utc(far.log), near, _GRAIN_OF_FEW)
        found = there.together({far: walk})[far]
        if isinstance(found, UnreadableError):
            raise found
        if found.end - found.start > _MOST_OF_AN_HOUR:
            self._notes[
                f"{far.log.source}: which stamps of the repeated hour are the second ones was not looked for"
            ] = None
            return 0, 0
        there.hold(far, [(found.start, found.end)])
        piece = far.pieces.holding(found.start)
        assert piece is not None
        data = piece[1][found.start - piece[0] : found.end - piece[0]]
        first = data.find(b"\n") + 1 if found.start else 0
        blocks = ((found.start + first, data[first : data.rfind(b"\n") + 1]),)
        return summer_time.second_pass(blocks, facts.formats, reader.clock, written)

    def numbered(self, records: Iterable[Record]) -> list[Record]:
        """The records with their line numbers filled in, in the same order; lines are counted on the nodes."""
        result = list(records)
        if self._came is not None:
            came = [index for index, record in enumerate(result) if record.origin.source not in self._far]
            for index, record in zip(came, self._came.numbered(result[index] for index in came), strict=True):
                result[index] = record
        unnumbered: dict[str, dict[str, list[int]]] = {}
        for index, record in enumerate(result):
            if not record.origin.line and record.origin.source in self._far:
                unnumbered.setdefault(record.origin.node, {}).setdefault(record.origin.source, []).append(index)
        with ThreadPoolExecutor(max(1, len(unnumbered))) as nodes:

            def count(node: str) -> None:
                with self.troubles_of_node(node):
                    self.theres[node].count_lines(
                        [
                            (self._far[source], [result[i].origin.offset for i in indexes])
                            for source, indexes in unnumbered[node].items()
                        ]
                    )

            list(nodes.map(count, unnumbered))
        for sources in unnumbered.values():
            for source, indexes in sources.items():
                known = self._far[source].numbers
                for index in indexes:
                    origin = result[index].origin
                    result[index] = result[index]._replace(origin=origin._replace(line=known.get(origin.offset, 0)))
        return result

    # What to read

    def may_hold(self, far: FarFile, query: Query) -> bool:
        """Whether a file may hold something of the window, by when it was last written to."""
        written = far.modified - timedelta(seconds=self.clocks.of(far.log.node).ahead)
        return bool(far.log.size) and (query.since is None or written >= query.since - _LATE_WRITES)

    def is_wanted(self, file: LogFile, query: Query) -> bool:
        """Whether a file that was looked at is to be read for the query."""
        return self._wanted(file, query)

    def widened(self, file: LogFile, query: Query) -> Query:
        """The query with its window as wide as ``files`` has it for the file."""
        return self._widened(file, query)

    def records_of(self, file: LogFile, lines: Lines, starts: Sequence[int], query: Query) -> Iterator[Record]:
        """The records of lines that were hit."""
        return self._records(file, lines, starts, query)

    def read(self, files: Iterable[FarFile]) -> None:
        """Files were searched."""
        self._read.update(far.log for far in files)

    # What is told

    @contextmanager
    def troubles_of_node(self, name: str) -> Iterator[None]:
        """A node that fails in here is in the coverage, and that is all."""
        try:
            yield
        except NodeError as err:
            self._troubles[Trouble(name, f"{err.reason}: {err.says}")] = None

    def coverage(self) -> Coverage:
        """What was read so far, what could not be, and how much of it travelled."""
        for there in self.theres.values():
            for far, reason in there.troubles:
                self._troubles[Trouble(far.log.source, reason)] = None
        moved = sum(there.moved for there in self.theres.values())
        return super().coverage()._replace(live=Live(len(self.theres), moved))

    def tell_progress(self, files: Iterable[FarFile]) -> None:
        """Files were searched through."""
        with self._telling:
            self._done += sum(far.log.size for far in files)
            self._progress(min(self._done, self._total), self._total)


class _Asked:
    """One question asked of the files of one node."""

    def __init__(
        self,
        engine: LiveEngine,
        there: There,
        query: Query,
        new_hits: Callable[[Iterable[str]], FarHits],
        pool: Executor,
    ) -> None:
        self.engine = engine
        self.there = there
        self.query = query
        self.literals = (*query.ids, *query.literals)
        self.new_hits = new_hits
        self.pool = pool

    def answers(self) -> list[Answer]:
        """What the files hold; what goes wrong with the node is in the coverage, and what was found before stays."""
        found: list[Answer] = []
        engine = self.engine
        with engine.troubles_of_node(self.there.session.node):
            timed = self.query.since is not None or self.query.until is not None
            waiting = [self.pool.submit(self.answer, *one) for one in (self.in_window() if timed else self.anywhere())]
            for future in waiting:
                with engine.troubles_of_node(self.there.session.node):
                    found.append(future.result())
        return found

    def anywhere(self) -> list[tuple[_Work, Found]]:
        """The files that hold one of the literals, and what they hold."""
        engine, there = self.engine, self.there
        wanted = [far for far in there.files if engine.concerns(far.log, self.query)]
        plain = [far for far in wanted if far.kind == "plain" and far.log.size]
        packed = [far for far in wanted if far.kind != "plain" and far.log.size]
        hit: list[Found] = []
        for found in chain(there.whole(plain, self.literals), self.unpacked(packed)):
            hit += [found] if found.runs or found.storm else []
            engine.tell_progress([found.file])
        engine.read(wanted)
        self.look_at([found.file for found in hit])
        return [
            (_Work(found.file, 0, found.file.size), found)
            for found in hit
            if engine.is_wanted(found.file.log, self.query)
        ]

    def unpacked(self, packed: Sequence[FarFile]) -> Iterator[Found]:
        yield from self.there.ranges([(far, 0, far.size) for far in packed], self.literals, ids=True) if packed else ()

    def look_at(self, files: Sequence[FarFile]) -> None:
        self.engine.look_at(self.there, files)
        self.engine.look_beside(self.there, files)

    def in_window(self) -> list[tuple[_Work, Found]]:
        """The files that hold one of the literals near the window, and what they hold."""
        engine, there, query = self.engine, self.there, self.query
        asked = [far for far in there.files if engine.concerns(far.log, query)]
        self.look_at([far for far in asked if engine.may_hold(far, query)])
        wanted = [far for far in asked if engine.may_hold(far, query) and engine.is_wanted(far.log, query)]
        works = [work for work in self.works(wanted) if work.start < work.end]
        asks = [(work.file, work.start, work.end) for work in works]
        found = there.ranges(asks, self.literals, ids=bool(query.ids))
        hit = [(work, one) for work, one in zip(works, found, strict=True) if one.runs or one.storm]
        engine.read(asked)
        return list(self.begun(hit))

    def begun(self, hit: Sequence[tuple[_Work, Found]]) -> Iterator[tuple[_Work, Found]]:
        """The same, beginning where ``files`` begins where it matters: of many hits it depends on the first which are
        looked at."""
        engine, walks = self.engine, {}
        for work, one in hit:
            start, far = work.start, work.file
            if start < work.inside and (
                one.storm
                or (
                    self.scanned(one.runs, start, work.end).thinned
                    and self.scanned(one.runs, start, work.inside).waiting
                )
            ):
                query, to_utc = engine.widened(far.log, self.query), engine.to_utc(far.log)
                facts = engine.look(far.log)
                walks[far] = exact_start(self.there, far, facts, to_utc, query, one.runs, work.inside)
        starts = self.there.together(walks)
        for work, one in hit:
            exact = starts.get(work.file, work.start)
            if isinstance(exact, UnreadableError):
                with engine.troubles_of(work.file.log):
                    raise exact
            else:
                yield work._replace(start=exact), one

    def works(self, wanted: Sequence[FarFile]) -> Iterator[_Work]:
        """What of the files is to be asked for: a little more than the window."""
        engine = self.engine
        grain = _GRAIN_OF_MANY if len(self.literals) > _MANY else _GRAIN_OF_FEW
        walks = {}
        for far in wanted:
            facts = engine.look(far.log)
            if far.kind == "plain" and facts.sorted:
                query = engine.widened(far.log, self.query)
                walks[far] = around(far, facts, engine.to_utc(far.log), query, grain)
        ranges = self.there.together(walks)
        for far in wanted:
            found = ranges.get(far, Range(0, far.size, 0))
            if isinstance(found, UnreadableError):
                with engine.troubles_of(far.log):
                    raise found
            else:
                yield _Work(far, *found)

    def answer(self, work: _Work, found: Found) -> Answer:
        """The records of a file. Raises NodeError."""
        log = work.file.log
        answer = Answer([], [], [], [])
        try:
            answer.records.extend(self.records(work, found, answer.notes))
        except UnreadableError as err:
            answer.troubles.append(Trouble(log.source, str(err)))
        return answer

    def records(self, work: _Work, found: Found, notes: list[str]) -> Iterator[Record]:
        far = work.file
        lines = self.there.lines(far)
        start, end = work.start, min(work.end, far.size)
        known = Storm()
        if found.storm:
            known = storm(self.there, far, start, end, self.query.ids, self.query.literals)
            notes += [f"{far.log.source}: not all lines that may tell of causes were looked at"] * known.cut
        runs = known.runs if found.storm else found.runs
        while start < end:
            cut = end if end - start < SLICE * 3 // 2 else start + SLICE
            hits = self.scanned(runs, start, cut, known.often)
            hits.give([offset for offset in known.offsets if start <= offset < cut], known.ids if cut == end else 0)
            yield from self.engine.records_of(far.log, lines, hits.line_starts(lines), self.query)
            notes += hits.notes(far.log)
            start = cut

    def scanned(self, runs: Sequence[Run], start: int, end: int, elsewhere: Iterable[str] = ()) -> FarHits:
        """The hits in those of the lines that start in a range."""
        hits = self.new_hits(elsewhere)
        for run in runs:
            low, high = _after(run, start), _after(run, end)
            if low < high:
                with self.engine.scanning:
                    hits.scan(memoryview(run.data)[low:high], run.offset + low)
        hits.finish()
        return hits


def _after(run: Run, offset: int) -> int:
    """Where in a run the first line begins that starts at an offset or after it."""
    if offset <= run.offset:
        return 0
    return run.data.find(b"\n", offset - 1 - run.offset) + 1 or len(run.data)
