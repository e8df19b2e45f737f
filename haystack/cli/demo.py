"""``haystack demo``: the product on a captured incident that ships with it."""

from __future__ import annotations

import click

from .options import answer

# The failing request of fixtures/neutron_down: POST /servers answered 500 while neutron-server was stopped.
REQUEST = "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"


@click.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Trace a failed server creation in logs captured from a real cloud of seven nodes."""
    from .. import data_files

    logs = data_files.demo_dir()
    click.echo(f"$ haystack trace {REQUEST} --logs {logs}\n")
    options = dict.fromkeys(("since", "until", "zone", "jobs", "output", "max_archive_size", "max_archive_members"))
    answer(
        ctx,
        [REQUEST],
        {**options, "logs": (str(logs),), "nodes": (), "services": (), "patterns_dirs": (), "format_": "text"},
    )
