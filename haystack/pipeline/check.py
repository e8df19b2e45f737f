"""``nodes check``: what works on each node."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import NodeError
from ..nodes.check import FAILED, Checked, Step, check
from ..nodes.each import each
from ..nodes.ssh import Connections
from ..settings import Node, Settings


def check_nodes(
    settings: Settings,
    nodes: Sequence[Node],
    *,
    parallel: int = 16,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Checked, ...]:
    """Look at nodes, ``parallel`` at a time, and tell of each what works; in the order given.

    ``progress`` is called with (nodes done, nodes in all). Raises SettingsError where there is no ssh.
    """
    found: dict[str, Checked] = {}
    with Connections(settings.ssh, settings.by_name) as connections:
        for node, result in each(nodes, lambda node: check(connections, node), parallel):
            if isinstance(result, NodeError):
                result = Checked(node, (Step("login", FAILED, result.says, result.fix),))
            found[node.name] = result
            if progress:
                progress(len(found), len(nodes))
    return tuple(found[node.name] for node in nodes)


def all_usable(checked: Sequence[Checked]) -> bool:
    """Whether each of the nodes can be used, with something to mend or without."""
    return all(one.state != FAILED for one in checked)
