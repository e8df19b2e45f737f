"""What CI asks of an answer: options that turn it into an exit code, for ``trace`` and ``triage``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import click

from ..errors import UsageError

_Function = TypeVar("_Function", bound=Callable[..., Any])


def gate_options(command: _Function) -> _Function:
    """``--fail-on`` and ``--expect``."""
    return _fail_on(_expect(command))


_fail_on = click.option(
    "--fail-on",
    multiple=True,
    metavar="SEVERITY|ID",
    help="Exit with 1 when a cause of this severity (critical, error, warning) or above is found, when something "
    "failed for no known reason (error, warning), or when the cause with this id is found; repeatable.",
)
_expect = click.option(
    "--expect", multiple=True, metavar="ID", help="Exit with 1 unless the cause with this id is found; repeatable."
)


def check_gate(fail_on: Sequence[str], expected: Sequence[str], directories: Sequence[Any]) -> None:
    """Raises UsageError for what is neither a severity nor the id of a pattern; asks the library only for ids."""
    from ..pipeline import GATES

    ids = [("--fail-on", name) for name in fail_on if name not in GATES] + [("--expect", name) for name in expected]
    if not ids:
        return
    from ..library import load
    from ..names import did_you_mean

    known: Collection[str] = load(directories).ids
    for option, name in ids:
        if name not in known:
            choices = [*GATES, *known] if option == "--fail-on" else list(known)
            raise UsageError(f"{option} {name}: no pattern of this id; {did_you_mean(name, choices)}".rstrip("; "))
