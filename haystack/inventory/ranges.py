"""Names with ranges: ``compute[01-20]`` of haystack.yaml, ``web[01:50:2].example.com`` of Ansible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

# More than any cloud has nodes; a slip of the finger must not fill the memory.
MOST = 10_000
_DASH = re.compile(r"\[(\d+|[A-Za-z])-(\d+|[A-Za-z])\]")
_COLON = re.compile(r"\[(\d+|[A-Za-z]):(\d+|[A-Za-z])(?::(\d+))?\]")


def expand(text: str, colon: bool = False) -> list[str]:
    """All names that a text with any number of ranges stands for, in order; itself where it has none.

    A range is written with a dash, or as Ansible does with a ``colon`` and a step. ``01`` keeps its width. Raises
    ValueError for a range that is empty, of two kinds, or too long.
    """
    parts: list[list[str]] = []
    total, end = 1, 0
    for found in (_COLON if colon else _DASH).finditer(text):
        step = found.group(3) if colon else None
        names = list(_range(found.group(0), found.group(1), found.group(2), int(step[:6]) if step else 1))
        total *= len(names)
        if total > MOST:
            raise ValueError(f"stands for more than {MOST} names")
        parts += [[text[end : found.start()]], names]
        end = found.end()
    return ["".join(words) for words in product(*parts, [text[end:]])]


def _range(text: str, first: str, last: str, step: int) -> Iterator[str]:
    if first.isdigit() != last.isdigit():
        raise ValueError(f'the range "{text}" goes from a number to a letter')
    width = len(first) if first.startswith("0") else 0
    if max(len(first), len(last)) > 9:
        raise ValueError(f'the range "{text}" is too long')
    begin, end = (int(first), int(last)) if first.isdigit() else (ord(first), ord(last))
    if end < begin or step < 1:
        raise ValueError(f'the range "{text}" is empty')
    if (end - begin) // step >= MOST:
        raise ValueError(f"stands for more than {MOST} names")
    if width and len(last) != width:
        raise ValueError(f'the range "{text}" begins and ends with numbers of different widths')
    for number in range(begin, end + 1, step):
        yield f"{number:0{width}}" if first.isdigit() else chr(number)
