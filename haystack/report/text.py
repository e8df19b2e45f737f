"""The answer in the terminal: cause, evidence, fix, in one screen; the timeline and what was not read below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..correlate.trace import Trace
from ..diagnose import CAUSE_FOUND, HEALTHY, NOT_FOUND, Candidate, Diagnosis
from ..diagnose.twins import template
from ..record import Level, Record
from .clean import clean
from .console import (
    PIPE_WIDTH,
    add_fix,
    clock_lines,
    details_grid,
    evidence_lines,
    not_read_lines,
    pipe_width,
    suspect_lines,
)
from .console import plain as plain_text
from .words import asked, cause_label, clock, cut, first_day, good_news, moment, read, stopped, why_unknown

_MOST_TIMELINE = 16
_MOST_EVIDENCE = 5
_LEVEL_STYLE: dict[int, str] = {
    Level.CRITICAL: "bold red",
    Level.ERROR: "red",
    Level.WARNING: "yellow",
    Level.DEBUG: "dim",
}


def render(diagnosis: Diagnosis, _ascii_only: bool = False) -> str:
    """The answer as text for a pipe or a file."""
    return plain(diagnosis, pipe_width())


def plain(diagnosis: Diagnosis, width: int = PIPE_WIDTH) -> str:
    """The answer as text without colour, for pipes and files."""
    return plain_text(lambda console: render_to(diagnosis, console), width)


def render_to(diagnosis: Diagnosis, console: Console) -> None:
    """Print the answer to a console of any width."""
    trace = diagnosis.trace
    if diagnosis.verdict == NOT_FOUND or trace is None:
        _not_found(diagnosis, console)
        not_read_lines(diagnosis, console)
        return
    _headline(trace, console)
    if diagnosis.verdict == HEALTHY:
        reason = diagnosis.outcome.reason if diagnosis.outcome else ""
        good = Text(f"● {good_news(diagnosis)}", style="bold green")
        console.print(Text.assemble(good, Text(f"   {cut(clean(reason), 160)}")))
        console.print()
    for number, candidate in enumerate(_shown(diagnosis)):
        _candidate(candidate, number == 0 and diagnosis.verdict == CAUSE_FOUND, first_day(trace), console)
    if diagnosis.verdict not in (CAUSE_FOUND, HEALTHY):
        _unknown(diagnosis, console)
    _stopped(diagnosis, console)
    _timeline(trace, console)
    clock_lines(diagnosis, console)
    _searched(diagnosis, console)
    not_read_lines(diagnosis, console)


def _searched(diagnosis: Diagnosis, console: Console) -> None:
    """What was asked of nodes; logs that are here need no word."""
    if diagnosis.coverage.live:
        console.print(Text(f"Searched   {read(diagnosis)}", style="dim"))


def _headline(trace: Trace, console: Console) -> None:
    """A line for each request that was asked for: the call, what it was answered, where and when."""
    for name, call, record, time in asked(trace):
        line = Text(name, style="bold")
        if call and record:
            took = f" after {call.seconds:.2f} s" if call.seconds is not None else ""
            line.append(f"  {call.method} {clean(call.url)}  ", style="default")
            line.append(f"{call.status}{took}", style="red" if call.status >= 400 else "green")
            place = f"{clean(record.origin.node)} {record.origin.service}".strip()
            line.append(f"   {place}" if place else "", style="cyan")
        line.append(f"   {moment(time)}" if time else "", style="dim")
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
        head.append(f"● {cause_label(candidate, is_cause)}, {candidate.confidence:.0%}", style="bold red")
        head.append("   ")
        head.append(clean(candidate.cause), style="bold")
    else:
        head.append(f"○ Possibly, {candidate.confidence:.0%}   {clean(candidate.cause)}", style="yellow")
    console.print(head)
    evidence_lines(candidate.evidence, _MOST_EVIDENCE if is_cause else 1, day, console)
    details = details_grid()
    if is_cause:
        details.add_row("because", Text("; ".join(cut(clean(reason), 260) for reason in candidate.reasons)))
        details.add_row("what", Text(clean(candidate.pattern.what)))
        for number, command in enumerate(candidate.confirm):
            details.add_row("confirm" if not number else "", Text(clean(command)))
        add_fix(details, candidate.fix)
    details.add_row("more", Text(f"haystack patterns show {candidate.pattern.id}", style="dim"))
    console.print(Padding(details, (0, 0, 0, 4)))
    console.print()


def _unknown(diagnosis: Diagnosis, console: Console) -> None:
    console.print(Text.assemble(Text("● Cause unknown", style="bold yellow"), Text(f"   {why_unknown(diagnosis)}")))
    for suspect in diagnosis.suspects:
        suspect_lines(suspect, first_day(diagnosis.trace), console)
    console.print()


def _stopped(diagnosis: Diagnosis, console: Console) -> None:
    where = stopped(diagnosis)
    if where:
        console.print(Text(f"Where it stopped   {where}"))
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
        line = Text(f"    {clock(record.time, first_day(trace))}  ", style="dim")
        line.append(f"{cut(name, column):{column}}  ", style="cyan")
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


def _not_found(diagnosis: Diagnosis, console: Console) -> None:
    names = ", ".join(clean(i) for i in diagnosis.asked)
    where = "nodes" if diagnosis.coverage.live else "--logs"
    if diagnosis.coverage.unreadable and not diagnosis.coverage.files:
        console.print(Text(f"● Nothing read   whether a log line has {names} is not known", style="bold yellow"))
        console.print()
        return
    console.print(Text(f"● Not found   no log line has {names}", style="bold yellow"))
    console.print(
        Text(
            f"    searched  {read(diagnosis)}\n"
            f"    try       another id (the instance's uuid), other {where}, or a wider --since/--until;\n"
            "              a request refused before it reached a service leaves no id in any log"
        )
    )
    console.print()
