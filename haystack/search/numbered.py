"""Bytes to lines with their offsets and numbers, each line of the file once, whatever the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import accumulate, chain, count
from operator import add

from ..formats import Line
from .reading import LONGEST_LINE, Fetch, line_text


class Cursor:
    """Counts lines from where it last counted to."""

    def __init__(self, fetch: Fetch, offset: int = 0, line: int = 1) -> None:
        self._fetch = fetch
        self._offset, self._line = offset, line

    def number(self, offset: int) -> int:
        """Number of the line that starts at an offset."""
        low, high = sorted((offset, self._offset))
        newlines, at = 0, low
        while at < high:
            data = self._fetch(at, min(1 << 18, high - at))
            if not data:
                break
            newlines += data.count(b"\n")
            at += len(data)
        self._line += newlines if offset >= self._offset else -newlines
        self._offset = offset
        return self._line


def numbered_lines(blocks: Iterable[bytes], offset: int, number: int) -> Iterator[Line]:
    """Lines of consecutive bytes; a line of any length takes no more memory than ``LONGEST_LINE``."""
    return chain.from_iterable(_batches(blocks, offset, number))


def _batches(blocks: Iterable[bytes], offset: int, number: int) -> Iterator[Iterable[Line]]:
    rest = b""
    skipped = 0  # bytes of a long line that are left out between ``rest`` and what follows
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if not cut:
            if len(rest) + len(block) <= LONGEST_LINE:
                rest += block
            else:
                kept = (rest + block)[:LONGEST_LINE]
                skipped += len(rest) + len(block) - len(kept)
                rest = kept
            continue
        if skipped:
            first = block.find(b"\n") + 1
            yield (Line(line_text(rest), offset, number),)
            offset += len(rest) + skipped + first
            number += 1
            whole = block[first:cut]
            skipped = 0
        else:
            whole = rest + block[:cut] if rest else block[:cut]
        rest = block[cut:]
        if whole:
            yield _whole_lines(whole, offset, number)
            offset += len(whole)
            number += whole.count(b"\n")
    if rest:
        yield (Line(line_text(rest[:LONGEST_LINE]), offset, number),)


def _whole_lines(data: bytes, offset: int, number: int) -> Iterator[Line]:
    """Lines of bytes that end with a line end. One decoding for all of them where the bytes allow it."""
    if data.isascii() and b"\r" not in data:
        texts = data[:-1].decode("ascii").split("\n")
        lengths = list(map(len, texts))
        if max(lengths) > LONGEST_LINE:
            texts = [text[:LONGEST_LINE] for text in texts]
    else:
        pieces = data[:-1].split(b"\n")
        lengths = list(map(len, pieces))
        texts = [line_text(piece[:LONGEST_LINE]) for piece in pieces]
    # Each line end counts one: the sum of lengths before a line, and its place, make its offset.
    offsets = map(add, accumulate(lengths, initial=offset), count())
    return map(_new_line, zip(texts, offsets, count(number), strict=False))


_new_line = partial(tuple.__new__, Line)


def counted(blocks: Iterable[bytes], tell: Callable[[int], None]) -> Iterator[bytes]:
    """The blocks; once they end, damage ends them or nobody asks for more, ``tell`` gets the lines that went by."""
    lines, last = 0, b"\n"
    try:
        for block in blocks:
            lines += block.count(b"\n")
            last = block[-1:] or last
            yield block
    finally:
        tell(lines + (last != b"\n"))
