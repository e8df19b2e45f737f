"""What was recognised as what: nodes with their clocks and logs, as text or as ``haystack/nodes-1``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..search import Coverage
from ..search.survey import Log, NodeLogs
from .clean import clean
from .clocks import off
from .json_report import coverage_document, time_text
from .output import write
from .sizes import size_text

SCHEMA = "haystack/nodes-1"
_PIPE_WIDTH = 200
_MOST_TROUBLES = 10


def as_json(nodes: Sequence[NodeLogs], coverage: Coverage, logs: Sequence[str], ascii_only: bool = False) -> str:
    """The document, indented, with a line end."""
    document = {
        "schema": SCHEMA,
        "query": {"command": "nodes list", "logs": list(logs)},
        "nodes": [_node(node) for node in nodes],
        "coverage": coverage_document(coverage),
    }
    return json.dumps(document, indent=1, ensure_ascii=ascii_only) + "\n"


def _node(node: NodeLogs) -> dict[str, Any]:
    return {
        "node": node.node,
        "zone": str(node.clock.zone),
        "zone_source": node.clock.source or "assumed",
        "ahead_seconds": node.clock.ahead,
        "uncertainty_seconds": node.clock.uncertainty or None,
        "logs": [
            {
                "service": log.service or None,
                "file": log.path,
                "files": list(log.sources),
                "bytes": log.size,
                "formats": list(log.formats),
                "first": time_text(log.first),
                "last": time_text(log.last),
            }
            for log in node.logs
        ],
    }


def show(nodes: Sequence[NodeLogs], coverage: Coverage, path: Path | None = None) -> None:
    """Print the nodes, or write them to a file."""
    if path is None and sys.stdout.isatty():
        render_to(nodes, coverage, Console(highlight=False))
    else:
        write(plain(nodes, coverage, int(os.environ.get("COLUMNS") or 0) or _PIPE_WIDTH), path)


def plain(nodes: Sequence[NodeLogs], coverage: Coverage, width: int = _PIPE_WIDTH) -> str:
    """The nodes as text without colour and without blanks at the ends of lines."""
    buffer = StringIO()
    render_to(nodes, coverage, Console(file=buffer, width=max(40, width), color_system=None, highlight=False))
    return "\n".join(line.rstrip() for line in buffer.getvalue().split("\n"))


def render_to(nodes: Sequence[NodeLogs], coverage: Coverage, console: Console) -> None:
    """Print the nodes to a console of any width."""
    for node in nodes:
        console.print(_headline(node))
        table = Table.grid(padding=(0, 2), pad_edge=False)
        table.add_column(width=2)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="fold", style="dim")
        table.add_column(no_wrap=True)
        for log in node.logs:
            table.add_row(*_row(log))
        console.print(table)
        console.print()
    files = sum(len(log.sources) for node in nodes for log in node.logs)
    size = sum(log.size for node in nodes for log in node.logs)
    console.print(
        Text(
            f"{_count(len(nodes), 'node')}, {_count(files, 'file')}, {size_text(size)}"
            + (
                f"; {_count(len(coverage.skipped), 'thing')} left out as no log (--format json tells)"
                * bool(coverage.skipped)
            )
        )
    )
    _not_read(coverage, console)


def _headline(node: NodeLogs) -> Text:
    line = Text(clean(node.node) or "(no node named)", style="bold")
    line.append(f"   {clean(str(node.clock.zone))}, {clean(node.clock.source) or 'assumed'}", style="default")
    if node.clock.ahead:
        line.append(f"; clock {off(node.clock)}", style="yellow")
    return line


def _row(log: Log) -> tuple[Text, ...]:
    files = len(log.sources)
    return tuple(
        map(
            Text,
            (
                "",
                log.service or "-",
                clean(log.path),
                f"{files} files" if files > 1 else "",
                size_text(log.size),
                ", ".join(log.formats) or "empty",
                _span(log.first, log.last),
            ),
        )
    )


def _span(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return "no times"
    end = f"{last:%H:%M:%S}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M:%S}"
    return f"{first:%Y-%m-%d %H:%M:%S} … {end} UTC"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _not_read(coverage: Coverage, console: Console) -> None:
    lines = [f"{trouble.path} ({trouble.reason})" for trouble in coverage.unreadable] + list(coverage.notes)
    for number, line in enumerate(lines[:_MOST_TROUBLES]):
        console.print(Text(f"{'Not read' if not number else '':10} {clean(line)}", style="yellow"))
    if len(lines) > _MOST_TROUBLES:
        more = len(lines) - _MOST_TROUBLES
        console.print(Text(f"           and {more} more; --format json lists them all", style="yellow"))
