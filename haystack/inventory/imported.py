"""What comes of reading another inventory: nodes, and what was left out of it and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..settings import Node
from .fields import FIELDS, name, shown
from .jumps import circles


class Left(NamedTuple):
    """Something that did not become a node, or a part of one. ``fine`` is what never could: this machine, Windows."""

    what: str
    why: str
    fine: bool = False


class Imported(NamedTuple):
    """Nodes; ``config`` is the ssh_config that they need, where it is not the user's own."""

    nodes: tuple[Node, ...] = ()
    left: tuple[Left, ...] = ()
    config: str = ""


def node_of(text: str, fields: Mapping[str, Any], left: list[Left]) -> Node | None:
    """A node of that name with those of the fields that haystack.yaml would take; None where the name will not do."""
    try:
        node = Node(name(text))
    except ValueError as err:
        left.append(Left(shown(text), str(err.args[0])))
        return None
    for key, value in fields.items():
        if value in (None, "", [], ()):
            continue
        try:
            node = node._replace(**{key: FIELDS[key](value)})
        except ValueError as err:
            left.append(Left(node.name, f"{key}: {err.args[0]}"))
    return node._replace(address="" if node.address == node.name else node.address)


def collected(nodes: Iterable[Node], left: list[Left], config: str = "") -> Imported:
    """All nodes, without those whose name another has, and without ways that never arrive."""
    first: dict[str, Node] = {}
    for node in nodes:
        twin = first.setdefault(node.name.lower(), node)
        if twin is not node:
            left.append(Left(node.name, f'the name is another node\'s, "{twin.name}"'))
    by_name = {node.name: node for node in first.values()}
    for circle in list(circles(by_name)):
        for one in circle:
            if one in by_name:
                by_name[one] = by_name[one]._replace(jump=())
        left.append(Left(circle[0], f"the way to it goes in a circle: {' -> '.join(circle)}"))
    return Imported(tuple(by_name.values()), tuple(left), config)
