"""The answer in the terminal: cause, evidence, fix, in one screen; the timeline and what was not read below."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import date
from io import StringIO
from pathlib import Path, PurePosixPath

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..correlate.ids import normalise
from ..correlate.trace import Trace, entry
from ..diagnose import CAUSE_FOUND, HEALTHY, NOT_FOUND, Candidate, Diagnosis, Evidence
from ..diagnose.twins import template
from ..record import Level, Record
from .clean import clean
from .output import write

# In a pipe there is no width to ask for; lines are cut at this one.
_PIPE_WIDTH = 160
_MOST_TIMELINE = 16
_MOST_EVIDENCE = 5
_LEVEL_STYLE: dict[int, str] = {
    Level.CRITICAL: "bold red",
    Level.ERROR: "red",
    Level.WARNING: "yellow",
    Level.DEBUG: "dim",
}


def show(diagnosis: Diagnosis, path: Path | None = None) -> None:
    """Print the answer, or write it to a file."""
    if path is None and sys.stdout.isatty():
        render_to(diagnosis, Console(highlight=False))
    else:
        columns = os.environ.get("COLUMNS", "")
        write(plain(diagnosis, int(columns) if columns.isdecimal() and int(columns) else _PIPE_WIDTH), path)


def plain(diagnosis: Diagnosis, width: int = _PIPE_WIDTH) -> str:
    """The answer as text without colour and without blanks at the ends of lines, for pipes and files."""
    buffer = StringIO()
    render_to(diagnosis, Console(file=buffer, width=max(40, width), color_system=None, highlight=False))
    return "\n".join(line.rstrip() for line in buffer.getvalue().split("\n"))


def render_to(diagnosis: Diagnosis, console: Console) -> None:
    """Print the answer to a console of any width."""
    trace = diagnosis.trace
    if diagnosis.verdict == NOT_FOUND or trace is None:
        _not_found(diagnosis, console)
        _not_read(diagnosis, console)
        return
    _headline(trace, console)
    if diagnosis.verdict == HEALTHY:
        reason = diagnosis.outcome.reason if diagnosis.outcome else ""
        worked = diagnosis.outcome is not None and diagnosis.outcome.failed is False
        good = "● Nothing went wrong" if worked else "● No failure found"
        console.print(Text.assemble(Text(good, style="bold green"), Text(f"   {_cut(clean(reason), 160)}")))
        console.print()
    for number, candidate in enumerate(_shown(diagnosis)):
        _candidate(candidate, number == 0 and diagnosis.verdict == CAUSE_FOUND, _day(trace), console)
    if diagnosis.verdict not in (CAUSE_FOUND, HEALTHY):
        _unknown(diagnosis, console)
    _stopped(diagnosis, console)
    _timeline(trace, console)
    _clocks(diagnosis, console)
    _not_read(diagnosis, console)


def _headline(trace: Trace, console: Console) -> None:
    """A line for each request that was asked for: the call, what it was answered, where and when."""
    asked = [i for i in dict.fromkeys(map(normalise, trace.asked)) if i in trace.requests] or [trace.main]
    for request in asked:
        name = f"req-{request}" if request else ", ".join(trace.asked)
        line = Text(clean(name), style="bold")
        began = entry(trace, request)
        if began:
            record, call = began
            took = f" after {call.seconds:.2f} s" if call.seconds is not None else ""
            line.append(f"  {call.method} {clean(call.url)}  ", style="default")
            line.append(f"{call.status}{took}", style="red" if call.status >= 400 else "green")
            place = f"{clean(record.origin.node)} {record.origin.service}".strip()
            line.append(f"   {place}" if place else "", style="cyan")
        time = began[0].time if began else trace.since
        line.append(f"   {time:%Y-%m-%d %H:%M:%S} UTC" if time else "", style="dim")
        console.print(line, no_wrap=False)
    console.print()


def _shown(diagnosis: Diagnosis) -> Sequence[Candidate]:
    """The cause, and others only where they are nearly as likely or the cause is unsure."""
    if not diagnosis.candidates:
        return ()
    best = diagnosis.candidates[0].confidence
    return [c for c in diagnosis.candidates[:3] if c.confidence >= max(0.3, best * 0.7)] or diagnosis.candidates[:1]


def _candidate(candidate: Candidate, is_cause: bool, day: date | None, console: Console) -> None:
    head = Text()
    if is_cause:
        label = "Root cause" if candidate.pattern.layer == "root" else "Cause, as far as the logs tell"
        head.append(f"● {label}, {candidate.confidence:.0%}", style="bold red")
        head.append("   ")
        head.append(clean(candidate.cause), style="bold")
    else:
        head.append(f"○ Possibly, {candidate.confidence:.0%}   {clean(candidate.cause)}", style="yellow")
    console.print(head)
    _evidence(candidate.evidence, _MOST_EVIDENCE if is_cause else 1, day, console)
    details = Table.grid(padding=(0, 2))
    details.add_column(style="dim", no_wrap=True, min_width=7)
    details.add_column(overflow="fold")
    if is_cause:
        details.add_row("because", Text("; ".join(_cut(clean(reason), 260) for reason in candidate.reasons)))
        details.add_row("what", Text(clean(candidate.pattern.what)))
        for number, command in enumerate(candidate.confirm):
            details.add_row("confirm" if not number else "", Text(clean(command)))
        for number, (step, changing) in enumerate(candidate.fix):
            text = Text(f"{number + 1}. {clean(step)}")
            text.append("  (changing)" if changing else "  (read-only)", style="yellow" if changing else "dim")
            details.add_row("fix" if not number else "", text)
    details.add_row("more", Text(f"haystack patterns show {candidate.pattern.id}", style="dim"))
    console.print(Padding(details, (0, 0, 0, 4)))
    console.print()


def _evidence(evidence: Sequence[Evidence], most: int, day: date | None, console: Console) -> None:
    """Evidence lines, those of the same text once; each takes two lines of the screen at most."""
    alike: dict[tuple[str, str, str], list[Evidence]] = {}
    for item in evidence:
        origin = item.record.origin
        alike.setdefault((origin.node, origin.path, template(item.text)), []).append(item)
    rows = []
    for items in list(alike.values())[:most]:
        origin = items[0].record.origin
        place = f"{PurePosixPath(origin.path).name}:{items[0].line}"
        who = (clean(origin.node or "-"), origin.service or "-") if console.width >= 100 else ()
        times = f"  (and {len(items) - 1} more like it)" if len(items) > 1 else ""
        rows.append(((_clock(items[0].record, day), *who, clean(place)), clean(items[0].text), times))
    widths = [max(len(row[0][column]) for row in rows) for column in range(len(rows[0][0]))] if rows else []
    for cells, text, times in rows:
        line = Text("    ")
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            line.append(f"{cell:{width}}  ", style="cyan" if number in range(1, len(cells) - 1) else "dim")
        room = console.width - line.cell_len
        if room < 40:  # too narrow for columns: the text goes below
            console.print(line)
            line, room = Text("      "), console.width - 6
        line.append(_cut(text, 2 * room - len(times) - 2))
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


def _unknown(diagnosis: Diagnosis, console: Console) -> None:
    outcome = diagnosis.outcome
    if outcome and outcome.failed:
        why = f"it failed ({_cut(clean(outcome.reason), 120)}), and no known fault fits"
    elif diagnosis.stopped_at:
        why = "it was accepted and then fell silent: no error, and nothing that tells it ended well"
    else:
        why = "no known fault fits"
    console.print(Text.assemble(Text("● Cause unknown", style="bold yellow"), Text(f"   {why}")))
    for suspect in diagnosis.suspects:
        where = f"{suspect.module}:{suspect.line} {suspect.function}()" if suspect.function else suspect.module
        console.print(Text.assemble(Text("    suspect   "), Text(f"{suspect.service}  {clean(where)}", style="bold")))
        _evidence(suspect.evidence, 1, _day(diagnosis.trace), console)
        console.print(Text("    because   " + "; ".join(_cut(clean(reason), 200) for reason in suspect.reasons)))
    console.print()


def _stopped(diagnosis: Diagnosis, console: Console) -> None:
    stop = diagnosis.stopped_at
    if stop is None:
        return
    origin = stop.record.origin
    twins = (
        "the one request of its kind that worked"
        if stop.twins == 1
        else f"the {stop.twins} requests of its kind that worked"
    )
    where = f"{origin.service} on {clean(origin.node) or '-'}, {_clock(stop.record, _day(diagnosis.trace))}"
    console.print(Text(f"Where it stopped   {where}; {twins} went on to {stop.missing}"))
    console.print()


def _timeline(trace: Trace, console: Console) -> None:
    runs = _runs(trace.records)
    shown = _telling(runs)
    left = len(trace.records) - sum(count for _, count in shown)
    more = f" ({left} lines left out; --format json has them all)" if left else ""
    console.print(Text(f"Timeline{more}", style="bold"))
    wide = console.width >= 100
    names = [clean(f"{r.origin.node or '-'} {r.origin.service}" if wide else r.origin.service or "-") for r, _ in shown]
    column = min(max(map(len, names), default=0), 34 if wide else 16)
    for (record, count), name in zip(shown, names, strict=True):
        line = Text(f"    {_clock(record, _day(trace))}  ", style="dim")
        line.append(f"{_cut(name, column):{column}}  ", style="cyan")
        level = record.level
        line.append(f"{level.name if level is not None else '':8}  ", style=_LEVEL_STYLE.get(level or 0, "default"))
        line.append(f"({count}x) " if count > 1 else "", style="dim")
        line.append(clean(record.message), style="default")
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    console.print()


def _runs(records: Sequence[Record]) -> list[tuple[Record, int]]:
    """Records and how often each came, alike ones of one service within a few lines taken together."""
    runs: list[tuple[Record, int]] = []
    recent: dict[tuple[str, str, str], int] = {}
    for record in records:
        key = (record.origin.node, record.origin.service, template(record.message))
        at = recent.get(key)
        if at is not None and len(runs) - at <= 4:
            runs[at] = (runs[at][0], runs[at][1] + 1)
        else:
            recent[key] = len(runs)
            runs.append((record, 1))
    return runs


def _telling(runs: Sequence[tuple[Record, int]]) -> list[tuple[Record, int]]:
    """A timeline that fits the screen: what went wrong, then the first and last steps."""
    if len(runs) <= _MOST_TIMELINE:
        return list(runs)

    def weight(i: int) -> tuple[int, int]:
        level = runs[i][0].level or 0
        return (-level if level >= Level.WARNING else 0, min(i, len(runs) - 1 - i))

    return [runs[i] for i in sorted(sorted(range(len(runs)), key=weight)[:_MOST_TIMELINE])]


def _clocks(diagnosis: Diagnosis, console: Console) -> None:
    # A clock that is known to show UTC changes nothing.
    shown = {
        node: clock
        for node, clock in diagnosis.clocks.items()
        if clock.source and clock.source != "--tz" and (clock.ahead or str(clock.zone) != "UTC")
    }
    for number, (node, clock) in enumerate(sorted(shown.items())):
        text = f"{'Clocks' if not number else '':10} {clean(node)}: {clock.zone}"
        text += f", {abs(clock.ahead):.1f} s {'ahead' if clock.ahead > 0 else 'behind'}" if clock.ahead else ""
        console.print(Text(f"{text}  ({clean(clock.source)}); times are corrected", style="dim"))
    if shown:
        console.print()


def _not_found(diagnosis: Diagnosis, console: Console) -> None:
    coverage = diagnosis.coverage
    names = ", ".join(clean(i) for i in diagnosis.asked)
    places = ", ".join(clean(path) for path in diagnosis.logs)
    console.print(Text(f"● Not found   no log line has {names}", style="bold yellow"))
    console.print(
        Text(
            f"    searched  {coverage.files} files, {coverage.bytes / 1e6:,.1f} MB below {places}\n"
            "    try       another id (the instance's uuid), other --logs, or a wider --since/--until;\n"
            "              a request refused before it reached a service leaves no id in any log"
        )
    )
    console.print()


def _not_read(diagnosis: Diagnosis, console: Console) -> None:
    lines = [f"{trouble.path} ({trouble.reason})" for trouble in diagnosis.coverage.unreadable]
    lines += [f"pattern {problem}" for problem in diagnosis.problems]
    lines += list(diagnosis.coverage.notes)
    lines += list(diagnosis.trace.notes) if diagnosis.trace else []
    for number, line in enumerate(lines[:10]):
        console.print(Text(f"{'Not read' if not number else '':10} {clean(line)}", style="yellow"))
    if len(lines) > 10:
        console.print(Text(f"           and {len(lines) - 10} more; --format json lists them all", style="yellow"))


def _clock(record: Record, day: date | None) -> str:
    """Time of day, with the date where it is another day than the trace's first."""
    if record.time is None:
        return "--:--:--.---"
    dated = f"{record.time:%m-%d} " if day and record.time.date() != day else ""
    return f"{dated}{record.time:%H:%M:%S}.{record.time.microsecond // 1000:03d}"


def _day(trace: Trace | None) -> date | None:
    return trace.since.date() if trace and trace.since else None


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
