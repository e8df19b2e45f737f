"""Lines to records: joins what belongs to one event, also when other workers' lines cut in.

oslo.log repeats its prefix on each traceback line but leaves the request id out, so those lines are joined
by stamp, pid and logger. Lines without any prefix (SQL, XML dumps, multi-line messages) belong to the line
before them where the format of that line is a multi-line one, else they may be what ``stderr`` or ``stamped``
know. Everything else is a ``raw`` record: nothing is dropped, and the ``lines`` of the records sum up to the lines
read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime

from ..record import Record
from . import stamped, stderr
from .events import Closer, Line, Open, Place, Single, is_part, part_prefix
from .head import Format, Head

# A record takes at most so many lines; what follows is raw. Guards against a file that turns into junk.
MAX_LINES = 5000
# An event is closed once so many lines went by without one of its own.
ADJACENT_LINES = 200

# Events that are over are closed so many lines at a time, and forgotten when there are more than so many.
_BATCH, _MOST_JOINED = 64, 1024

_RAW = Format("raw", lambda _: None, multiline=False)
_single = tuple.__new__


def fold(
    lines: Iterable[Line],
    formats: Sequence[Format],
    place: Place,
    to_utc: Callable[[datetime], datetime],
    last_time: datetime | None = None,
    wanted: Container[int] | None = None,
    reference: datetime | None = None,
) -> Iterator[Record]:
    """Records of consecutive lines of one file, in the order of their first lines.

    ``formats`` are tried in this order; ``to_utc`` turns what the node wrote, naive or aware, into UTC.
    ``last_time`` is the time raw lines get until a line with a time of its own comes. With ``wanted``, a set of byte
    offsets, only the records that hold a line which starts there come out. Stamps without a year get the newest
    year that leaves them before ``reference``, by default now; see ``newest_year`` for which to take.
    """
    waiting: deque[Single | Open] = deque()  # in order of first line; the records not yet given out
    joined: dict[str, Single | Open] = {}  # open events by key and by sender
    closer = Closer(place, to_utc, last_time, reference)
    last: Single | Open | None = None
    indent = ""  # of a log that was pasted with one, as into a bug report
    for index, line in enumerate(lines):
        if not index % _BATCH:
            while waiting and index - waiting[0].last_index > ADJACENT_LINES and waiting[0] is not last:
                record = closer.close(waiting.popleft())
                if record is not None:
                    yield record
            if len(joined) > _MOST_JOINED:
                joined = {key: event for key, event in joined.items() if index - event.last_index <= ADJACENT_LINES}
        text = line.text.removeprefix(indent) if indent else line.text
        if isinstance(last, Open) and last.lines < MAX_LINES:
            further = _further(last, text)
            if further is not None:
                last.add(further, (), index)
                last.wanted = last.wanted or wanted is None or line.offset in wanted
                continue
        head, row = read_head(text, formats)
        if head is None and last is None and text[:1] in (" ", "\t"):
            head, row = read_head(text.lstrip(), formats)
            if head is not None:
                indent = text[: len(text) - len(text.lstrip())]
        if head is None or row is None:
            if last is not None and last.format.multiline and (isinstance(last, Single) or last.lines < MAX_LINES):
                last = _opened(last, waiting, joined)
                last.add(text, (), index)
            else:
                head, row = _read_alone(text)
                alone = Open(line, head, row, index)
                waiting.append(alone)
                last = alone if row.multiline else None
        elif wanted is None and not (head.part or head.sender or row.block):
            last = _single(Single, (index, line, head, row))
            waiting.append(last)
            if head.key:
                joined[head.key] = last
            continue
        else:
            known = joined.get(head.key) if head.part or head.sender else None
            near = known is not None and (known is last or index - known.last_index <= ADJACENT_LINES)
            whole = _opened(known, waiting, joined) if known is not None and near else None
            if whole is None or whole.lines >= MAX_LINES or not (head.part or whole.cut):
                last = Open(line, head, row, index)
                waiting.append(last)
                if head.key:
                    joined[head.key] = last
                if head.sender:
                    joined[head.sender] = last
            else:
                if whole.cut:
                    whole.mend(head, index)
                else:
                    whole.add(head.message, head.body, index)
                    whole.cut = head.cut
                    whole.prefix = whole.prefix or part_prefix(text, head)
                last = whole
        touched = last or waiting[-1]
        if isinstance(touched, Open) and (wanted is None or line.offset in wanted):
            touched.wanted = True
    for event in waiting:
        record = closer.close(event)
        if record is not None:
            yield record


def _further(event: Open, text: str) -> str | None:
    """What the line adds to the event that the line before it belongs to; None where the line must be read first."""
    if event.block:
        event.block = bool(text)
        return text
    return text[len(event.prefix) :] if event.prefix and is_part(text, event.prefix) else None


def _opened(event: Single | Open, waiting: deque[Single | Open], joined: dict[str, Single | Open]) -> Open:
    """The event as one that takes further lines, in the place that it has among the others."""
    if isinstance(event, Open):
        return event
    taken = Open(event.first, event.head, event.format, event.last_index)
    taken.wanted = True
    place = next(i for i in range(len(waiting) - 1, -1, -1) if waiting[i] is event)
    waiting[place] = taken
    if joined.get(event.head.key) is event:
        joined[event.head.key] = taken
    return taken


def read_head(text: str, formats: Sequence[Format]) -> tuple[Head | None, Format | None]:
    """Head and row of the first format that understands the line."""
    # Most lines without an envelope are indented or empty: code lines of a traceback, XML, wrapped SQL.
    if not text or text[0] in " \t":
        return None, None
    for row in formats:
        head = row.parse(text)
        if head is not None:
            return head, row
    return None, None


def _read_alone(text: str) -> tuple[Head, Format]:
    """Head and row of a line that no format understands and that belongs to no event."""
    head, row = stderr.read(text)
    if head is None:
        head, row = stamped.parse(text), stamped.FORMAT
    return (head, row) if head is not None else (Head(None, None, text), _RAW)
