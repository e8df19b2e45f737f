"""``haystack fetch``: the logs of many nodes into one tree."""

from __future__ import annotations

import sys
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import Any

import click

from .inventory import chosen, inventory_options
from .options import DONE, PARTLY_READ, answer_options, read_bound, size_value, zone_value

DEFAULT = "haystack-logs"


@click.command()
@inventory_options
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT,
    show_default=True,
    metavar="DIR",
    help="Where the logs go: DIR/NODE/var/log/…",
)
@click.option("--since", metavar="TIME", help='Only logs written after this time: ISO, "14:00" or "2 hours ago".')
@click.option("--until", metavar="TIME", help="Only logs begun before this time.")
@click.option("--tz", "zone", callback=zone_value, metavar="ZONE", help="Zone of --since and --until. Default: UTC.")
@click.option(
    "--bwlimit",
    callback=size_value,
    metavar="RATE",
    help="Bring so many bytes a second of each node at most: 500K, 2M.",
)
@click.option("--no-journal", is_flag=True, help="Leave out what journald and containers hold.")
@click.option("--no-facts", is_flag=True, help="Leave out the facts of each machine and its configuration.")
@answer_options
@click.pass_context
def fetch(ctx: click.Context, /, **options: Any) -> None:
    """Fetch logs, facts and configuration of the nodes, many at once.

    Only files that may hold a line of the window come, and of those that are here already only what changed. A fetch
    that broke off goes on where it was. A node that fails is told, with what to try, and the others go on (exit 3).
    """
    from ..pipeline.fetch import fetch as bring
    from ..report import fetch_report, output
    from .fetch_display import display

    inventory = chosen(options)
    zone: tzinfo | None = options["zone"]
    now = datetime.now(timezone.utc)
    with display() as show:
        found = bring(
            inventory.nodes,
            inventory.settings,
            options["to"],
            since=read_bound("--since", options["since"], zone, now),
            until=read_bound("--until", options["until"], zone, now),
            parallel=options["parallel"],
            bwlimit=options["bwlimit"] or 0,
            journal=not options["no_journal"],
            facts=not options["no_facts"],
            show=show,
        )
    if options["format_"] == "json":
        ascii_only = not options["output"] and not (sys.stdout.encoding or "").lower().startswith("utf")
        output.write(fetch_report.as_json(found, ascii_only), options["output"])
    else:
        fetch_report.show(found, options["output"])
    whole = all(node.state == "done" for node in found.nodes) and not found.problems
    ctx.exit(DONE if whole else PARTLY_READ)
