"""From hit lines to records: only the neighbourhood of a hit is ever parsed.

A hit may stand in the middle of a traceback whose first line is far above, with other workers' lines
between. The region of a hit reaches from the first line of its event to the last one; overlapping regions
are folded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from ..formats import Format, Head, Line, Place, fold, read_head
from ..formats.events import is_part, part_prefix
from ..record import Level, Record
from .reading import Lines

# How far an event may reach, in lines. The longest tracebacks of the captures have 250 lines.
_UP = 600
_DOWN = 5000
# An event has ended when so many lines of others went by: a writer emits an event at once, so lines of other
# workers cut in singly. A storm of errors would make every further line of patience cost a read.
_IDLE = 12
_OF_A_TRACEBACK = 0.1


def records_at(
    lines: Lines,
    hits: Sequence[int],
    formats: Sequence[Format],
    place: Place,
    to_utc: Callable[[datetime], datetime],
    reference: datetime | None = None,
) -> Iterator[Record]:
    """The records that hold the lines starting at the offsets ``hits`` (ascending), each once, in file order.

    ``reference`` tells the year of stamps that have none, as in ``fold``.
    """
    wanted = set(hits)
    start, end = -1, -1
    measured: set[str] = set()  # keys of the events in the region whose ends are known
    for hit in hits:
        if hit < end:
            # Inside another event's lines: part of one that was measured, or an event of its own that cuts in.
            head, _ = read_head(lines.line(hit)[0], formats)
            if head is None or (head.key in measured and head.part):
                continue
            if head.part:  # events of several workers lie in each other: this one may have begun earlier
                start = max(min(start, event_start(lines, hit, formats)), 0)
            end = max(end, event_end(lines, hit, formats))
            measured.add(head.key)
            continue
        low = max(event_start(lines, hit, formats), 0)
        high = event_end(lines, hit, formats)
        if low < end:  # grows into the region before it
            end = max(end, high)
        else:
            if start >= 0:
                yield from _fold(lines, start, end, wanted, formats, place, to_utc, reference)
            start, end = low, high
            measured.clear()
        first, _ = read_head(lines.line(low)[0], formats)
        if first is not None:
            measured.add(first.key)
    if start >= 0:
        yield from _fold(lines, start, end, wanted, formats, place, to_utc, reference)


def _fold(
    lines: Lines,
    start: int,
    end: int,
    wanted: set[int],
    formats: Sequence[Format],
    place: Place,
    to_utc: Callable[[datetime], datetime],
    reference: datetime | None,
) -> Iterator[Record]:
    def region() -> Iterator[Line]:
        offset = start
        while offset < end:
            text, following = lines.line(offset)
            yield Line(text, offset, 0)
            offset = following

    return fold(region(), formats, place, to_utc, wanted=wanted, reference=reference)


def event_start(lines: Lines, hit: int, formats: Sequence[Format]) -> int:
    """Where to begin reading: the first line of the hit's event, or further up where that has no time of its own."""
    text, _ = lines.line(hit)
    head, row = read_head(text, formats)
    if head is not None and not head.part and head.time is not None:
        return hit
    first = hit
    key = head.key if head is not None else ""
    whole = head is not None and not head.part  # the event's first line is known; only a time is looked for
    offset: int | None = hit
    strangers = 0.0
    for _ in range(_UP):
        offset = lines.previous(offset) if offset is not None else None
        if offset is None:
            break
        text, _ = lines.line(offset)
        head, row = read_head(text, formats)
        if head is None:
            continue
        if whole or not key:  # a line without prefix: it belongs to the nearest head above, or has its time from there
            first = offset
            if head.time is None:
                whole = True
                continue
            if whole or not head.part or not row or not row.multiline:
                break
            key = head.key
        elif key in (head.key, head.sender):  # a bare line in a carrier knows its sender, not the event
            first = offset
            strangers = 0.0
            key = head.key
            if not head.part:
                break
        else:
            strangers += _OF_A_TRACEBACK if head.part else 1
            if strangers > _IDLE:
                break
    return first


def event_end(lines: Lines, hit: int, formats: Sequence[Format]) -> int:
    """Where the hit's event ends."""
    text, offset = lines.line(hit)
    head, row = read_head(text, formats)
    if head is not None and row is not None and not row.multiline and not head.part:
        return offset
    end = offset
    idle = 0.0
    ours = True
    prefix = part_prefix(text, head) if head is not None else ""
    for _ in range(_DOWN):
        if offset >= lines.end:
            break
        text, following = lines.line(offset)
        if ours and prefix and is_part(text, prefix):
            end = offset = following
            continue
        other, _ = read_head(text, formats)
        if other is None:
            if ours:
                end = following
        elif head is None or not other.part or not _same_event(head, other):
            if head is None and other.part:
                head, ours, end = other, True, following  # a bare line among prefixed ones of one event
            elif head is None or _over(head, other):
                break
            else:
                ours = False
                # Lines of another's traceback cut in by the dozen; heads of other events tell that ours is over.
                idle += _OF_A_TRACEBACK if other.part else 1
                if idle > _IDLE:
                    break
        else:
            ours, end, idle = True, following, 0.0
            prefix = prefix or part_prefix(text, other)
        offset = following
    return end


def _same_event(head: Head, other: Head) -> bool:
    """Whether a further line may belong to the event of another: by key, or by the process a carrier names."""
    return bool(head.key and head.key == other.key) or bool(head.sender and head.sender == other.sender)


def _over(head: Head, other: Head) -> bool:
    """Whether a head that is not part of the event tells that the event is over."""
    if head.level is not None and head.level < Level.ERROR and not head.part:
        return True  # only errors are followed by prefixed lines of their own
    return bool(head.pid) and other.pid == head.pid
