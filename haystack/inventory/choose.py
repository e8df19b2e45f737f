"""Which nodes of the inventory are meant: by name, site and role."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from ..errors import UsageError
from ..names import did_you_mean
from ..settings import Node, Settings
from .ranges import expand


def choose(
    settings: Settings, names: Sequence[str] = (), sites: Sequence[str] = (), roles: Sequence[str] = ()
) -> tuple[Node, ...]:
    """The nodes that have one of the names, are at one of the sites and have one of the roles, in the file's order.

    Nothing given is no condition. A name may be a pattern (``compute*``) or have a range (``compute[01-20]``). Raises
    UsageError for one that fits nothing, and where all together do.
    """
    nodes = settings.nodes
    named = _named(names, [node.name for node in nodes])
    _check("site", sites, {node.site for node in nodes if node.site})
    _check("role", roles, {role for node in nodes for role in node.roles})
    chosen = tuple(
        node
        for node in nodes
        if (not names or node.name in named)
        and (not sites or node.site in sites)
        and (not roles or set(roles) & set(node.roles))
    )
    if not chosen and (names or sites or roles):
        words = [("name", names), ("site", sites), ("role", roles)]
        asked = " and ".join(f"{what} {' or '.join(given)}" for what, given in words if given)
        raise UsageError(f"no node has {asked}")
    return chosen


def _named(patterns: Sequence[str], known: Sequence[str]) -> set[str]:
    named: set[str] = set()
    for pattern in patterns:
        try:
            names = expand(pattern)
        except ValueError as err:
            raise UsageError(f"--node {pattern}: {err}") from err
        for name in names:
            fitting = {node for node in known if fnmatchcase(node, name)} if set(name) & set("*?") else {name}
            _check("node", sorted(fitting) or [name], known)
            named |= fitting
    return named


def _check(kind: str, words: Sequence[str], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            raise UsageError(
                f"--{kind} {word}: no such {kind} in the inventory; {did_you_mean(word, known)}".rstrip("; ")
            )
