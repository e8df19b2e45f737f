"""The nodes of an inventory, as text or as ``haystack/inventory-1``; and what an import left out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..inventory.imported import Left
from ..settings import LOG_ROOTS, Node, Settings
from .clean import clean
from .console import pipe_width, plain
from .output import write
from .words import counted

SCHEMA = "haystack/inventory-1"
# Of things that were left out for one reason so many are named.
_NAMED = 4


def as_json(settings: Settings, nodes: Sequence[Node], ascii_only: bool = False) -> str:
    """The document, indented, with a line end."""
    document = {
        "schema": SCHEMA,
        "inventory": str(settings.path),
        "nodes": [_node(settings, node) for node in nodes],
    }
    return json.dumps(document, indent=1, ensure_ascii=ascii_only) + "\n"


def _node(settings: Settings, node: Node) -> dict[str, Any]:
    return {
        "node": node.name,
        "address": node.host,
        "user": node.user or None,
        "port": node.port or None,
        "jump": list(node.jump),
        "identity": node.identity or None,
        "site": node.site or None,
        "roles": list(node.roles),
        "sudo": node.sudo,
        "logs": list(node.logs),
        "containers": node.containers or None,
        "line": settings.lines[node.name],
    }


def show(settings: Settings, nodes: Sequence[Node], path: Path | None = None) -> None:
    """Print the nodes, or write them to a file."""
    if path is None and sys.stdout.isatty():
        render_to(settings, nodes, Console(highlight=False))
    else:
        write(plain(lambda console: render_to(settings, nodes, console), pipe_width()), path)


def render_to(settings: Settings, nodes: Sequence[Node], console: Console) -> None:
    """Print the nodes to a console of any width; a column that would be empty is left out."""
    columns = [(title, [value(node) for node in nodes]) for title, value in _COLUMNS]
    shown = [(title, values) for title, values in columns if any(values)]
    table = Table.grid(padding=(0, 2), pad_edge=False)
    for title, _ in shown:
        table.add_column(overflow="fold", no_wrap=title == "node")
    table.add_row(*(Text(title, style="dim") for title, _ in shown))
    for row in zip(*(values for _, values in shown), strict=True):
        table.add_row(*(Text(clean(value), style="bold" * (not index)) for index, value in enumerate(row)))
    console.print(table)
    console.print()
    asked = f" of {len(settings.nodes)}" if len(nodes) < len(settings.nodes) else ""
    console.print(Text(clean(f"{counted(len(nodes), 'node')}{asked} in {settings.path}")))


def _address(node: Node) -> str:
    user = f"{node.user}@" if node.user else ""
    host = f"[{node.host}]" if ":" in node.host and node.port else node.host
    return f"{user}{host}" + (f":{node.port}" if node.port else "")


_COLUMNS = (
    ("node", lambda node: node.name),
    ("address", _address),
    ("site", lambda node: node.site),
    ("roles", lambda node: ", ".join(node.roles)),
    ("jump", lambda node: ", ".join(node.jump)),
    ("sudo", lambda node: "sudo" * node.sudo),
    ("logs", lambda node: ", ".join(node.logs) if node.logs != LOG_ROOTS else ""),
    ("containers", lambda node: node.containers),
)


def left_out(left: Iterable[Left]) -> list[str]:
    """Sentences about what an import left out: what is left out for one reason is one sentence."""
    reasons: dict[str, dict[str, None]] = {}
    for one in left:
        reasons.setdefault(one.why, {})[one.what] = None
    return [clean(f"{_some(list(whats))}: {why}") for why, whats in reasons.items()]


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
