"""Options of commands that go to nodes: which inventory, which of its nodes, how they are reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from ..errors import SettingsError, UsageError
from ..settings import Node, Settings
from .options import with_options

if TYPE_CHECKING:
    from ..pipeline.live import Live

_Function = TypeVar("_Function", bound=Callable[..., Any])

_CHOICE = (
    click.option(
        "--inventory",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The nodes and how they are reached. Default: the nearest haystack.yaml from here upwards.",
    ),
    click.option(
        "--node",
        "nodes",
        multiple=True,
        metavar="NODE",
        help='Only this node of the inventory; "compute*" and "compute[01-20]" are several; repeatable.',
    ),
    click.option("--site", "sites", multiple=True, metavar="SITE", help="Only nodes of this site; repeatable."),
    click.option("--role", "roles", multiple=True, metavar="ROLE", help="Only nodes with this role; repeatable."),
)
_REACH = (
    click.option(
        "--accept-new-host-keys",
        is_flag=True,
        help="Note the keys of nodes that ssh does not know yet. A changed key is always refused.",
    ),
    click.option(
        "--parallel",
        type=click.IntRange(1, 256),
        default=16,
        show_default=True,
        metavar="N",
        help="Nodes at a time at most.",
    ),
)


_OF_LIVE = {
    "inventory": "--inventory",
    "sites": "--site",
    "roles": "--role",
    "accept_new_host_keys": "--accept-new-host-keys",
    "parallel": "--parallel",
}
_LIVE = click.option(
    "--live",
    is_flag=True,
    help="Search the logs on the nodes of the inventory, where they lie. --node chooses among these.",
)


class Chosen(NamedTuple):
    """The inventory, and those of its nodes that are meant."""

    settings: Settings
    nodes: tuple[Node, ...]


def inventory_options(command: _Function) -> _Function:
    """The options of a command that goes to nodes."""
    return with_options(command, (*_CHOICE, *_REACH))


def choice_options(command: _Function) -> _Function:
    """The options of a command that speaks of nodes without going there."""
    return with_options(command, _CHOICE)


def live_options(command: _Function) -> _Function:
    """The options of a command that may go to nodes and has a ``--node`` of its own."""
    return with_options(command, (_LIVE, *(option for option in _CHOICE if option is not _CHOICE[1]), *_REACH))


def chosen(options: Mapping[str, Any]) -> Chosen:
    """What the options mean, all nodes where they choose none.

    Raises SettingsError for an inventory that is not there or is wrong, UsageError for a choice that no node fits.
    """
    from ..inventory import FILE_NAME, choose, find, load

    path = options["inventory"] or find()
    if path is None:
        raise SettingsError(
            f"no {FILE_NAME} here or above; write one by `haystack nodes import`, or name one by --inventory"
        )
    settings = load(path)
    settings = settings._replace(ssh=settings.ssh._replace(accept_new=bool(options.get("accept_new_host_keys"))))
    return Chosen(settings, choose(settings, options["nodes"], options["sites"], options["roles"]))


def nodes_to_ask(ctx: click.Context, options: Mapping[str, Any]) -> Live | None:
    """The nodes that ``--live`` asks; None without it.

    Raises UsageError for options that do not go together, and what ``chosen`` raises.
    """
    given = {name for name in options if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE}
    if not options["live"]:
        for name in sorted(given & set(_OF_LIVE)):
            raise UsageError(f"{_OF_LIVE[name]} goes with --live only")
        return None
    if options["logs"]:
        raise UsageError("--logs and --live are two places to search; name one of them")
    from ..pipeline.live import Live

    inventory = chosen(options)
    return Live(inventory.nodes, inventory.settings, options["parallel"])
