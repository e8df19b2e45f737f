"""``haystack nodes``: what haystack makes of the logs it is given."""

from __future__ import annotations

import sys
from typing import Any

import click

from .options import DONE, PARTLY_READ, log_paths, tree_options


@click.group()
def nodes() -> None:
    """Show what the logs were recognised as: nodes, services, formats, times, zones."""


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
