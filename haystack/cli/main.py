"""The ``haystack`` command: the table of commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import importlib
import io
import os
import sys
from pathlib import Path

import click

from .. import __version__
from ..errors import HaystackError
from .options import CANNOT_START, INTERRUPTED, UNEXPECTED

# name: (module, short help). A module is imported when its command runs, so that `--help` stays quick.
COMMANDS = {
    "trace": ("trace", "Find what broke for a request, and why."),
    "triage": ("triage", "Find the few causes behind everything that went wrong."),
    "health": ("health", "Tell the state of services, support services and machines."),
    "find": ("find", "Find records by text, and see what was parsed."),
    "timings": ("timings", "Measure response times of APIs and lead times of operations."),
    "fetch": ("fetch", "Fetch logs, facts and configuration of the nodes."),
    "nodes": ("nodes", "Import, check and list nodes; show what logs were recognised as."),
    "config": ("config", "Show where nodes of one role are configured differently."),
    "patterns": ("patterns", "List, show and check the library of known faults."),
    "demo": ("demo", "Trace a failed server creation in captured logs."),
}


class _ReaderLeftError(Exception):
    """The reader of our output (`| head`) left."""


class _Commands(click.Group):
    # ruff: noqa: ARG002 - the signatures are click's
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"haystack.cli.{COMMANDS[cmd_name][0]}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as err:
            raise _ReaderLeftError from err  # click would end with 1

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="haystack")
def cli() -> None:
    """Find the root cause of an OpenStack failure in the logs of the whole cloud."""


def run() -> int:
    """Run the command line: 0 done, 1 failed, as asked, 2 could not start, 3 partly read, 4 not found,
    70 bug, 130 ^C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that does not know a character gets a `?`
    _end_in_order()
    try:
        code = cli(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as err:
        return err.exit_code
    except click.ClickException as err:
        err.show()
        return CANNOT_START
    except HaystackError as err:
        click.echo(f"haystack: {err}", err=True)
        return CANNOT_START
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except (BrokenPipeError, _ReaderLeftError):
        # Nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as err:  # noqa: BLE001 - the shell of last resort: a bug is a sentence and a file
        click.echo(f"haystack: unexpected {type(err).__name__}: {err}\n  details: {_keep(err)}", err=True)
        return UNEXPECTED
    return code if isinstance(code, int) else 0


def _end_in_order() -> None:
    """Let a terminated run take its temporary files along, as one ended by ^C does."""
    import signal

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores one of them
            signal.signal(number, end)


def _keep(err: Exception) -> Path:
    import tempfile
    import traceback

    handle, name = tempfile.mkstemp(prefix="haystack-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        traceback.print_exception(err, file=file)
    return Path(name)
