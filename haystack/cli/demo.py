"""``haystack demo``: the product on a captured incident that ships with it."""

from __future__ import annotations

import click

from .options import answer, output_options

# The failing request of fixtures/neutron_down: POST /servers answered 500 while neutron-server was stopped.
REQUEST = "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"


@click.command()
@output_options
@click.pass_context
def demo(ctx: click.Context, /, **options: object) -> None:
    """Trace a failed server creation in logs captured from a real cloud of seven nodes."""
    from .. import data_files

    logs = data_files.demo_dir()
    as_text = not options["outputs"] and options["format_"] in (None, "text")
    click.echo(f"$ haystack trace {REQUEST} --logs {logs}\n", err=not as_text)
    unset = dict.fromkeys(("since", "until", "zone", "jobs", "max_archive_size", "max_archive_members"))
    scope = {"logs": (str(logs),), "nodes": (), "services": (), "patterns_dirs": ()}
    answer(ctx, [REQUEST], {**unset, **scope, **options})
