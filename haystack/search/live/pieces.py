"""What is here of a file on a node: pieces of it, and lines in them. What is missing is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from ..reading import LONGEST_LINE, Lines, line_text

# So much is asked for where a line is not here.
_STEP = 16 << 10
_MOST = 1 << 18


class Pieces:
    """Bytes of a file by offset; pieces that touch become one."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._data: list[bytes] = []
        self.size = 0

    def add(self, start: int, data: bytes) -> None:
        """Keep bytes that stand at an offset; those known already stay."""
        if not data:
            return
        end = start + len(data)
        low = bisect_right(self._starts, start) - 1
        if low < 0 or self._starts[low] + len(self._data[low]) < start:
            low += 1
        high = low
        while high < len(self._starts) and self._starts[high] <= end:
            high += 1
        parts: list[bytes] = []
        at = first = min(start, self._starts[low]) if high > low else start
        for known_at, known in zip(self._starts[low:high], self._data[low:high], strict=True):
            if at < known_at:
                parts.append(data[at - start : known_at - start])
            parts.append(known)
            at = known_at + len(known)
            self.size -= len(known)
        if at < end:
            parts.append(data[at - start :])
        joined = parts[0] if len(parts) == 1 else b"".join(parts)
        self._starts[low:high] = [first]
        self._data[low:high] = [joined]
        self.size += len(joined)

    def holding(self, offset: int) -> tuple[int, bytes] | None:
        """The piece that holds the byte at an offset, and where it starts."""
        at = bisect_right(self._starts, offset) - 1
        if at >= 0 and offset < self._starts[at] + len(self._data[at]):
            return self._starts[at], self._data[at]
        return None

    def first_missing(self, start: int, end: int) -> int:
        """The first offset of the range whose byte is not here; its end when all are."""
        piece = self.holding(start) if start < end else None
        return min(end, piece[0] + len(piece[1])) if piece else start

    def lines(self, start: int, end: int) -> int | None:
        """How many lines end in the range; None where not all of it is here."""
        piece = self.holding(start)
        if piece is None or end > piece[0] + len(piece[1]):
            return None
        return piece[1].count(b"\n", start - piece[0], end - piece[0])

    def clear(self) -> None:
        """Forget all of it."""
        self._starts.clear()
        self._data.clear()
        self.size = 0


class FarLines(Lines):
    """Lines of a file of which pieces are here. ``more(start, end)`` adds to the pieces what is in the range."""

    def __init__(self, pieces: Pieces, more: Callable[[int, int], None], start: int, end: int) -> None:
        super().__init__(self._fetch, start, end)
        self._pieces = pieces
        self._more = more
        self._ahead = _STEP  # who reads on and on reads more at a time

    def line(self, offset: int) -> tuple[str, int]:
        """Text of the line that starts at ``offset``, without its end, and where the next one starts."""
        here = offset - self._base
        stop = self._chunk.find(b"\n", here) if 0 <= here < len(self._chunk) else -1
        while stop < 0:
            piece = self._pieces.holding(offset)
            if piece:
                self._base, self._chunk = piece
                here = offset - self._base
                stop = self._chunk.find(b"\n", here)
            known = self._pieces.first_missing(offset, self.end)
            if stop >= 0 or known >= self.end or known - offset > LONGEST_LINE:
                break
            self._read(known if piece else offset - _STEP // 4, known + self._ahead)
            if self._pieces.first_missing(offset, self.end) == known:
                break  # no more is there
            self._ahead = min(_MOST, self._ahead * 2)
        if not self._pieces.holding(offset):
            return "", self.end
        if 0 <= stop < here + LONGEST_LINE:
            return line_text(self._chunk[here:stop]), self._base + stop + 1
        text = line_text(self._chunk[here : here + LONGEST_LINE])
        if stop >= 0:
            return text, self._base + stop + 1
        return text, self._next_line(self._base + len(self._chunk))

    def start_of(self, offset: int) -> int:
        """Where the line starts that holds the byte at ``offset``."""
        at = offset
        while at > self.start:
            piece = self._pieces.holding(at - 1)
            if piece is None:
                self._read(at - self._ahead, at + _STEP // 4)
                piece = self._pieces.holding(at - 1)
                self._ahead = min(_MOST, self._ahead * 2)
                if piece is None:
                    break
            base, data = piece
            found = data.rfind(b"\n", max(0, self.start - base), at - base)
            if found >= 0:
                return base + found + 1
            at = base
        return self.start

    def _read(self, start: int, end: int) -> None:
        self._more(max(self.start, start), min(self.end, end))

    def _fetch(self, offset: int, size: int) -> bytes:
        if self._pieces.first_missing(offset, self.end) == offset:
            self._read(offset, offset + min(size, _MOST))
        piece = self._pieces.holding(offset)
        return piece[1][offset - piece[0] :][:size] if piece else b""
