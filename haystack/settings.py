"""What haystack knows of a cloud before it asks it anything: the nodes, and how each of them is reached.

``haystack.yaml`` says it (docs/nodes.md); everything to the right of here is given ``Node`` and ``Settings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

LOG_ROOTS = ("/var/log",)


class Node(NamedTuple):
    """A machine whose logs are wanted, and how it is reached.

    ``address`` is what ssh is called with, the name where it is empty; ``user`` and ``port`` (0) are left to ssh where
    nothing is said. ``jump`` are hosts on the way, the first one first: names of nodes or ``[user@]host[:port]``.
    ``logs`` are the directories and files of logs on the node, ``containers`` is docker, podman or empty.
    """

    name: str
    address: str = ""
    user: str = ""
    port: int = 0
    jump: tuple[str, ...] = ()
    identity: str = ""
    site: str = ""
    roles: tuple[str, ...] = ()
    sudo: bool = False
    logs: tuple[str, ...] = LOG_ROOTS
    containers: str = ""

    @property
    def host(self) -> str:
        """What ssh is called with."""
        return self.address or self.name


class SshOptions(NamedTuple):
    """How ssh is called. Empty paths are ssh's own defaults; times are in seconds.

    A node whose key is not known is refused, unless ``accept_new`` says to note it; a changed key always is.
    """

    config: str = ""
    known_hosts: str = ""
    accept_new: bool = False
    connect_timeout: float = 10.0
    idle_timeout: float = 15.0


class Settings(NamedTuple):
    """What ``haystack.yaml`` says, and the line of each node in it. ``path`` is None where there is none."""

    path: Path | None = None
    nodes: tuple[Node, ...] = ()
    ssh: SshOptions = SshOptions()
    lines: Mapping[str, int] = MappingProxyType({})

    def place(self, name: str) -> str:
        """Where a node was defined, as ``haystack.yaml:12``; empty for one that is in no file."""
        return f"{self.path}:{self.lines[name]}" if name in self.lines else ""

    @property
    def by_name(self) -> dict[str, Node]:
        """All nodes by name, as ``Connections`` wants them for jump hosts that are nodes."""
        return {node.name: node for node in self.nodes}
