"""Numbers of the lines that start at given offsets: asked for last, and only of what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UnreadableError
from . import reading

_STEP = 1 << 18


def number_lines(source: str, compression: str, offsets: Sequence[int], known: dict[int, int]) -> None:
    """Add to ``known`` the number, from 1, of the line that starts at each of the offsets (ascending).

    Raises OSError, EOFError or UnreadableError when the file cannot be read again so far; those before are known then.
    """
    position, line = 0, 1
    with reading.open_stream(source, compression) as stream:
        for offset in offsets:
            if offset in known:
                continue
            while position < offset:
                data = stream.read(min(_STEP, offset - position))
                if not data:
                    raise UnreadableError("truncated while being read")
                line += data.count(b"\n")
                position += len(data)
            known[offset] = line
