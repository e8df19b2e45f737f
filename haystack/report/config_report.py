"""Configuration as text: drift, and who has set what. ``config_json`` has the documents."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..insight.drift import Difference, Drift, Same
from ..masking import shown
from ..search import Coverage
from .clean import clean
from .console import pipe_width, plain
from .output import write
from .setting import SettingRow

_MOST_TROUBLES = 10


def show_diff(drifts: Sequence[Drift], coverage: Coverage, everything: bool, path: Path | None = None) -> None:
    """Print where nodes differ, or write it to a file; with ``everything`` also where they do by nature."""

    def render(console: Console) -> None:
        if not coverage.files:
            _nothing_found(console)
        for drift in drifts:
            _role(drift, everything, console)
        _not_read(coverage, console)

    _show(render, path)


def show_settings(rows: Sequence[SettingRow], coverage: Coverage, path: Path | None = None) -> None:
    """Print settings by node and file, or write them to a file."""

    def render(console: Console) -> None:
        if not coverage.files:
            _nothing_found(console)
        elif not rows:
            console.print(Text("● Not set   no configuration file sets that", style="bold yellow"))
        for (node, file), group in groupby(rows, key=lambda row: (row.node, row.path)):
            console.print(Text.assemble(Text(clean(node) or "(no node named)", style="bold"), f"  {clean(file)}"))
            table = _table()
            for row in group:
                name = _name(row.section, row.option)
                table.add_row(Text(str(row.line), style="dim"), Text(name, style="cyan"), Text(_values(row.values)))
            console.print(Padding(table, (0, 0, 1, 4)))
        _not_read(coverage, console)

    _show(render, path)


def _show(render: Callable[[Console], None], path: Path | None) -> None:
    if path is None and sys.stdout.isatty():
        render(Console(highlight=False))
        return
    write(plain(render, pipe_width()), path)


def _role(drift: Drift, everything: bool, console: Console) -> None:
    role = drift.role
    head = Text(role.name, style="bold")
    head.append(f"   {', '.join(map(clean, role.nodes))}", style="cyan")
    head.append(f"   ({'asked for with' if role.guessed == '--node' else 'guessed from'} {role.guessed})", style="dim")
    console.print(head)
    differences = [d for d in drift.differences if everything or not d.by_nature]
    for file, group in groupby(differences, key=lambda d: d.path):
        console.print(Text(f"  {clean(file)}", style="bold"))
        for difference in group:
            _difference(difference, console)
    for partly in drift.files:
        console.print(
            Text.assemble(
                Text(f"  {clean(partly.path)}", style="bold"),
                f"   only on {', '.join(map(clean, partly.nodes))}; not on {', '.join(map(clean, partly.without))}",
            )
        )
    console.print(Text(f"  {_summary(drift, everything)}", style="dim"))
    console.print()


def _difference(difference: Difference, console: Console) -> None:
    head = Text(f"    {_name(difference.section, difference.option)}", style="cyan")
    head.append("   (differs by nature)" if difference.by_nature else "", style="dim")
    console.print(head)
    table = _table()
    for same in difference.same:
        if same.values is None:
            text = Text("(not set)", style="yellow")
        else:
            values = [shown(difference.section, difference.option, value) for value in same.values]
            text = Text(_values(values))
        table.add_row("", text, Text(_where(same, difference.path), style="dim"))
    console.print(Padding(table, (0, 0, 0, 4)))


def _where(same: Same, main: str) -> str:
    """Nodes with the line of each, ``c1:14``; with the file where it is another than the one above."""
    texts = []
    for node in same.nodes:
        path, line = same.places.get(node, ("", 0))
        place = "" if not line else f":{line}" if path == main else f":{path}:{line}"
        texts.append(f"{clean(node)}{clean(place)}")
    return ", ".join(texts)


def _summary(drift: Drift, everything: bool) -> str:
    if len(drift.role.nodes) < 2:
        return "nothing to compare with: no other node of this role"
    natural = sum(difference.by_nature for difference in drift.differences)
    words = [f"{_count(len(drift.differences) - natural, 'difference')} in {_count(drift.compared, 'option')}"]
    if natural and not everything:
        words.append(f"{natural} more by nature, names and addresses (--all shows them)")
    return "; ".join(words)


def _table() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    return table


def _name(section: str, option: str) -> str:
    return clean(f"[{section}] {option}" if section else option)


def _values(values: Sequence[str]) -> str:
    """One value a line; an empty one can be seen."""
    return "\n".join(clean(value) or "(empty)" for value in values)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _nothing_found(console: Console) -> None:
    console.print(Text("● No configuration found", style="bold yellow"))
    console.print(
        Text(
            "    looked for  etc/<service>/*.conf and the like, etc/kolla, var/lib/config-data; in trees and archives\n"
            "    try         --logs with a tree that has the nodes' etc directories, or with sos reports"
        )
    )


def _not_read(coverage: Coverage, console: Console) -> None:
    lines = [f"{trouble.path} ({trouble.reason})" for trouble in coverage.unreadable]
    lines += [f"not understood: {note}" for note in coverage.notes]
    for number, line in enumerate(lines[:_MOST_TROUBLES]):
        console.print(Text(f"{'Not read' if not number else '':10} {clean(line)}", style="yellow"))
    if len(lines) > _MOST_TROUBLES:
        more = len(lines) - _MOST_TROUBLES
        console.print(Text(f"           and {more} more; --format json lists them all", style="yellow"))
