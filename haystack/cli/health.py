"""``haystack health``: what operators watch, each red, amber or green."""

from __future__ import annotations

import sys
from datetime import datetime, timezone, tzinfo
from typing import Any

import click

from .options import DONE, FAILED, PARTLY_READ, log_paths, read_bound, search_options

_FAIL_ON = ("red", "amber")


@click.command()
@search_options
@click.option("--check", "checks", multiple=True, metavar="ID", help="Only this check (docs/health.md); repeatable.")
@click.option(
    "--all", "everything", is_flag=True, help="Show in full also what is green, and what nothing is known of."
)
@click.option(
    "--fail-on",
    type=click.Choice(_FAIL_ON),
    help="Exit with 1 when a check is red; with amber, when one is red or amber.",
)
@click.pass_context
def health(ctx: click.Context, /, **options: Any) -> None:
    """Tell the state of services, support services and machines.

    Each check is red (broken at the end of the logs, or at --until), amber (degraded, or broken and well again), green
    (seen, and nothing is wrong) or without data. With facts (facts.json, sos reports) also disks, memory, load, failed
    units and clocks.
    """
    from ..pipeline import health as look_at
    from ..report import health_report, output
    from .progress import progress_display

    zone: tzinfo | None = options["zone"]
    now = datetime.now(timezone.utc)
    with log_paths(options["logs"] or (".",)) as logs, progress_display() as progress:
        found = look_at(
            logs,
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
            checks=options["checks"],
        )
    # Standard input was spooled to a file of a random name; what the user gave is the answer's.
    found = found._replace(logs=tuple(options["logs"] or (".",)))
    if options["format_"] == "json":
        ascii_only = not options["output"] and not (sys.stdout.encoding or "").lower().startswith("utf")
        output.write(health_report.as_json(found, ascii_only), options["output"])
    else:
        health_report.show(found, options["output"], options["everything"])
    if options["fail_on"] and found.state in _FAIL_ON[: _FAIL_ON.index(options["fail_on"]) + 1]:
        ctx.exit(FAILED)
    ctx.exit(PARTLY_READ if found.coverage.unreadable or found.problems else DONE)
