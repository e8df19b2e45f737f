"""``haystack timings``: what is slow or failing, and which steps take the time."""

from __future__ import annotations

import sys
from datetime import datetime, timezone, tzinfo
from typing import Any

import click

from .options import DONE, NOT_FOUND, PARTLY_READ, log_paths, read_bound, search_options

_WIDTHS = ("second", "minute", "hour", "day")


@click.command()
@click.option("--by", type=click.Choice(_WIDTHS), help="Width of the slots over time. Default: some dozens of slots.")
@click.option(
    "--slowest",
    type=click.IntRange(0, 10_000),
    default=10,
    show_default=True,
    metavar="N",
    help="List so many of the slowest calls; JSON lists as many runs of each operation, text three.",
)
@click.option(
    "--operation",
    "operations",
    multiple=True,
    metavar="NAME",
    help="Follow this operation only, as server-create; repeatable. Default: all.",
)
@click.option(
    "--rows",
    type=click.IntRange(1),
    default=25,
    show_default=True,
    metavar="N",
    help="Show so many routes; JSON has them all.",
)
@search_options
@click.pass_context
def timings(ctx: click.Context, /, **options: Any) -> None:
    """Measure response times of APIs by route, and lead times of operations by step.

    Calls are counted from access lines: of the services themselves (oslo, eventlet, uWSGI), of Apache and nginx, and of
    HAProxy; each writer's lines are counted on their own. Operations, as creating a server, are followed over services
    and nodes. What fails comes first, then what is slow. The exit code is 4 when the logs hold neither.
    """
    from ..pipeline import timings as measure
    from ..report import output, timings_report
    from .progress import progress_display

    zone: tzinfo | None = options["zone"]
    now = datetime.now(timezone.utc)
    with log_paths(options["logs"] or (".",)) as logs, progress_display() as progress:
        found = measure(
            logs,
            operations=options["operations"],
            by=options["by"],
            slowest=options["slowest"],
            since=read_bound("--since", options["since"], zone, now),
            until=read_bound("--until", options["until"], zone, now),
            nodes=options["nodes"],
            services=options["services"],
            zone=zone,
            patterns=options["patterns_dirs"],
            jobs=options["jobs"],
            progress=progress,
            max_archive_size=options["max_archive_size"],
            max_archive_members=options["max_archive_members"],
        )
    # Standard input was spooled to a file of a random name; what the user gave is the answer's.
    found = found._replace(logs=tuple(options["logs"] or (".",)))
    if options["format_"] == "json":
        ascii_only = not options["output"] and not (sys.stdout.encoding or "").lower().startswith("utf")
        output.write(timings_report.as_json(found, ascii_only), options["output"])
    else:
        timings_report.show(found, options["rows"], options["output"])
    if not found.found:
        ctx.exit(NOT_FOUND)
    ctx.exit(PARTLY_READ if found.coverage.unreadable or found.problems else DONE)
