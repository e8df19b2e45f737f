"""What the reports for the terminal share: the width, columns of evidence, steps of a fix, and what was not read."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..diagnose import Diagnosis, Evidence
from ..diagnose.model import Suspect, Triage
from ..diagnose.twins import template
from ..insight.health import Health
from .clean import clean
from .clocks import corrections
from .words import MOST_NOT_READ, clock, cut, not_read, place, suspect_place

# In a pipe there is no width to ask for; lines are cut at this one.
PIPE_WIDTH = 160


def pipe_width() -> int:
    """The width of text for a pipe or a file."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else PIPE_WIDTH


def show(answer: Diagnosis | Triage) -> None:
    """Print an answer to the terminal, in colour."""
    from . import text, triage_text

    console = Console(highlight=False)
    if isinstance(answer, Diagnosis):
        text.render_to(answer, console)
    else:
        triage_text.render_to(answer, console)


def plain(render_to: Callable[[Console], None], width: int = PIPE_WIDTH) -> str:
    """What is printed to a console as text without colour and without blanks at the ends of lines."""
    buffer = StringIO()
    render_to(Console(file=buffer, width=max(40, width), color_system=None, highlight=False))
    return "\n".join(line.rstrip() for line in buffer.getvalue().split("\n"))


def evidence_lines(evidence: Sequence[Evidence], most: int, day: date | None, console: Console) -> None:
    """Evidence lines, those of the same text once; each takes two lines of the screen at most."""
    alike: dict[tuple[str, str, str], list[Evidence]] = {}
    for item in evidence:
        origin = item.record.origin
        alike.setdefault((origin.node, origin.path, template(item.text)), []).append(item)
    rows = []
    for items in list(alike.values())[:most]:
        origin = items[0].record.origin
        who = (clean(origin.node or "-"), origin.service or "-") if console.width >= 100 else ()
        times = f"  (and {len(items) - 1} more like it)" if len(items) > 1 else ""
        rows.append(((clock(items[0].record.time, day), *who, place(items[0])), clean(items[0].text), times))
    widths = [max(len(row[0][column]) for row in rows) for column in range(len(rows[0][0]))] if rows else []
    for cells, text, times in rows:
        line = Text("    ")
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            line.append(f"{cell:{width}}  ", style="cyan" if number in range(1, len(cells) - 1) else "dim")
        room = console.width - line.cell_len
        if room < 40:  # too narrow for columns: the text goes below
            console.print(line)
            line, room = Text("      "), console.width - 6
        line.append(cut(text, 2 * room - len(times) - 2))
        line.append(times, style="dim")
        console.print(_hanging(line, console.width, console.width - room))


def _hanging(line: Text, width: int, indent: int) -> Text:
    """A line cut by characters at the width, its further lines indented: log text has no good places to wrap."""
    lines = [line[:width]]
    at = width
    while at < len(line):
        lines.append(Text(" " * indent) + line[at : at + width - indent])
        at += width - indent
    return Text("\n").join(lines)


def details_grid() -> Table:
    """The table of "because", "fix" and such: a narrow column of words, and what is said beside them."""
    details = Table.grid(padding=(0, 2))
    details.add_column(style="dim", no_wrap=True, min_width=7)
    details.add_column(overflow="fold")
    return details


def add_fix(details: Table, steps: Sequence[tuple[str, bool]]) -> None:
    """A row for each step of a fix, numbered, with whether it changes anything."""
    for number, (step, changing) in enumerate(steps):
        text = Text(f"{number + 1}. {clean(step)}")
        text.append("  (changing)" if changing else "  (read-only)", style="yellow" if changing else "dim")
        details.add_row("fix" if not number else "", text)


def suspect_lines(suspect: Suspect, day: date | None, console: Console) -> None:
    """A suspect: the code it names, its first evidence, and why."""
    name = Text(f"{suspect.service}  {suspect_place(suspect)}", style="bold")
    console.print(Text.assemble(Text("    suspect   "), name))
    evidence_lines(suspect.evidence, 1, day, console)
    console.print(Text("    because   " + "; ".join(cut(clean(reason), 200) for reason in suspect.reasons)))


def clock_lines(answer: Diagnosis | Triage | Health, console: Console) -> None:
    """Clocks that times were corrected for, if any."""
    lines = corrections(answer.clocks)
    for number, line in enumerate(lines):
        console.print(Text(f"{'Clocks' if not number else '':10} {line}", style="dim"))
    if lines:
        console.print()


def not_read_lines(answer: Diagnosis | Triage | Health, console: Console) -> None:
    """What could not be read, if anything."""
    lines = not_read(answer)
    for number, line in enumerate(lines[:MOST_NOT_READ]):
        console.print(Text(f"{'Not read' if not number else '':10} {line}", style="yellow"))
    if len(lines) > MOST_NOT_READ:
        more = len(lines) - MOST_NOT_READ
        console.print(Text(f"           and {more} more; --format json lists them all", style="yellow"))
