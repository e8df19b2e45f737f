"""Counts and durations by time, in a bounded number of slots: where there would be more, slots become wider."""

from __future__ import annotations

from collections.abc import Iterator

from .durations import Durations

# Widths in seconds, each a multiple of the one before it and a part of the day, so that slots can be joined.
WIDTHS = (1, 10, 60, 300, 900, 3600, 21_600, 86_400, 7 * 86_400, 364 * 86_400)
BY = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
# Slots of one series: when nobody asked for a width, as many as fit on a line; else as many as memory bears.
_SOME, _MOST = 60, 1500
_EXACT = 30


class Slot:
    """What happened in one slot of time."""

    __slots__ = ("count", "durations", "errors")

    def __init__(self) -> None:
        self.count = 0
        self.errors = 0
        self.durations = Durations(_EXACT)

    def merge(self, other: Slot) -> None:
        """Add all of another's."""
        self.count += other.count
        self.errors += other.errors
        self.durations.merge(other.durations)


class OverTime:
    """A series of slots. ``width`` (seconds) is as asked for, or wider where that would be too many slots."""

    def __init__(self, width: int | None) -> None:
        self.width = width or WIDTHS[0]
        self._most = _MOST if width else _SOME
        self._slots: dict[int, Slot] = {}

    def add(self, time: float, seconds: float | None, error: bool) -> None:
        """Something that happened at a time (seconds since the epoch), and how long it took."""
        key = int(time // self.width)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = Slot()
            if len(self._slots) > self._most:
                self._widen()
                slot = self._slots[int(time // self.width)]
        slot.count += 1
        slot.errors += error
        if seconds is not None:
            slot.durations.add(seconds)

    def merge(self, other: OverTime) -> None:
        """Add all of another's."""
        width = max(self.width, other.width)
        self.join(width)
        other.join(width)
        for key, slot in other._slots.items():
            self._slots.setdefault(key, Slot()).merge(slot)
        if len(self._slots) > self._most:
            self._widen()

    def join(self, width: int) -> None:
        """Make the slots at least so wide (one of WIDTHS)."""
        if width <= self.width:
            return
        wider: dict[int, Slot] = {}
        for key, slot in self._slots.items():
            wider.setdefault(key * self.width // width, Slot()).merge(slot)
        self._slots, self.width = wider, width

    def __iter__(self) -> Iterator[tuple[int, Slot]]:
        """(start in seconds since the epoch, slot) in order; slots in which nothing happened are left out."""
        for key in sorted(self._slots):
            yield key * self.width, self._slots[key]

    def _widen(self) -> None:
        while len(self._slots) > self._most and self.width < WIDTHS[-1]:
            self.join(next(width for width in WIDTHS if width > self.width))
