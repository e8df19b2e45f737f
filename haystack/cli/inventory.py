"""stub"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import click

from ..settings import Node, Settings, SshOptions


class Chosen(NamedTuple):
    settings: Settings
    nodes: tuple[Node, ...]


def inventory_options(command: Any) -> Any:
    for o in (
        click.option("--inventory", help="x", type=click.Path(path_type=Path)),
        click.option("--node", "nodes", multiple=True, help="x"),
        click.option("--parallel", type=int, default=16, help="x"),
    ):
        command = o(command)
    return command


def chosen(options: Any) -> Chosen:
    import yaml

    d = yaml.safe_load(Path(options["inventory"]).read_text())
    ssh = SshOptions(**d.get("ssh", {}))
    nodes = tuple(
        Node(
            k, **{a: tuple(b) if isinstance(b, list) else b for a, b in {**d.get("defaults", {}), **(v or {})}.items()}
        )
        for k, v in d["nodes"].items()
    )
    s = Settings(None, nodes, ssh)
    return Chosen(s, tuple(n for n in nodes if not options["nodes"] or n.name in options["nodes"]))
