"""``haystack config``: what nodes have configured, and where those of one role differ."""

from __future__ import annotations

import sys
from typing import Any

import click

from .options import DONE, FAILED, NOT_FOUND, PARTLY_READ, config_options, log_paths

_SERVICES = click.option(
    "--service", "services", multiple=True, metavar="SERVICE", help="Only this service's files; repeatable."
)


@click.group()
def config() -> None:
    """Show where nodes of one role are configured differently, and what a node has configured."""


@config.command("diff")
@click.option("--role", metavar="ROLE", help="Only nodes of this role: controller, compute, network, storage …")
@click.option(
    "--node",
    "nodes",
    multiple=True,
    metavar="NODE",
    help="Compare this node with the others named so, whatever their roles; repeatable.",
)
@_SERVICES
@click.option(
    "--all", "everything", is_flag=True, help="Also what differs by nature: names and addresses of the nodes."
)
@click.option("--fail-on-drift", is_flag=True, help="End with exit code 1 when anything differs that should not.")
@config_options
@click.pass_context
def diff(ctx: click.Context, /, **options: Any) -> None:
    """Compare the configuration of the nodes of each role: values that differ, options and files only some have.

    Roles are guessed from the services seen on a node. Secrets are masked; equal ones look equal. The exit code is 0
    with and without drift, but for --fail-on-drift; 4 when there is no configuration.
    """
    from ..pipeline import config_drift
    from ..report import config_json, config_report, output

    with log_paths(options["logs"] or (".",)) as logs:
        drifts, coverage = config_drift(
            logs,
            role=options["role"],
            nodes=options["nodes"],
            services=options["services"],
            max_archive_size=options["max_archive_size"],
            max_archive_members=options["max_archive_members"],
        )
    if options["format_"] == "json":
        text = config_json.diff_as_json(drifts, coverage, options["logs"] or (".",), _ascii_only(options))
        output.write(text, options["output"])
    else:
        config_report.show_diff(drifts, coverage, options["everything"], options["output"])
    if not coverage.files and not coverage.unreadable:
        ctx.exit(NOT_FOUND)
    if options["fail_on_drift"] and any(drift.drifted for drift in drifts):
        ctx.exit(FAILED)
    ctx.exit(PARTLY_READ if coverage.unreadable else DONE)


@config.command("show")
@click.argument("option", metavar="[OPTION]", default="")
@click.option("--node", "nodes", multiple=True, metavar="NODE", help="Only this node; repeatable.")
@_SERVICES
@config_options
@click.pass_context
def show(ctx: click.Context, /, **options: Any) -> None:
    """Show what nodes have set, with the file and line of each setting; with OPTION only settings of that name.

    Secrets are masked. The exit code is 4 when nothing is set.
    """
    from ..pipeline import configuration
    from ..report import config_json, config_report, output
    from ..report.setting import settings as rows_of

    with log_paths(options["logs"] or (".",)) as logs:
        found = configuration(
            logs,
            nodes=options["nodes"],
            services=options["services"],
            max_archive_size=options["max_archive_size"],
            max_archive_members=options["max_archive_members"],
        )
    settings = rows_of(found.documents, options["option"])
    if options["format_"] == "json":
        text = config_json.settings_as_json(settings, found.coverage, options["logs"] or (".",), _ascii_only(options))
        output.write(text, options["output"])
    else:
        config_report.show_settings(settings, found.coverage, options["output"])
    if not settings and not found.coverage.unreadable:
        ctx.exit(NOT_FOUND)
    ctx.exit(PARTLY_READ if found.coverage.unreadable else DONE)


def _ascii_only(options: dict[str, Any]) -> bool:
    return not options["output"] and not (sys.stdout.encoding or "").lower().startswith("utf")
