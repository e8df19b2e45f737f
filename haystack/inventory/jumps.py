"""The way to a node: whom a jump host is inherited by, and ways that never arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..settings import Node


def without_itself(name: str, jump: tuple[str, ...]) -> tuple[str, ...]:
    """An inherited way for the node of that name: a jump host is reached by what comes before it."""
    return jump[: jump.index(name)] if name in jump else jump


def circles(nodes: Mapping[str, Node]) -> Iterator[tuple[str, ...]]:
    """Ways that come back to where they were, each once, from a node of it: ``("a", "b", "a")``."""
    told: set[frozenset[str]] = set()
    for node in nodes.values():
        passed, jump = [node.name], node.jump
        while jump:
            # As ssh.Connections goes: the last host first, by its own way where the rest does not say another.
            last = jump[-1]
            if last in passed:
                circle = (*passed[passed.index(last) :], last)
                if frozenset(circle) not in told:
                    told.add(frozenset(circle))
                    yield circle
                break
            passed.append(last)
            jump = jump[:-1] or (nodes[last].jump if last in nodes else ())
