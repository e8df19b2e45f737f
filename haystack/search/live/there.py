"""The log files of one node, as they lie there: listed, looked at, read in pieces, scanned."""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, TypeVar

from ...errors import UnreadableError
from ..discover import LogFile
from ..look import LOOK
from .asking import Item, Piece, Run, ends_of, item, marked, of_items, stretches, whole_files
from .pieces import FarLines, Pieces
from .session import Session

# Of what is here of the files of a node so much is kept: what is forgotten is asked for again.
_MOST_KEPT = 96 << 20
# A question names files of so many bytes of names, and is about so many bytes of text.
_MOST_NAMES = 96 << 10
_MOST_TEXT = 16 << 30
# grep's answers are cut here: what is longer is a storm, and asked for in another way.
_MOST_LINES = 8 << 20
_MOST_OF_MANY = 48 << 20
_ALL = 1 << 60
# Lines behind a hit that come with it. An error has ended when so many lines of others went by; of what hits of
# patterns bring few are errors, and the others end with the next line.
_AFTER_IDS, _AFTER_LITERALS = 13, 2
_LINGER = 0.002


class Range(NamedTuple):
    """Bytes of a file that hold a window: none of it lies outside of [start, end), and what lies behind ``inside`` is
    not before it."""

    start: int
    end: int
    inside: int


_End = TypeVar("_End")
# Asks for ranges of a file to be here, and goes on when they are.
Walk = Generator[Sequence[tuple[int, int]], None, _End]


class FarFile:
    """A file there: what is here of it. ``times`` are stamps by the offset of a line at or before theirs, in order."""

    def __init__(self, log: LogFile, path: str, modified: datetime) -> None:
        self.log = log
        self.path = path  # as the node has it, bytes that are no UTF-8 kept
        self.modified = modified
        self.kind = log.compression or "plain"
        self.size = log.size if not log.compression else 1 << 62  # of the text; of a compressed one nobody knows
        self.pieces = Pieces()
        self.times: list[tuple[int, datetime]] = []
        self.numbers: dict[int, int] = {0: 1}  # of lines, by offset

    def keep(self, runs: Iterable[Run]) -> list[Run]:
        """Keep what grep said of the file; the runs as far as the file was when it was listed."""
        kept = [Run(r.offset, r.data[: self.size - r.offset], r.number) for r in runs if r.offset < self.size]
        for run in kept:
            # Before a line there is the end of another: so much is known without asking.
            self.pieces.add(run.offset - 1, b"\n" + run.data) if run.offset else self.pieces.add(0, run.data)
            if run.number:
                self.numbers[run.offset] = run.number
        return kept


Wanted = Sequence[tuple[FarFile, Sequence[tuple[int, int]]]]


class Found(NamedTuple):
    """What grep said of one file: runs of lines, or that they were too many (``storm``)."""

    file: FarFile
    runs: list[Run]
    storm: bool = False


class There:
    """The files of one node. Safe to use from several threads, each of which works on files of its own."""

    def __init__(self, session: Session, files: Sequence[FarFile]) -> None:
        self.session = session
        self.files = files
        self.troubles: list[tuple[FarFile, str]] = []
        self.listed = sum(len(file.path) + 48 for file in files)  # about what listing them took
        self._reads = _Reads(session)

    @property
    def moved(self) -> int:
        """Bytes that travelled to and fro."""
        return self.listed + self.session.sent + self.session.received

    def forget(self) -> None:
        """Forget what is here when it has become much. Not while lines of it are in use."""
        if sum(file.pieces.size for file in self.files) > _MOST_KEPT:
            for file in self.files:
                file.pieces.clear()

    def lines(self, file: FarFile) -> FarLines:
        """The lines of a file; those that are not here are asked for. Reading raises UnreadableError, NodeError."""
        return FarLines(file.pieces, lambda start, end: self.hold(file, [(start, end)]), 0, file.size)

    def hold(self, file: FarFile, ranges: Sequence[tuple[int, int]]) -> None:
        """Have bytes of a file here. Raises UnreadableError when it ends before them, NodeError."""
        for error in self.hold_all([(file, ranges)]).values():
            raise error

    def hold_all(self, wanted: Sequence[tuple[FarFile, Sequence[tuple[int, int]]]]) -> dict[FarFile, UnreadableError]:
        """Have bytes of files here; what could not be read of which. Raises NodeError."""
        missing = [(file, ranges) for file, some in wanted if (ranges := _missing(file, some))]
        errors: dict[FarFile, UnreadableError] = {}
        if not missing:
            return errors
        for (file, ranges), told in zip(missing, self._reads.read(missing), strict=True):
            for (start, end), (data, status) in zip(ranges, told, strict=True):
                file.pieces.add(start, data)
                if status:
                    errors[file] = UnreadableError(f"could not be read at byte {start}")
                elif len(data) < end - start and file.kind == "plain":
                    early = f"ends at byte {start + len(data)}, {end - start - len(data)} bytes early"
                    errors[file] = UnreadableError(f"{early}: truncated or rotated while being read")
        return errors

    def together(self, walks: Mapping[FarFile, Walk[_End]]) -> dict[FarFile, _End | UnreadableError]:
        """Walk through files in step, so that what they ask for is one question. Raises NodeError."""
        ends: dict[FarFile, _End | UnreadableError] = {}
        errors: dict[FarFile, UnreadableError] = {}
        walking = dict(walks)
        while walking:
            wanted = []
            for file, walk in list(walking.items()):
                try:
                    wanted.append((file, walk.throw(errors[file]) if file in errors else next(walk)))
                    continue
                except StopIteration as end:
                    ends[file] = end.value
                except UnreadableError as err:
                    ends[file] = err
                del walking[file]
            errors = self.hold_all(wanted) if wanted else {}
        return ends

    def ends(self, files: Sequence[FarFile]) -> Iterator[tuple[FarFile, tuple[bytes, bytes] | None]]:
        """Head and tail of files, of a compressed one its head and nothing; None for one that cannot be read."""
        for some in _portions([file for file in files if file.kind == "plain"]):
            paths = [file.path for file in some]
            answer = self.session.ask("ends", _lines(paths), str(LOOK).encode())
            told = ends_of(answer, self.session.mark, paths)
            for file in some:
                found = told.get(file.path)
                if found and file.size <= LOOK:
                    found = (found[0][: file.size],) * 2
                yield file, found
        packed = [file for file in files if file.kind != "plain"]
        for some in _portions(packed):
            question = b"".join(stretches(file.path, file.kind, [(0, LOOK)]) for file in some)
            for file, (data, _) in zip(
                some, marked(self.session.ask("read", question), self.session.mark), strict=False
            ):
                yield file, (data, b"")

    def whole(self, files: Sequence[FarFile], literals: Sequence[str]) -> Iterator[Found]:
        """Lines of whole plain files that hold one of the literals, and those around them."""
        texts = _lines(literals)
        for some in _portions(files):
            waiting = list(some)
            while waiting:
                paths = [file.path for file in waiting]
                answer = self.session.ask("whole", _lines(paths), texts, _MOST_LINES, _AFTER_IDS)
                told = whole_files(answer, self.session.mark)
                if told.status not in (0, 1, None):
                    self.troubles += [(file, "could not be searched to its end") for file in self._refused(waiting)]
                # What was cut is the last file that is told of; those behind it were not told of at all.
                cut = next(reversed(told.runs), paths[0]) if told.status is None else ""
                upto = paths.index(cut) if cut in paths else len(waiting)
                for file in waiting[:upto]:
                    yield Found(file, file.keep(told.runs.get(file.path, ())))
                if upto < len(waiting):
                    yield Found(waiting[upto], [], storm=True)
                waiting = waiting[upto + 1 :]

    def _refused(self, files: Sequence[FarFile]) -> list[FarFile]:
        """Those of the files that cannot be read at all; all where that is not what is wrong."""
        question = b"".join(item(Piece(file.path, "plain", 0, 1)) for file in files)
        told = marked(self.session.ask("read", question), self.session.mark)
        refused = [file for file, (_, status) in zip(files, told, strict=False) if status]
        return refused or list(files)

    def ranges(self, ranges: Sequence[tuple[FarFile, int, int]], literals: Sequence[str], ids: bool) -> Iterator[Found]:
        """Lines of ranges of files that hold one of the literals, and those around them, more of them around ``ids``.

        A compressed file is read whole, whatever its range.
        """
        waiting = list(ranges)
        while waiting:
            told = self._scan(waiting, literals, _MOST_LINES, _AFTER_IDS if ids else _AFTER_LITERALS, _ALL)
            for (file, start, _), found in zip(waiting, told, strict=False):
                self._check(file, found)
                yield Found(file, file.keep(_moved(file, start, found.runs)), storm=found.status is None)
            waiting = waiting[len(told) :]

    def many(self, file: FarFile, start: int, end: int, literals: Sequence[str], most: int) -> Found:
        """The first so many lines that hold one of the literals, without those around them; a storm where more came
        than is taken."""
        (found, *_) = self._scan([(file, start, end)], literals, _MOST_OF_MANY, 0, most)
        return Found(file, file.keep(_moved(file, start, found.runs)), storm=found.status is None)

    def _scan(
        self, ranges: Sequence[tuple[FarFile, int, int]], literals: Sequence[str], most: int, after: int, lines: int
    ) -> list[Item]:
        """What grep says of the first of the ranges, up to the one where it was too much."""
        question = b"".join(item(Piece(file.path, file.kind, start, end)) for file, start, end in ranges)
        answer = self.session.ask("scan", question, _lines(literals), most, after, lines)
        return of_items(answer, self.session.mark)[: len(ranges)]

    def _check(self, file: FarFile, found: Item) -> None:
        if found.status == 127:
            self.troubles.append((file, f"the node has nothing that unpacks .{file.kind}"))
        elif found.status and file.kind != "plain":
            self.troubles.append((file, "damaged, or not to be read; read up to there"))
        elif found.status:
            self.troubles.append((file, "could not be read"))
        if file.kind != "plain" and not found.status:
            file.size = found.size

    def tally(self, file: FarFile, start: int, end: int, literals: Sequence[str]) -> dict[str, int]:
        """How often grep finds each of the literals in a range: the longest of those at a place counts."""
        question = item(Piece(file.path, file.kind, start, end))
        answer = self.session.ask("tally", question, _lines(literals)).decode("utf-8", "replace")
        rows = (row.partition(":") for row in answer.split("\n") if row)
        return {text: int(count) for count, _, text in rows if count.isdigit()}

    def thinned(self, file: FarFile, start: int, end: int, literal: str) -> list[int]:
        """Offsets of a literal in a range: the first ones, then ever fewer, as ``Hits`` thins them."""
        question = item(Piece(file.path, file.kind, start, end))
        answer = self.session.ask("thinned", question, _lines([literal]))
        base = start if file.kind == "plain" else 0
        return [base + int(row) for row in answer.split() if row.isdigit()]

    def count_lines(self, wanted: Sequence[tuple[FarFile, Sequence[int]]]) -> None:
        """Know the numbers of the lines that start at offsets of files; each byte is counted once at most."""
        question: list[bytes] = []
        rows: list[tuple[FarFile, int, int]] = []
        for file, offsets in wanted:
            for chain in _chains(file, _heads(file, offsets)):
                rows += [(file, start, end) for start, end in pairwise(chain)]
                lengths = " ".join(str(end - start) for start, end in pairwise(chain))
                question.append(f"{file.kind} {chain[0]} {lengths}\n".encode() + os.fsencode(file.path) + b"\n")
        answer = self.session.ask("count", b"".join(question)).split() if question else []
        for (file, start, end), count in zip(rows, answer, strict=False):
            if count.isdigit() and start in file.numbers:
                file.numbers[end] = file.numbers[start] + int(count)
        for file, offsets in wanted:
            _count_here(file, offsets)


def _heads(file: FarFile, offsets: Iterable[int]) -> Iterator[int]:
    """Those of the offsets, in order, whose number follows from no other by what is here."""
    before: int | None = None
    for offset in sorted({*offsets, *file.numbers}):
        if offset not in file.numbers and (before is None or file.pieces.lines(before, offset) is None):
            yield offset
        before = offset


def _count_here(file: FarFile, offsets: Iterable[int]) -> None:
    before = 0
    for offset in sorted({*offsets, *file.numbers}):
        if offset not in file.numbers and before in file.numbers:
            lines = file.pieces.lines(before, offset)
            if lines is not None:
                file.numbers[offset] = file.numbers[before] + lines
        before = offset


def _chains(file: FarFile, heads: Iterable[int]) -> Iterator[list[int]]:
    """What to count: from a line whose number is known to the next offset, and the next; a stream from its start on."""
    known = sorted(file.numbers) if file.kind == "plain" else [0]
    chain: list[int] = []
    for offset in heads:
        base = known[bisect_left(known, offset) - 1]
        if not chain or base > chain[-1]:
            if chain:
                yield chain
            chain = [base]
        chain.append(offset)
    if chain:
        yield chain


def _moved(file: FarFile, start: int, runs: Iterable[Run]) -> Iterator[Run]:
    """Runs of an item as runs of its file."""
    base = start if file.kind == "plain" else 0
    return (Run(base + run.offset, run.data) for run in runs)


class _Reads:
    """Reads of several threads, of which those that come while others are under way are one question."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._turn = threading.Condition()
        self._pending: list[_Read] = []
        self._busy = False

    def read(self, wanted: Wanted) -> list[list[tuple[bytes, int]]]:
        """Of each file the bytes of its ranges, ascending and disjoint, with a status each. Raises NodeError."""
        mine = _Read(wanted)
        with self._turn:
            self._pending.append(mine)
            while self._busy and not mine.done:
                self._turn.wait()
            if mine.done:
                return mine.answer()
            self._busy = True
        time.sleep(_LINGER)  # others are about to ask as well, and a question costs the node more than its items
        with self._turn:
            batch, self._pending = self._pending, []
        try:
            self._ask(batch)
        except Exception as err:  # noqa: BLE001 - each of the threads is told
            for read in batch:
                read.error = err
        finally:
            with self._turn:
                self._busy = False
                for read in batch:
                    read.done = True
                self._turn.notify_all()
        return mine.answer()

    def _ask(self, batch: Sequence[_Read]) -> None:
        question: list[bytes] = []
        for file, ranges in (one for read in batch for one in read.wanted):
            if file.kind == "plain":
                question += [item(Piece(file.path, "plain", start, end)) for start, end in ranges]
            else:
                question.append(stretches(file.path, file.kind, ranges))
        told = iter(marked(self._session.ask("read", b"".join(question)), self._session.mark))
        for read in batch:
            read.found = [[next(told, (b"", 1)) for _ in ranges] for _, ranges in read.wanted]


class _Read:
    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.found: list[list[tuple[bytes, int]]] = []
        self.error: Exception | None = None
        self.done = False

    def answer(self) -> list[list[tuple[bytes, int]]]:
        if self.error is not None:
            raise self.error
        return self.found


def _missing(file: FarFile, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of the ranges is not here: ascending, disjoint."""
    missing: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        end = min(high, file.size)
        start = file.pieces.first_missing(max(0, low), end)
        start = max(start, missing[-1][1]) if missing else start
        if start < end:
            missing.append((start, end))
    return missing


def _lines(texts: Iterable[str]) -> bytes:
    return b"\n".join(os.fsencode(text) for text in texts)


def _portions(files: Sequence[FarFile]) -> Iterator[list[FarFile]]:
    """Files that are one question."""
    some: list[FarFile] = []
    names = text = 0
    for file in files:
        length = len(os.fsencode(file.path)) + 1
        if some and (names + length > _MOST_NAMES or text + file.log.size > _MOST_TEXT):
            yield some
            some, names, text = [], 0, 0
        some.append(file)
        names += length
        text += file.log.size
    if some:
        yield some
