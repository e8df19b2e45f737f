"""Which records pass the test of a search: by their text, or by one of their lines as written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..formats import Line
from ..record import LEVELS, Record
from .reading import Lines
from .seek import Test


def passing(lines: Iterable[Line], folded: Callable[..., Iterator[Record]], test: Test | None) -> Iterator[Record]:
    """Records of which the text or a line as written passes the test."""
    if test is None:
        return folded(lines)
    return _tested(lines, folded, test)


def _tested(
    lines: Iterable[Line], folded: Callable[[Iterable[Line]], Iterator[Record]], test: Test
) -> Iterator[Record]:
    begun: deque[Line] = deque()  # lines read, from the first line of the next record on
    passed: deque[Line] = deque()  # those of them that pass

    def watched() -> Iterator[Line]:
        for line in lines:
            begun.append(line)
            if test(line.text):
                passed.append(line)
            yield line

    for record in folded(watched()):
        offset = record.origin.offset
        while begun[0].offset < offset:
            begun.popleft()
        while passed and passed[0].offset < offset:
            passed.popleft()
        first = begun[0]
        if (passed and passed[0] is first) or test(record.text) or any(_owns(record, first, line) for line in passed):
            yield record


def _owns(record: Record, first: Line, line: Line) -> bool:
    """Whether a line as written is a further one of the record, which has it without the prefix of its first line."""
    if record.lines == 1:
        return False
    part = next((part for part in record.body if part and line.text.endswith(part)), line.text)
    prefix = line.text[: len(line.text) - len(part)].split()
    # A CRITICAL line has a traceback of ERROR lines.
    return bool(prefix) and all(a == b or a in LEVELS for a, b in zip(prefix, first.text.split(), strict=False))


def raw_passes(record: Record, lines: Lines, starts: Sequence[int], test: Test) -> bool:
    """Whether one of the hit lines passes as written and is the record's."""
    offset = record.origin.offset
    first = Line(lines.line(offset)[0], offset, 0)
    if test(first.text):
        return True
    upto = offset + sum(map(len, record.body)) + 256 * record.lines
    written = (Line(lines.line(start)[0], start, 0) for start in starts if offset < start < upto)
    return any(test(line.text) and _owns(record, first, line) for line in written)
