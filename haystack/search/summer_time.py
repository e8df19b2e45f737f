"""The hour that the end of summer time repeats: which of its stamps were written the second time.

A local stamp of that hour means two moments. Lines of a file are in order, so the second pass begins where the stamps
step back. Nothing is looked for before a record asks, which happens for one hour a year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ..formats import Format, read_head
from ..record import Record
from .clock import NodeClock
from .look import last_time

# Workers write slightly out of order; a smaller step back than this is theirs.
_STEP_BACK = timedelta(seconds=60)
AROUND = timedelta(hours=4)
_SAMPLE = 4 << 10


class Reader:
    """``to_utc`` for one file that remembers whether any of its answers may be the first of two moments."""

    def __init__(self, clock: NodeClock) -> None:
        self.clock = clock
        self.doubtful = False

    def to_utc(self, time: datetime) -> datetime:
        """The first of the two moments that a repeated stamp means."""
        self.doubtful = self.doubtful or self.clock.is_ambiguous(time)
        return self.clock.to_utc(time)

    def written(self, record: Record) -> datetime | None:
        """The local stamp of a record whose time is doubtful; None for all others."""
        if not self.doubtful or record.time is None:
            return None
        shown = record.time + timedelta(seconds=self.clock.ahead)
        local = shown.astimezone(self.clock.zone).replace(tzinfo=None)
        return local if self.clock.is_ambiguous(local) else None

    def second(self, record: Record, written: datetime) -> Record:
        """The record as one of the second pass."""
        return record._replace(time=record.time + self.clock.set_back(written)) if record.time else record


def second_pass(
    blocks: Iterable[tuple[int, bytes]], formats: Sequence[Format], clock: NodeClock, near: datetime
) -> tuple[int, int]:
    """Byte range of the lines written in the second pass of the hour that ``near``, a local time, is in.

    ``blocks`` are those of the whole file, each of whole lines, with their offsets. Empty where no step back is seen.
    """
    low, high = near - AROUND, near + AROUND
    before: datetime | None = None
    latest: datetime | None = None
    start = -1
    for base, data in blocks:
        end = last_time(data[-_SAMPLE:], formats)
        end = end if end is None or end.tzinfo is None else before
        passes_by = before is not None and end is not None and (max(before, end) < low or min(before, end) > high)
        before = end or before
        if passes_by:
            continue
        offset = base
        for line in data.split(b"\n"):
            head, _ = read_head(line.decode("utf-8", "replace").rstrip("\r"), formats)
            time = head.time if head is not None and head.time is not None and head.time.tzinfo is None else None
            if time is not None and low < time < high:
                if clock.is_ambiguous(time):
                    if start < 0 and latest is not None and time < latest - _STEP_BACK:
                        start = offset
                    latest = max(time, latest or time)
                elif start >= 0 and latest is not None and time > latest:
                    return start, offset
            offset += len(line) + 1
    return (start, 1 << 62) if start >= 0 else (0, 0)
