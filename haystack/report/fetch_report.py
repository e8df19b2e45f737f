"""What a fetch brought, node by node, as text or as ``haystack/fetch-1``: what failed comes first."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..nodes.fetch.model import Fetch, NodeFetch, Refusal
from ..nodes.fetch.result import SCHEMA, row
from .clean import clean
from .console import PIPE_WIDTH, plain
from .json_report import time_text
from .output import write
from .sizes import size_text

_MOST_TROUBLES = 5
_ORDER = ("failed", "partial", "done")
_STYLES = {"failed": "red", "partial": "yellow", "done": "green"}


def as_json(fetch: Fetch, ascii_only: bool = False) -> str:
    """The document, indented, with a line end."""
    asked = time_text(fetch.began) or ""
    document = {
        "schema": SCHEMA,
        "query": {
            "command": "fetch",
            "to": str(fetch.to),
            "since": time_text(fetch.since),
            "until": time_text(fetch.until),
        },
        "began": asked,
        "seconds": round(fetch.seconds, 3),
        "nodes": [row(node, asked) for node in fetch.nodes],
        "problems": list(fetch.problems),
    }
    return json.dumps(document, indent=1, ensure_ascii=ascii_only) + "\n"


def show(fetch: Fetch, path: Path | None = None) -> None:
    """Print what a fetch brought, or write it to a file."""
    if path is None and sys.stdout.isatty():
        render_to(fetch, Console(highlight=False))
    else:
        width = int(os.environ.get("COLUMNS") or 0) or PIPE_WIDTH
        write(plain(lambda console: render_to(fetch, console), width), path)


def render_to(fetch: Fetch, console: Console) -> None:
    """Print what a fetch brought to a console of any width."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for node in sorted(fetch.nodes, key=lambda node: (_ORDER.index(node.state), node.node)):
        table.add_row(clean(node.node), Text(node.state, style=_STYLES[node.state]), _what(node))
        for line in _lines(node):
            table.add_row("", "", line)
    console.print(table)
    console.print()
    console.print(_sum(fetch))
    for problem in fetch.problems:
        console.print(Text(clean(problem), style="red"))
    if any(node.fetched for node in fetch.nodes):
        console.print(Text(f"next: haystack trace ID --logs {shlex.quote(str(fetch.to))}", style="dim"))


def _what(node: NodeFetch) -> Text:
    """One line: why it failed, or what it brought."""
    if node.state == "failed":
        text = Text(f"{node.reason}: {clean(node.says)}" + f"; {clean(node.fix)}" * bool(node.fix))
        return text.append(f"; what is here is of {node.fetched}" * bool(node.fetched), style="dim")
    counts = [
        f"{number:,} {word}"
        for number, word in (
            (node.new, "new"),
            (node.changed, "changed"),
            (node.renamed, "rotated"),
            (node.unchanged, "unchanged"),
            (node.left_out, "left out"),
            (node.vanished, "gone there and kept here"),
        )
        if number
    ]
    line = Text(", ".join(counts) or "no logs")
    if node.size:
        line.append(f"; {size_text(node.size)}, {size_text(node.moved)} over the wire by {node.transport}")
    if node.journal:
        line.append(f"; journal {size_text(node.journal)}")
    if node.containers:
        line.append(f"; containers {size_text(node.containers)}")
    return line.append(f"; {node.seconds:.1f} s")


def _lines(node: NodeFetch) -> list[Text]:
    lines = [Text(_trouble(trouble), style="yellow") for trouble in node.troubles[:_MOST_TROUBLES]]
    if len(node.troubles) > _MOST_TROUBLES:
        lines.append(Text(f"and {len(node.troubles) - _MOST_TROUBLES} more; --format json lists them", style="yellow"))
    return lines + [Text(clean(note), style="dim") for note in node.notes]


def _trouble(trouble: Refusal) -> str:
    path = trouble.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return clean(f"{path}: {trouble.says}" + f"; {trouble.fix}" * bool(trouble.fix))


def _sum(fetch: Fetch) -> Text:
    nodes: Sequence[NodeFetch] = fetch.nodes
    states = [
        f"{count} {word}"
        for word, count in (
            ("failed", sum(node.state == "failed" for node in nodes)),
            ("partly fetched", sum(node.state == "partial" for node in nodes)),
            ("fetched", sum(node.state == "done" for node in nodes)),
        )
        if count
    ]
    files = sum(node.new + node.changed for node in nodes)
    return Text(
        f"{len(nodes)} node{'' if len(nodes) == 1 else 's'}: {', '.join(states)}; {files:,} files"
        f" ({size_text(sum(node.size for node in nodes))}, {size_text(sum(node.moved for node in nodes))}"
        f" over the wire) in {fetch.seconds:.1f} s; logs are in {clean(str(fetch.to))}"
    )
