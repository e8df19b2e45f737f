"""``haystack trace``: from an id to the cause."""

from __future__ import annotations

import click

from .gate import gate_options
from .inventory import live_options, nodes_to_ask
from .options import answer, report_options


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@report_options
@live_options
@gate_options
@click.pass_context
def trace(ctx: click.Context, /, ids: tuple[str, ...], **options: object) -> None:
    """Find what broke for a request, and why.

    ID is a request id (with or without "req-"), or the uuid of an instance, a volume or a port. Several ids are traced
    together. With --live the logs are searched on the nodes of the inventory, where they lie.
    """
    answer(ctx, ids, options, nodes_to_ask(ctx, options))
