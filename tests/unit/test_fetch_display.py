"""The live table of a fetch: as high as the terminal at most, however many nodes there are."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from haystack.cli.fetch_display import table
from haystack.nodes.fetch.model import Progress

STATES = ("done", "failed", "partial", "waiting", "connecting", "listing", "fetching", "facts")


def board(count: int) -> dict[str, Progress]:
    found = {}
    for number in range(count):
        progress = Progress(f"compute[{number:03}]")
        progress.state = STATES[number % len(STATES)]
        progress.files, progress.files_in_all = 3, 5 if progress.state == "fetching" else 0
        progress.bytes = progress.bytes_in_all = 1_000_000
        found[progress.node] = progress
    return found


def shown(count: int, height: int, width: int = 100) -> list[str]:
    console = Console(file=StringIO(), width=width, height=height)
    console.print(table(board(count), lambda node, size: 500_000.0, height))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(("count", "height", "lines"), [(200, 24, 21), (200, 5, 2), (200, 1, 2), (8, 24, 5)])
def test_it_fits(count: int, height: int, lines: int) -> None:
    assert len(shown(count, height)) == lines


def test_who_brings_something_comes_first_and_the_last_line_is_of_all() -> None:
    lines = shown(200, 24)
    assert all(" fetching " in line and "3/5 files" in line and "0.5 MB/s" in line for line in lines[:-1])
    words = lines[-1].split()
    assert words == "75 of 200 nodes 50 with troubles 600 files 200.0 MB 100.0 MB/s".split()
    assert "compute[006]" in lines[0]


def test_a_narrow_terminal_cuts_lines_and_wraps_none() -> None:
    lines = shown(200, 24, width=40)
    assert len(lines) == 21
    assert max(map(len, lines)) <= 40
