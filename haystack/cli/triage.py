"""``haystack triage``: from "the cloud is sick" to the few causes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .gate import gate_options
from .options import finish, report_options, searched


@click.command()
@report_options
@gate_options
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Causes that are accepted for a while, each with a reason and an end (YAML).",
)
@click.pass_context
def triage(ctx: click.Context, /, **options: Any) -> None:
    """Find the causes behind everything that went wrong.

    All logs are looked through once, for all known faults and all errors: the few causes, whom each hit, and what no
    pattern explains. With --since, what is new is told from what always happens.
    """
    from ..pipeline import triage as find_causes

    with searched(options) as given:
        found = find_causes(**given, baseline=options["baseline"])
    finish(ctx, found, options, not_found=found.verdict == "not-found")
