"""The health of a cloud, one line for each thing that is not well, as text or as ``haystack/health-1``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..insight.health import AMBER, GREEN, GROUPS, NO_DATA, RED, Health, Result, Row
from ..library.wording import spell
from .clean import clean
from .console import PIPE_WIDTH, clock_lines, not_read_lines, pipe_width
from .console import plain as plain_text
from .json_report import clock_document, coverage_document, printed, time_text, without_secrets
from .output import write
from .words import clock, counted, cut, listed, moment, read, span

SCHEMA = "haystack/health-1"
# Symbol, word, colour: the state is never told by colour alone.
_MARKS = {
    RED: ("●", "red", "bold red"),
    AMBER: ("▲", "amber", "bold yellow"),
    GREEN: ("✔", "green", "green"),
    NO_DATA: ("○", "no data", "dim"),
}
# Subjects of one check that are shown in the text, unless all are asked for.
_MOST_ROWS = 6
_MOST_NODES = 3
_INDENT = 13


def as_json(health: Health, ascii_only: bool = False) -> str:
    """The document, indented, with a line end."""
    return printed(document(health), ascii_only)


def document(health: Health) -> dict[str, Any]:
    """The document as plain values, without secrets."""
    return without_secrets(
        {
            "schema": SCHEMA,
            "query": {
                "command": "health",
                "logs": list(health.logs),
                "since": time_text(health.since),
                "now": time_text(health.now),
            },
            "state": health.state,
            "checks": [_check(result) for result in health.results],
            "coverage": coverage_document(health.coverage),
            "clock": clock_document(health.clocks),
            "problems": list(health.problems),
        }
    )


def _check(result: Result) -> dict[str, Any]:
    return {
        "check": result.check.id,
        "group": result.check.group,
        "title": result.check.title,
        "state": result.state,
        "seen": result.seen,
        "rows": [_row(row) for row in result.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "state": row.state,
        "nodes": list(row.nodes),
        "subject": row.subject,
        "says": row.says,
        "since": time_text(row.since),
        "last": time_text(row.last),
        "over": row.over,
        "recovered": time_text(row.recovered),
        "count": row.count,
        "evidence": _evidence(row),
    }


def _evidence(row: Row) -> dict[str, Any] | None:
    if row.record is not None:
        origin = row.record.origin
        return {
            "time": time_text(row.record.time),
            "node": origin.node,
            "service": origin.service,
            "file": origin.path,
            "line": _line(row),
            "text": _text(row),
        }
    if row.told is None:
        return None
    node = row.nodes[0] if row.nodes else ""
    return {
        "time": None,
        "node": node,
        "service": "",
        "file": row.told.path,
        "line": row.told.line,
        "text": row.told.text,
    }


def _line(row: Row) -> int:
    line = row.record.origin.line if row.record else row.told.line if row.told else 0
    return line + row.below if line else 0


def _text(row: Row) -> str:
    if row.record is None:
        return row.told.text if row.told else ""
    return row.record.body[row.below - 1] if 0 < row.below <= len(row.record.body) else row.record.message


def show(health: Health, path: Path | None = None, everything: bool = False) -> None:
    """Print the health, or write it to a file; with ``everything`` also what is green in full."""
    if path is None and sys.stdout.isatty():
        render_to(health, Console(highlight=False), everything)
    else:
        write(plain(health, pipe_width(), everything), path)


def plain(health: Health, width: int = PIPE_WIDTH, everything: bool = False) -> str:
    """The health as text without colour."""
    return plain_text(lambda console: render_to(health, console, everything), width)


def render_to(health: Health, console: Console, everything: bool = False) -> None:
    """Print the health to a console of any width."""
    day = health.now.date() if health.now else None
    _headline(health, console)
    for group in GROUPS:
        results = [result for result in health.results if result.check.group == group]
        if not results:
            continue
        console.print(Text(group.capitalize(), style="bold"))
        for state in (RED, AMBER):
            for result in results:
                if result.state == state:
                    _result(result, health.now, day, console, everything)
        for state in (GREEN, NO_DATA):
            _well([result for result in results if result.state == state], state, console, everything)
        console.print()
    clock_lines(health, console)
    not_read_lines(health, console)


def _headline(health: Health, console: Console) -> None:
    symbol, word, style = _MARKS[health.state]
    line = Text(f"{symbol} {word}", style=style)
    numbers = [
        f"{sum(result.state == state for result in health.results)} {_MARKS[state][1]}"
        for state in (RED, AMBER, GREEN, NO_DATA)
        if any(result.state == state for result in health.results)
    ]
    line.append(f"   {', '.join(numbers)} of {counted(len(health.results), 'check')}", style="bold")
    line.append(f"   as of {moment(health.now)}", style="default")
    console.print(line)
    since = f", from {moment(health.since)} on" if health.since else ""
    console.print(Text(f"  read: {read(health)}{since}", style="dim"))
    console.print()


def _result(result: Result, now: datetime | None, day: date | None, console: Console, everything: bool) -> None:
    rows = [row for row in result.rows if everything or row.state != GREEN]
    shown = rows if everything else rows[:_MOST_ROWS]
    for row in shown:
        _row_lines(result, row, now, day, console)
    if len(rows) > len(shown):
        more = " " * _INDENT + f"and {len(rows) - len(shown)} more like these; --all shows them"
        console.print(Text(more, style="dim"))


def _row_lines(result: Result, row: Row, now: datetime | None, day: date | None, console: Console) -> None:
    line = Text(result.check.title, style="bold" if row.state == RED else "default")
    if row.subject:
        line.append(f"  {clean(row.subject)}", style="not bold cyan")
    line.append(f"  {clean(row.says)}" if row.says else "", style="not bold")
    where = listed(row.nodes, _MOST_NODES)
    if where and where not in (row.subject, "-"):
        line.append(f"  {'told by' if result.check.cloud else 'on'} {where}", style="not bold cyan")
    when = _when(row, now, day)
    line.append(f"  {when}" if when else "", style="not bold dim")
    _line_of(row.state, line, console)
    text = _text(row)
    if text and row.state != GREEN:
        path = row.record.origin.path if row.record else row.told.path if row.told else ""
        number = _line(row)
        told = Text(" " * _INDENT)
        told.append(clean(f"{PurePosixPath(path).name}{f':{number}' if number else ''}"), style="dim")
        told.append(f"  {cut(clean(text).strip(), 400)}")
        console.print(told, no_wrap=True, overflow="ellipsis", crop=True)


def _line_of(state: str, line: Text, console: Console) -> None:
    """A line with the mark of a state before it; what does not fit goes on below the line, not below the mark."""
    symbol, word, style = _MARKS[state]
    grid = Table.grid(padding=0)
    grid.add_column(width=_INDENT, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(f"  {symbol} {word}", style=style), line)
    console.print(grid)


def _when(row: Row, now: datetime | None, day: date | None) -> str:
    """Since when, or from when to when, and how often."""
    times = f"{row.count:,}x" if row.record and row.count > 1 else ""
    if row.since is None or (row.state == GREEN and not row.over):
        when = ""
    elif row.over:
        when = f"was {span(row.since, row.last, day)}"
        when += f", well again {clock(row.recovered, day)[:-4]}" if row.recovered else ", not since"
    else:
        when = f"since {clock(row.since, day)[:-4]}"
        when += f" ({spell(now - row.since)})" if now and now - row.since >= timedelta(seconds=1) else ""
    return ", ".join(filter(None, (when, times)))


def _well(results: Sequence[Result], state: str, console: Console, everything: bool) -> None:
    """What is green, or not known: a line for all, or one for each with what it stands on."""
    if not results:
        return
    if not everything:
        _line_of(state, Text(", ".join(result.check.title for result in results)), console)
        return
    for result in results:
        line = Text(result.check.title)
        line.append(f"  {result.seen or 'no log and no facts of it'}", style="dim")
        _line_of(state, line, console)
        for row in result.rows:
            if row.subject or row.says:
                _row_lines(result, row, None, None, console)
