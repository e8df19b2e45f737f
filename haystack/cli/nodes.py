"""``haystack nodes``: the nodes of an inventory, and those that logs are from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .inventory import choice_options, chosen, inventory_options
from .options import DONE, PARTLY_READ, answer_options, log_paths, tree_options


@click.group()
def nodes() -> None:
    """Import, check and list the nodes of an inventory; show what logs were recognised as."""


@nodes.command("list")
@tree_options
@choice_options
@click.pass_context
def list_nodes(ctx: click.Context, /, **options: Any) -> None:
    """List nodes with their clocks, and their logs: service, formats, size, first and last time.

    Rotations of a log are one row. A node's zone is shown with where it is from; "assumed" when nothing tells it.

    With --inventory, --node, --site or --role, list the nodes of the inventory instead, and how each is reached.
    """
    from ..pipeline import nodes as look_at
    from ..report import nodes_report, output

    if any(options[name] for name in ("inventory", "nodes", "sites", "roles")):
        _list_inventory(options)
        return

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


def _list_inventory(options: dict[str, Any]) -> None:
    from ..report import inventory_report, output

    if options["logs"]:
        raise UsageError("--logs and the inventory are two questions; ask one at a time")
    settings, found = chosen(options)
    if options["format_"] == "json":
        ascii_only = not options["output"] and not (sys.stdout.encoding or "").lower().startswith("utf")
        output.write(inventory_report.as_json(settings, found, ascii_only), options["output"])
    else:
        inventory_report.show(settings, found, options["output"])


@nodes.command("import")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "kind",
    type=click.Choice(["ansible", "ssh-config", "hosts"]),
    help="What FILE is. Default: as its content says.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to this file, haystack.yaml say. Default: standard output.",
)
@click.option("--force", is_flag=True, help="Replace the file that is there.")
@click.pass_context
def import_nodes(ctx: click.Context, /, source: Path, kind: str | None, output: Path | None, force: bool) -> None:
    """Make a haystack.yaml of an Ansible inventory, an ssh_config or a list of hosts.

    Ansible's may be INI, YAML, or the JSON of `ansible-inventory --list`; group_vars and host_vars beside it are read
    too. Of a list each line is [user@]host[:port], or an address and its names. What could not be taken over is told.
    """
    from ..inventory import imported_yaml
    from ..report.inventory_report import left_out
    from ..report.output import write

    if output is not None and str(output) != "-" and not force and (output.exists() or output.is_symlink()):
        raise UsageError(f"-o {output}: is there already; --force replaces it")
    text, found = imported_yaml(source, kind or "", output)
    write(text, output)
    for sentence in left_out(found.left):
        click.echo(f"haystack: left out: {sentence}", err=True)
    where = f" in {output}" if output is not None and str(output) != "-" else ""
    click.echo(f"haystack: {len(found.nodes)} {'node' if len(found.nodes) == 1 else 'nodes'}{where}", err=True)
    ctx.exit(DONE if all(one.fine for one in found.left) else PARTLY_READ)
