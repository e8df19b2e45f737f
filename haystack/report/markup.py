"""Text that no Markdown dialect takes for markup: GitHub, GitLab, and what trackers make of it.

A backslash before ``@`` or ``#`` stops neither mentions nor links to issues; code does. So plain words stay words, and
all else becomes a code span or a block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .clean import clean, clean_lines

# A word that is markup nowhere: letters and hyphens, or a number.
_WORD = re.compile(r"\(?(?:[A-Za-z]+(?:[-'][A-Za-z]+)*\d{0,3}|\d{1,6}(?:[.,]\d{1,6})*%?|–|—)\)?[,.;:!?]?")
# What begins a list where it begins a line.
_ITEM = re.compile(r"\d+[.)]")
_TICKS = re.compile(r"`+")


def prose(text: str) -> str:
    """A sentence, in which what is no plain word is code."""
    parts: list[str] = []
    strange: list[str] = []
    for word in clean(text).split():
        if _WORD.fullmatch(word) and (parts or strange or not _ITEM.match(word)):
            parts += [code(" ".join(strange))] if strange else []
            strange = []
            parts.append(word)
        else:
            strange.append(word)
    parts += [code(" ".join(strange))] if strange else []
    return " ".join(parts)


def code(text: str) -> str:
    """A code span that holds the text, whatever backticks it has."""
    plain = clean(text).strip() or "-"
    ticks = "`" * (_longest(plain) + 1)
    space = " " if "`" in plain else ""
    return f"{ticks}{space}{plain}{space}{ticks}"


def block(lines: Sequence[str]) -> list[str]:
    """A fenced block, its fence longer than any in the text."""
    plain = [part for line in lines for part in clean_lines(line)]
    fence = "`" * max(3, _longest("\n".join(plain)) + 1)
    return [f"{fence}text", *plain, fence, ""]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines] + [""]


def _cell(text: str) -> str:
    # Parsers do not agree on a backslash before an escaped pipe: there another bar stands in its place.
    return text.replace("\\|", "\\¦").replace("|", "\\|").replace("\n", " ")


def _longest(text: str) -> int:
    """Length of the longest run of backticks."""
    return max(map(len, _TICKS.findall(text)), default=0)
