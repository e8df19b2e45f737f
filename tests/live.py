"""A cloud of real sshd on loopback whose nodes have a captured incident at /var/log, each in a mount namespace."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from haystack.settings import Node, Settings
from tests.sshd import needs_sshd, serve

_CAN = (
    subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0
    if Path("/usr/bin/unshare").exists()
    else False
)
needs_mounts = pytest.mark.skipif(not _CAN, reason="needs mount namespaces (unshare -m)")
needs_live = [needs_sshd, needs_mounts]


class LiveCloud:
    """Nodes by name; ``show`` sets whose logs they have."""

    def __init__(self, directory: Path, nodes: tuple[Node, ...], settings: Settings) -> None:
        self.directory = directory
        self.nodes = nodes
        self.settings = settings

    def show(self, tree: Path) -> tuple[Node, ...]:
        """Let each node have the logs of its directory in a tree; those it has none for are left out."""
        link = self.directory / "tree"
        link.unlink(missing_ok=True)
        link.symlink_to(tree)
        return tuple(node for node in self.nodes if (tree / node.name).is_dir())


@contextmanager
def live_cloud(directory: Path, names: list[str], **node: object) -> Iterator[LiveCloud]:
    """Servers for nodes of these names."""
    with ExitStack() as stack:
        servers = []
        for name in names:
            shell = directory / f"shell-{name}"
            shell.write_text(
                f'#!/bin/sh\nexport COMMAND="$SSH_ORIGINAL_COMMAND"\n'
                f"exec unshare -m sh -c 'mount --bind {directory}/tree/{name}/var/log /var/log && eval \"$COMMAND\"'\n"
            )
            shell.chmod(0o755)
            servers.append(stack.enter_context(serve(directory, name, [f"ForceCommand {shell}"], **node)))
        nodes = tuple(server.node for server in servers)
        yield LiveCloud(directory, nodes, Settings(None, nodes, servers[0].options))
