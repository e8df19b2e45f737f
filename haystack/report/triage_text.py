"""The answer of triage in the terminal: the few causes with whom they hit, and what nothing explains, in one screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..diagnose import CAUSE_FOUND, HEALTHY, Candidate
from ..diagnose.model import Known, Pardon, Triage, Unexplained
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
from .words import (
    cause_label,
    counted,
    cut,
    first_day,
    hit,
    listed,
    novelty,
    possible_causes,
    read,
    span,
    sparkline,
    sure_causes,
    verdict,
    window,
)

# A screen holds so many causes in full; the others take a line or two.
_MOST_CAUSES = 3
_MOST_POSSIBLE = 5
_MOST_EVIDENCE = 3
_MOST_REQUESTS = 2
_MOST_UNEXPLAINED = 8
_MOST_SUSPECTS = 3
_SPARKLINE = 24


def render(triage: Triage, _ascii_only: bool = False) -> str:
    """The answer as text for a pipe or a file."""
    return plain(triage, pipe_width())


def plain(triage: Triage, width: int = PIPE_WIDTH) -> str:
    """The answer as text without colour."""
    return plain_text(lambda console: render_to(triage, console), width)


def render_to(triage: Triage, console: Console) -> None:
    """Print the answer to a console of any width."""
    day = first_day(triage)
    _headline(triage, console)
    causes = sure_causes(triage)
    for number, candidate in enumerate(causes[:_MOST_CAUSES], 1):
        _cause(candidate, number, day, console)
    possible = [*causes[_MOST_CAUSES:], *possible_causes(triage)]
    _possible(possible, causes, day, console)
    _accepted(triage.accepted, console)
    if triage.verdict not in (CAUSE_FOUND, HEALTHY):
        for suspect in triage.suspects[:_MOST_SUSPECTS]:
            suspect_lines(suspect, day, console)
        if triage.suspects:
            console.print()
    _unexplained(triage.unexplained, console)
    _noise(triage.noise, console)
    clock_lines(triage, console)
    not_read_lines(triage, console)


def _headline(triage: Triage, console: Console) -> None:
    colour = {CAUSE_FOUND: "bold red", HEALTHY: "bold green"}.get(triage.verdict, "bold yellow")
    line = Text.assemble(Text(f"● {verdict(triage)}", style=colour))
    if triage.failed.count:
        line.append(f"   {counted(triage.failed.count, 'request', triage.failed.more)} failed", style="bold")
    line.append(f"   {window(triage)}")
    console.print(line)
    console.print(Text(f"  read: {read(triage)}", style="dim"))
    console.print()


def _cause(candidate: Candidate, number: int, day: date | None, console: Console) -> None:
    head = Text(f"{number}. {cause_label(candidate, is_cause=True)}, {candidate.confidence:.0%}", style="bold red")
    head.append(f"   {candidate.severity}   ", style="red")
    head.append(clean(candidate.cause), style="bold")
    console.print(head)
    details = details_grid()
    _add_reach(details, candidate, day, _bars(console))
    console.print(Padding(details, (0, 0, 0, 4)))
    evidence_lines(candidate.evidence, _MOST_EVIDENCE, day, console)
    details = details_grid()
    details.add_row("because", Text("; ".join(cut(clean(reason), 260) for reason in candidate.reasons)))
    add_fix(details, candidate.fix)
    for request in candidate.reach.requests.some[:_MOST_REQUESTS] if candidate.reach else ():
        details.add_row("trace", Text(f"haystack trace {clean(request)}", style="dim"))
    details.add_row("more", Text(f"haystack patterns show {candidate.pattern.id}", style="dim"))
    console.print(Padding(details, (0, 0, 0, 4)))
    console.print()


def _add_reach(details: Table, candidate: Candidate, day: date | None, bars: int) -> None:
    reach = candidate.reach
    if reach is None:
        return
    details.add_row("hit", Text(hit(reach)))
    when = span(reach.first, reach.last, day)
    if when:
        line = Text(when)
        if len(reach.over_time) > 1:
            line.append(f"   |{sparkline(reach.over_time, bars)}|", style="cyan")
        details.add_row("when", line)


def _bars(console: Console) -> int:
    """How many bars of a sparkline stand beside two times."""
    return max(4, min(_SPARKLINE, console.width - 46))


def _possible(candidates: Sequence[Candidate], causes: Sequence[Candidate], day: date | None, console: Console) -> None:
    """Further causes and mere possibilities, two lines each."""
    for candidate in candidates[:_MOST_POSSIBLE]:
        sure = candidate in causes
        mark = f"● {cause_label(candidate, is_cause=True)}" if sure else "○ Possibly"
        head = Text(f"{mark}, {candidate.confidence:.0%}   {clean(candidate.cause)}", style="red" if sure else "yellow")
        console.print(head)
        details = details_grid()
        _add_reach(details, candidate, day, _bars(console))
        details.add_row("more", Text(f"haystack patterns show {candidate.pattern.id}", style="dim"))
        console.print(Padding(details, (0, 0, 0, 4)))
    if len(candidates) > _MOST_POSSIBLE:
        console.print(Text(f"  and {len(candidates) - _MOST_POSSIBLE} more; --format json lists them all", style="dim"))
    if candidates:
        console.print()


def _accepted(accepted: Sequence[Pardon], console: Console) -> None:
    """Causes that the baseline accepts: with whom they hit, why, and until when."""
    for pardon in accepted:
        console.print(Text(f"Accepted until {pardon.until.isoformat()}   {clean(pardon.candidate.cause)}", style="dim"))
        details = details_grid()
        if pardon.candidate.reach:
            details.add_row("hit", Text(hit(pardon.candidate.reach)))
        details.add_row("because", Text(clean(pardon.reason)))
        console.print(Padding(details, (0, 0, 0, 4)))
    if accepted:
        console.print()


def _unexplained(unexplained: Sequence[Unexplained], console: Console) -> None:
    if not unexplained:
        return
    console.print(Text("Not explained", style="bold"))
    shown = unexplained[:_MOST_UNEXPLAINED]
    wide = console.width >= 100
    rows = [
        (f"{'' if row.reach.exact else '~'}{row.reach.records:,}x", novelty(row), row.service or "-") for row in shown
    ]
    widths = [max(len(cells[column]) for cells in rows) for column in range(3)]
    for row, (count, new, service) in zip(shown, rows, strict=True):
        line = Text(f"    {count:>{widths[0]}}  ")
        line.append(f"{new:{widths[1]}}  " if widths[1] else "", style="bold yellow")
        line.append(f"{cut(service, 24):{min(widths[2], 24)}}  ", style="cyan")
        line.append(f"|{sparkline(row.reach.over_time, _SPARKLINE):{_SPARKLINE}}|  " if wide else "", style="dim")
        line.append(clean(row.template))
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    if len(unexplained) > len(shown):
        left = unexplained[len(shown) :]
        records = sum(row.reach.records for row in left)
        more = f"and {counted(len(left), 'other message')}, {counted(records, 'record')}"
        console.print(Text(f"    {more}; --format json lists them all", style="dim"))
    console.print()


def _noise(noise: Sequence[Known], console: Console) -> None:
    if not noise:
        return
    names = listed([f"{known.pattern.id} ({known.records:,})" for known in noise], 3)
    records = sum(known.records for known in noise)
    console.print(Text(f"Known noise   {counted(records, 'record')}, harmless: {names}", style="dim"))
    console.print()
