"""Questions to a node as text, and its answers as data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# What grep says before a line: number and offset, or the offset alone; `:` where the line is hit, `-` around it.
_NUMBERED = re.compile(rb"(\d{1,19})[:-](\d{1,19})[:-]")
_PLAIN = re.compile(rb"(\d{1,19})[:-]")


class Run(NamedTuple):
    """Lines of a file, one after the other, and the number of the first (0 where nobody counted)."""

    offset: int
    data: bytes
    number: int = 0


class Piece(NamedTuple):
    """Bytes of a file, as asked for: ``kind`` is plain, or how it is compressed."""

    path: str
    kind: str
    start: int
    end: int


def item(piece: Piece) -> bytes:
    """What to read, as the shell there is told."""
    what = f"{piece.start} {piece.end - piece.start}" if piece.kind == "plain" else "all"
    return f"{piece.kind} {what}\n".encode() + os.fsencode(piece.path) + b"\n"


def stretches(path: str, kind: str, ranges: Sequence[tuple[int, int]]) -> bytes:
    """Ranges of a compressed file, ascending, none in another: it is unpacked once."""
    words: list[str] = []
    at = 0
    for start, end in ranges:
        words += [str(start - at), str(end - start)]
        at = end
    return f"{kind} {' '.join(words)}\n".encode() + os.fsencode(path) + b"\n"


def marked(answer: bytes, mark: bytes) -> list[tuple[bytes, int]]:
    """The texts of an answer that a mark ends, each with its status."""
    parts = answer.split(b"\n" + mark + b" ")
    found: list[tuple[bytes, int]] = []
    for number, part in enumerate(parts[1:]):
        before = parts[number] if not number else parts[number].partition(b"\n")[2]
        status = part.partition(b"\n")[0]
        found.append((before, int(status) if status.isdigit() else 1))
    return found


class Whole(NamedTuple):
    """What grep said of whole files: runs by path; ``status`` is its own, None where the answer was cut."""

    runs: dict[str, list[Run]]
    status: int | None


def whole_files(answer: bytes, mark: bytes) -> Whole:
    """Lines that grep found in files: ``path NUL number:offset:line``."""
    text, ended, rest = answer.rpartition(b"\n" + mark + b" ")
    if not ended:
        text = answer[: answer.rfind(b"\n") + 1]
    status = rest.strip()
    runs: dict[str, list[Run]] = {}
    gather = _Gather()
    name, at = b"", 0
    while at < len(text):
        stop = text.find(b"\0", at)
        head = _NUMBERED.match(text, stop + 1) if stop >= 0 else None
        if head is None:
            break  # no line of grep's
        if text[at:stop] != name:
            gather.to(runs.setdefault(os.fsdecode(text[at:stop]), []))
            name = text[at:stop]
        end = text.find(b"\n", head.end()) + 1 or len(text) + 1
        gather.line(int(head[2]), text[head.end() : end], int(head[1]))
        at = end
    gather.to([])
    return Whole(runs, int(status) if ended and status.isdigit() else None)


class Item(NamedTuple):
    """What grep said of an item: runs with offsets in it, its size, and the status of what read it.

    Of one that was cut off there are the first lines; its status is None.
    """

    runs: list[Run]
    size: int
    status: int | None


def of_items(answer: bytes, mark: bytes) -> list[Item]:
    """Lines that grep found in items, one after the other: ``offset:line``. The last one may have been cut off."""
    found: list[Item] = []
    runs: list[Run] = []
    gather = _Gather()
    gather.to(runs)
    base, at = 0, 0
    while at < len(answer):
        head = _PLAIN.match(answer, at)
        end = answer.find(b"\n", at) + 1
        if head is None or not end:
            break
        offset, line = int(head[1]), answer[head.end() : end]
        if line.startswith(mark):
            gather.to([])
            size = offset - base - 1  # a line end stands before each mark
            status = line[len(mark) :].strip()
            kept = [Run(run.offset, run.data[: size - run.offset]) for run in runs if 0 <= run.offset < size]
            found.append(Item(kept, size, int(status) if status.isdigit() else 1))
            base = offset + len(line)
            runs = []
            gather.to(runs)
        else:
            gather.line(offset - base, line, 0)
        at = end
    gather.to([])
    found.append(Item([run for run in runs if run.offset >= 0], 0, None))
    return found


class _Gather:
    """Joins lines that follow each other."""

    def __init__(self) -> None:
        self._into: list[Run] = []
        self._parts: list[bytes] = []
        self._start = self._end = self._number = 0

    def to(self, runs: list[Run]) -> None:
        """From now on the lines are of another file."""
        self._flush()
        self._into = runs

    def line(self, offset: int, data: bytes, number: int) -> None:
        """A line, with its end."""
        if offset != self._end or not self._parts:
            self._flush()
            self._start, self._number = offset, number
        self._parts.append(data)
        self._end = offset + len(data)

    def _flush(self) -> None:
        if self._parts:
            self._into.append(Run(self._start, b"".join(self._parts), self._number))
        self._parts = []


def ends_of(answer: bytes, mark: bytes, paths: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
    """Heads and tails of files, by path, from what ``head -v`` and ``tail -v`` said; others miss."""
    parts = marked(answer, mark)
    if len(parts) != 2:
        return {}
    heads, tails = (_by_name(text, paths) for text, _ in parts)
    return {path: (heads[path], tails[path]) for path in heads if path in tails}


def _by_name(text: bytes, paths: Iterable[str]) -> dict[str, bytes]:
    found: list[tuple[str, int, int]] = []
    at = 0
    for path in paths:
        header = b"==> " + os.fsencode(path) + b" <==\n"
        where = 0 if not at and text.startswith(header) else text.find(b"\n" + header, at)
        if where < 0:
            continue
        after = where + len(header) + (0 if where == 0 and text.startswith(header) else 1)
        found.append((path, where, after))
        at = after
    limits = [where for _, where, _ in found[1:]] + [len(text)]
    return {path: text[start:end] for (path, _, start), end in zip(found, limits, strict=True)}
