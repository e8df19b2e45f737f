"""``haystack find``: records by text."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone, tzinfo
from itertools import islice
from typing import Any

import click

from .options import DONE, NOT_FOUND, PARTLY_READ, log_paths, read_bound, search_options

_LEVELS = ("debug", "info", "warning", "error", "critical")


@click.command()
@click.argument("text", metavar="TEXT")
@click.option("-E", "--regex", is_flag=True, help="TEXT is a regular expression.")
@click.option("-i", "--ignore-case", is_flag=True, help="Capital and small letters are alike.")
@click.option("--level", type=click.Choice(_LEVELS, case_sensitive=False), help="Only records of this level and above.")
@click.option("--by-file", is_flag=True, help="Records file by file instead of in order of time over all files.")
@click.option(
    "--count",
    is_flag=True,
    help="Only say how many; with --by-file, how many in which file. "
    "--format json adds the lines they took and the lines read.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Stop after so many records.")
@search_options
@click.pass_context
def find(ctx: click.Context, /, text: str, **options: Any) -> None:
    """Find records by text, and see what was parsed.

    A record is a log event with all its lines: TEXT is looked for in the message, its traceback and the lines as they
    were written. An empty TEXT ("") is in every record. The exit code is 4 when nothing was found.
    """
    from ..pipeline import Found, find_as
    from ..report import count_report, output
    from ..report.record_report import as_json, as_text, not_read
    from .progress import progress_display

    zone: tzinfo | None = options["zone"]
    now = datetime.now(timezone.utc)
    json = options["format_"] == "json"
    found = 0
    shape: Callable[[Any], Any]
    shape = count_report.counted if options["count"] else as_json(_ascii_only(options)) if json else as_text
    with log_paths(options["logs"] or (".",)) as logs, progress_display() as progress:
        answer: Found[Any] = find_as(
            shape,
            text,
            logs,
            regex=options["regex"],
            ignore_case=options["ignore_case"],
            level=options["level"],
            since=read_bound("--since", options["since"], zone, now),
            until=read_bound("--until", options["until"], zone, now),
            nodes=options["nodes"],
            services=options["services"],
            zone=zone,
            patterns=options["patterns_dirs"],
            # Nobody sees the order of what is counted; by time the processes go on side by side.
            by_file=options["jobs"] == 1 if options["count"] else options["by_file"],
            numbered=not options["count"],
            jobs=options["jobs"],
            progress=progress,
            max_archive_size=options["max_archive_size"],
            max_archive_members=options["max_archive_members"],
        )
        with output.opened(options["output"]) as put:
            if options["count"]:
                counts = Counter(islice(answer, options["limit"]))
                found = counts.total()
                # A run that ends early cannot say how many lines there are.
                files = count_report.by_place(counts, {} if options["limit"] else answer.lines_read())
                if json:
                    put(count_report.as_json(files, options["by_file"], answer.coverage()))
                else:
                    put(count_report.as_text(files, options["by_file"]))
            else:
                for line in islice(answer, options["limit"]):
                    found += 1
                    if progress:
                        progress.clear()
                    put(line)
    coverage = answer.coverage()
    for sentence in not_read(coverage, found):
        click.echo(f"haystack: {sentence}", err=True)
    if not found:
        ctx.exit(NOT_FOUND)
    ctx.exit(PARTLY_READ if coverage.unreadable else DONE)


def _ascii_only(options: dict[str, Any]) -> bool:
    """JSON leaves control characters of C1 and such that turn the writing direction as they are: not on a terminal."""
    if options["output"]:
        return False
    return sys.stdout.isatty() or not (sys.stdout.encoding or "").lower().startswith("utf")
