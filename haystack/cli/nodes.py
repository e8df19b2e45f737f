"""``haystack nodes``: the nodes of an inventory and of logs."""

from __future__ import annotations

import sys
from typing import Any

import click

from .inventory import chosen, inventory_options
from .options import DONE, PARTLY_READ, answer_options, log_paths, tree_options


@click.group()
def nodes() -> None:
    """Check the nodes of an inventory; show what logs were recognised as."""


@nodes.command("list")
@tree_options
@click.pass_context
def list_nodes(ctx: click.Context, /, **options: Any) -> None:
    """List nodes with their clocks, and their logs: service, formats, size, first and last time.

    Rotations of a log are one row. A node's zone is shown with where it is from; "assumed" when nothing tells it.
    """
    from ..pipeline import nodes as look_at
    from ..report import nodes_report, output

    with log_paths(options["logs"] or (".",)) as logs:
        found, coverage = look_at(
            logs,
            zone=options["zone"],
            max_archive_size=options["max_archive_size"],
            max_archive_members=options["max_archive_members"],
        )
    if options["format_"] == "json":
        ascii_only = not options["output"] and not (sys.stdout.encoding or "").lower().startswith("utf")
        output.write(nodes_report.as_json(found, coverage, logs, ascii_only), options["output"])
    else:
        nodes_report.show(found, coverage, options["output"])
    ctx.exit(PARTLY_READ if coverage.unreadable else DONE)


@nodes.command("check")
@inventory_options
@answer_options
@click.pass_context
def check(ctx: click.Context, /, **options: Any) -> None:
    """Tell of each node what works, and how to mend what does not.

    Looked at are the login, sudo, the log roots, how logs can be brought, the tools that --live needs, the journal,
    containers, and the clock. Exit code 3 when a node cannot be used.
    """
    from ..pipeline import all_usable, check_nodes
    from ..report import check_report, output
    from ..report.console import pipe_width, plain
    from .progress import count_display

    inventory = chosen(options)
    with count_display("checked") as progress:
        found = check_nodes(inventory.settings, inventory.nodes, parallel=options["parallel"], progress=progress)
    if options["format_"] == "json":
        ascii_only = not options["output"] and not (sys.stdout.encoding or "").lower().startswith("utf")
        output.write(check_report.as_json(found, ascii_only), options["output"])
    elif options["output"] is None and sys.stdout.isatty():
        check_report.show(found)
    else:
        output.write(plain(lambda console: check_report.render_to(found, console), pipe_width()), options["output"])
    ctx.exit(DONE if all_usable(found) else PARTLY_READ)
