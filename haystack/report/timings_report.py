"""Response times and lead times as text: what is slow or failing comes first. ``timings_json`` is the document."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..insight.calls import Server, Tally
from ..insight.durations import Durations
from ..insight.over_time import OverTime
from ..insight.runs import Lead
from ..insight.timings import Timings
from .clean import clean
from .output import write
from .timings_json import as_json

_PIPE_WIDTH = 200
_MOST_TROUBLES = 10
_LONGEST_LINE = 60  # signs of a series over time
_LONGEST_URL = 120
_MOST_RUNS = 3
_BARS = "▁▂▃▄▅▆▇█"
_WIDTH_NAMES = {1: "second", 60: "minute", 3600: "hour", 86_400: "day", 7 * 86_400: "week", 364 * 86_400: "52 weeks"}
_PERCENTILES = (50, 95, 99)


def show(found: Timings, rows: int, path: Path | None = None) -> None:
    """Print the answer with so many routes, or write it to a file."""
    if path is None and sys.stdout.isatty():
        render_to(found, rows, Console(highlight=False))
    else:
        write(plain(found, rows, int(os.environ.get("COLUMNS") or 0) or _PIPE_WIDTH), path)


def plain(found: Timings, rows: int, width: int = _PIPE_WIDTH) -> str:
    """The answer as text without colour and without blanks at the ends of lines."""
    buffer = StringIO()
    render_to(found, rows, Console(file=buffer, width=max(60, width), color_system=None, highlight=False))
    return "\n".join(line.rstrip() for line in buffer.getvalue().split("\n"))


def render_to(found: Timings, rows: int, console: Console) -> None:
    """Print the answer to a console of any width."""
    console.print(_headline(found))
    if found.calls:
        _routes(found, rows, console)
        _servers(found, console)
        _slowest(found, console)
    for lead in found.leads:
        _lead(lead, console)
    for note in found.notes:
        console.print(Text(clean(note), style="yellow"))
    _not_read(found, console)


def _headline(found: Timings) -> Text:
    if not found.found:
        return Text(f"No access line and no operation in {found.coverage.files:,} files.")
    errors = sum(row.tally.errors for row in found.servers)
    line = Text(f"{found.calls:,} access lines", style="bold")
    line.append(f", {errors:,} failed (5xx or no answer)", style="red" if errors else "default")
    bad = sum(lead.failed + lead.refused for lead in found.leads)
    begun = sum(lead.begun for lead in found.leads)
    line.append(f"; {begun:,} operations, {bad:,} failed or refused", style="red" if bad else "default")
    if found.first is not None and found.last is not None:
        line.append(f"   {_stamp(found.first)} … {_stamp(found.last)} UTC", style="default")
    return line


def _routes(found: Timings, rows: int, console: Console) -> None:
    table = _table("Calls", ("calls", "5xx", "4xx", "p50", "p95", "p99", "max"), console)
    for key, tally in found.routes[:rows]:
        name = Text(f"{key.method} {clean(key.route)}".strip())
        table.add_row("", name, _server(key.server), *_counts(tally), *_times(tally.durations))
    console.print(table)
    if len(found.routes) > rows:
        console.print(Text(f"  and {len(found.routes) - rows:,} more routes; --rows shows them", style="dim"))


def _servers(found: Timings, console: Console) -> None:
    width = _WIDTH_NAMES.get(found.width) or f"slot of {found.width} s"
    table = _table("All routes", ("calls", "5xx", "4xx", "p50", "p95", "p99", "max"), console, "calls over time")
    start, slots = _span(found)
    joined = -(-slots // _LONGEST_LINE)
    for server, tally, series in found.servers:
        line = Text(_series(series, start, slots, joined) if series is not None else "")
        table.add_row("", line, _server(server), *_counts(tally), *_times(tally.durations))
    console.print(table)
    console.print(Text(f"  each sign of a line is {joined} {width}{'s' * (joined > 1)}", style="dim"))


def _slowest(found: Timings, console: Console) -> None:
    if not found.slowest:
        return
    console.print(Text("\nSlowest calls", style="bold"))
    table = _list()
    for call in found.slowest:
        what = f"{call.status or 'no answer'} {call.method} {clean(call.url)[:_LONGEST_URL]}"
        table.add_row("", _seconds(call.seconds), _stamp(call.time), _server(call.server), Text(what))
        where = call.request_id or f"{call.path}:{call.line}"
        table.add_row("", "", "", Text(clean(call.node) or "-", style="dim"), Text(clean(where), style="dim"))
    console.print(table)


def _lead(lead: Lead, console: Console) -> None:
    line = Text(f"\n{lead.operation.id}", style="bold")
    line.append(f"   {lead.begun:,} begun, {lead.completed:,} done", style="default")
    for count, word in ((lead.failed, "failed"), (lead.refused, "refused"), (lead.unfinished, "not ended")):
        if count:
            line.append(f", {count:,} {word}", style="red")
    if lead.completed:
        p50, p95, _, longest = _times(lead.durations)
        line.append(f"   p50 {p50}, p95 {p95}, max {longest}", style="default")
    console.print(line)
    table = _table("", ("runs", "p50", "p95", "p99", "max"), console, "", titles=bool(lead.completed))
    for step in lead.steps[1:] if lead.completed else ():
        if not step.durations.count:  # no log of it, or not in this cloud
            continue
        share = step.durations.total / lead.durations.total if lead.durations.total else 0.0
        table.add_row(
            "", Text(f"{share:4.0%} {'━' * round(share * 24)}"), Text(clean(step.name)), f"{step.durations.count:,}",
            *_times(step.durations),
        )  # fmt: skip
    console.print(table)
    ends = [f"{step.failed:,} failed after {step.name}" for step in lead.steps if step.failed]
    ends += [f"{step.unfinished:,} not seen after {step.name}" for step in lead.steps if step.unfinished]
    if ends:
        console.print(Text("  " + "; ".join(map(clean, ends)), style="red"))
    listed = [("slowest", run) for run in sorted(lead.slowest, reverse=True)[:_MOST_RUNS]]
    listed += [("failed", run) for run in lead.failures[:_MOST_RUNS]]
    if not listed:
        return
    table = _list()
    for title, run in listed:
        # Two ids: a line breaks between them, never inside of one.
        names = "  ".join(clean(name) for name in (run.request_id, run.resource) if name)
        table.add_row("", _seconds(run.seconds), _stamp(run.began), title, Text(names, style="dim"))
    console.print(table)


def _table(title: str, columns: Sequence[str], console: Console, first: str = "", titles: bool = True) -> Table:
    if title:
        console.print(Text(f"\n{title}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=titles, header_style="dim")
    table.add_column(width=0)
    table.add_column(first, overflow="fold")
    table.add_column("", style="cyan", overflow="fold")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _list() -> Table:
    """A list of single calls or runs: how long, when, and two things more, the last of any length."""
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(width=0)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", min_width=40)
    return table


def _server(server: Server) -> Text:
    name = clean(server.service)
    if server.backend:
        name += f" → {clean(server.backend)}"
    return Text(name, style="cyan")


def _counts(tally: Tally) -> tuple[Text, Text, Text]:
    errors, refused = tally.errors, tally.refused
    return (
        Text(f"{tally.count:,}"),
        Text(f"{errors:,} {errors / tally.count:4.0%}" if errors else "-", style="red" if errors else "dim"),
        Text(f"{refused:,}" if refused else "-", style="yellow" if refused else "dim"),
    )


def _times(durations: Durations) -> tuple[str, ...]:
    """Percentiles and the longest."""
    if not durations.count:
        return ("-",) * (len(_PERCENTILES) + 1)
    return (*(_seconds(durations.percentile(percent) or 0.0) for percent in _PERCENTILES), _seconds(durations.longest))


def _seconds(seconds: float) -> str:
    if seconds >= 5400:
        return f"{seconds / 3600:,.1f} h"
    if seconds >= 90:
        return f"{seconds / 60:,.1f} min"
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _stamp(time: float) -> str:
    return f"{datetime.fromtimestamp(time, timezone.utc):%Y-%m-%d %H:%M:%S}"


def _span(found: Timings) -> tuple[int, int]:
    """The first slot of all series, and how many there are from there to the last."""
    starts = [start // found.width for row in found.servers for start, _ in row.over_time or ()]
    return (min(starts), max(starts) - min(starts) + 1) if starts else (0, 1)


def _series(series: OverTime, first: int, slots: int, joined: int) -> str:
    """Calls over time, a sign for so many slots together."""
    counts = [0] * -(-slots // joined)
    for start, slot in series:
        counts[(start // series.width - first) // joined] += slot.count
    return "".join(_bars(counts))


def _bars(counts: Sequence[int]) -> Iterator[str]:
    most = max(counts)
    return (_BARS[(len(_BARS) * count - 1) // most] if count else " " for count in counts)


def _not_read(found: Timings, console: Console) -> None:
    coverage = found.coverage
    lines = [f"{trouble.path} ({trouble.reason})" for trouble in coverage.unreadable]
    lines += [*coverage.notes, *found.problems]
    for number, line in enumerate(lines[:_MOST_TROUBLES]):
        console.print(Text(f"{'Not read' if not number else '':10} {clean(line)}", style="yellow"))
    if len(lines) > _MOST_TROUBLES:
        console.print(
            Text(f"           and {len(lines) - _MOST_TROUBLES} more; --format json lists them", style="yellow")
        )


__all__ = ["as_json", "plain", "render_to", "show"]
