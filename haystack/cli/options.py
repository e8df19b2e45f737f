"""Options that several commands share, each defined once, and what becomes of an answer."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import SourceError
from ..report.clean import clean
from ..report.reports import REPORTS, Output, outputs, put, suffixes
from .times import read_time, read_zone

if TYPE_CHECKING:
    from ..pipeline.live import Live
    from ..report.reports import Answer

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Exit codes (DESIGN §9, docs/cli.md).
DONE, FAILED, CANNOT_START, PARTLY_READ, NOT_FOUND, UNEXPECTED, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130

extra_patterns = click.option(
    "--patterns",
    "patterns_dirs",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Add the patterns of this directory to the shipped library; repeatable.",
)


def zone_value(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tzinfo | None:
    """The zone given with an option."""
    if value is None:
        return None
    try:
        return read_zone(value)
    except ValueError as err:
        raise click.BadParameter(f'"{value}" is no zone; try Europe/Berlin, UTC or +05:30') from err


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$", re.IGNORECASE)


def size_value(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """The number of bytes given with an option."""
    if value is None:
        return None
    found = _SIZE.match(value.strip())
    if not found:
        raise click.BadParameter(f'"{value}" is no size; try 50G or 800M')
    return int(float(found.group(1)) * 1024 ** " KMGT".index(found.group(2).upper() or " "))


_LOGS = click.option(
    "--logs",
    multiple=True,
    metavar="PATH",
    help="A directory of logs, an archive (sos report, tar, zip), a log file, or - for standard input; repeatable. "
    "Default: the current directory.",
)
_ZONE = click.option(
    "--tz",
    "zone",
    callback=zone_value,
    metavar="ZONE",
    help="Zone of local time stamps of nodes whose logs do not tell theirs: Europe/Berlin, +05:30. Default: UTC.",
)
_ARCHIVES = (
    click.option(
        "--max-archive-size",
        callback=size_value,
        metavar="SIZE",
        help="Unpack an archive up to this size. Default: 20G, and 250 times its own size.",
    ),
    click.option(
        "--max-archive-members",
        type=click.IntRange(1),
        metavar="N",
        help="Unpack an archive up to so many members. Default: 500000.",
    ),
)
_SEARCH = (
    _LOGS,
    click.option("--since", metavar="TIME", help='Only from this time: ISO, "14:00" or "2 hours ago".'),
    click.option("--until", metavar="TIME", help="Only up to this time."),
    click.option("--node", "nodes", multiple=True, metavar="NODE", help="Look for it on this node only; repeatable."),
    click.option(
        "--service", "services", multiple=True, metavar="SERVICE", help="Look for it in this service only; repeatable."
    ),
    _ZONE,
    extra_patterns,
    click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes at most. Default: one a CPU."),
    *_ARCHIVES,
)
_OUTPUT = (
    click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="How to answer.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write the answer to this file, whole or not at all.",
    ),
)
_REPORTS = (
    click.option(
        "--format",
        "format_",
        type=click.Choice(list(REPORTS)),
        help="How to answer. Default: text; for a file, as its name says.",
    ),
    click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write the answer to this file, whole or not at all; repeatable, - for standard output. "
        f"The name tells the format: {suffixes()}.",
    ),
)


def report_options(command: _Function) -> _Function:
    """The options of a command that searches logs and answers with a report."""
    return with_options(command, (*_SEARCH, *_REPORTS))


def output_options(command: _Function) -> _Function:
    """The options of a command that answers with a report of what it knows where to search."""
    return with_options(command, _REPORTS)


def search_options(command: _Function) -> _Function:
    """The options of a command that searches logs and lists what it finds."""
    return with_options(command, (*_SEARCH, *_OUTPUT))


def tree_options(command: _Function) -> _Function:
    """The options of a command that looks at logs as a whole."""
    return with_options(command, (_LOGS, _ZONE, *_ARCHIVES, *_OUTPUT))


def answer_options(command: _Function) -> _Function:
    """The options of a command that answers in text or JSON."""
    return with_options(command, _OUTPUT)


def config_options(command: _Function) -> _Function:
    """The options of a command that looks at configuration."""
    return with_options(command, (_LOGS, *_ARCHIVES, *_OUTPUT))


def with_options(command: _Function, options: Sequence[Callable[[_Function], _Function]]) -> _Function:
    """The command with options, in the order given."""
    for option in reversed(options):
        command = option(command)
    return command


def answer(ctx: click.Context, ids: Sequence[str], options: dict[str, Any], live: Live | None = None) -> None:
    """Trace, report, and leave with the exit code that says how it went; with ``live`` nodes are asked."""
    from ..pipeline import trace
    from .progress import count_display

    if live is None:
        with searched(options) as given:
            diagnosis = trace(ids, **given)
    else:
        with searched({**options, "nodes": ()}) as given, count_display("logged in to") as reached:
            diagnosis = trace(ids, **given, live=live._replace(reached=reached))
    finish(ctx, diagnosis, options, not_found=diagnosis.verdict == "not-found")


@contextmanager
def searched(options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a search is given, from the options: the arguments that ``trace`` and ``triage`` share.

    What is wrong with the other options is told before anything is searched.
    """
    from .gate import check_gate
    from .progress import progress_display

    outputs(options["outputs"], options["format_"])
    check_gate(options.get("fail_on", ()), options.get("expect", ()), options["patterns_dirs"])
    zone: tzinfo | None = options["zone"]
    now = datetime.now(timezone.utc)
    with log_paths(options["logs"] or (".",)) as logs, progress_display() as progress:
        yield {
            "logs": logs,
            "since": read_bound("--since", options["since"], zone, now),
            "until": read_bound("--until", options["until"], zone, now),
            "nodes": options["nodes"],
            "services": options["services"],
            "zone": zone,
            "patterns": options["patterns_dirs"],
            "jobs": options["jobs"],
            "progress": progress,
            "max_archive_size": options["max_archive_size"],
            "max_archive_members": options["max_archive_members"],
        }


def finish(ctx: click.Context, found: Answer, options: dict[str, Any], not_found: bool = False) -> None:
    """Report an answer, and leave with the exit code that says how it went."""
    from ..pipeline import complaints

    # Standard input was spooled to a file of a random name; what the user gave is the answer's.
    found = found if found.coverage.live else found._replace(logs=tuple(options["logs"] or (".",)))
    report(found, outputs(options["outputs"], options["format_"]))
    if not_found:
        nothing_read = found.coverage.unreadable and not found.coverage.files
        ctx.exit(PARTLY_READ if nothing_read else NOT_FOUND)
    failed = complaints(found, options.get("fail_on", ()), options.get("expect", ()))
    for sentence in failed:
        click.echo(f"haystack: {clean(sentence)}", err=True)
    if failed:
        ctx.exit(FAILED)
    ctx.exit(PARTLY_READ if found.coverage.unreadable or found.problems else DONE)


def report(answer: Answer, targets: Sequence[Output]) -> None:
    """Write the answer to each of the outputs, and say which files there are now."""
    for target in targets:
        put(answer, target)
        if target.path is not None:
            click.echo(f"haystack: wrote {target.path} ({target.format})", err=True)


def read_bound(option: str, text: str | None, zone: tzinfo | None, now: datetime) -> datetime | None:
    """The time given with an option."""
    if text is None:
        return None
    try:
        return read_time(text, zone or timezone.utc, now)
    except (ValueError, OverflowError) as err:
        raise click.BadParameter(
            f'"{text}" is no time; try 2026-11-22T14:00, 14:00 or "2 hours ago"', param_hint=option
        ) from err


@contextmanager
def log_paths(logs: Sequence[str]) -> Iterator[list[str]]:
    """The paths to read; standard input (``-``) is spooled to a file, for a log is read more than once."""
    if "-" not in logs:
        yield list(logs)
        return
    import tempfile

    with ExitStack() as stack:
        try:
            spool = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="haystack-spool-"))) / "stdin.log"
            with spool.open("wb") as file:
                while data := sys.stdin.buffer.read(1 << 20):
                    file.write(data)
        except OSError as err:
            raise SourceError(
                f"--logs -: standard input could not be kept in {tempfile.gettempdir()}: {err.strerror};"
                " set TMPDIR to a directory with more room"
            ) from err
        yield [str(spool) if path == "-" else path for path in logs]
