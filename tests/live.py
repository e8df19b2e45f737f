"""A cloud of real sshd on loopback whose nodes have a captured incident at /var/log, each in a mount namespace."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from haystack.diagnose import Diagnosis
from haystack.record import Record
from haystack.settings import Node, Settings
from tests.sshd import needs_sshd, serve

_CAN = (
    subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0
    if Path("/usr/bin/unshare").exists()
    else False
)
needs_mounts = pytest.mark.skipif(not _CAN, reason="needs mount namespaces (unshare -m)")
needs_live = [needs_sshd, needs_mounts]
# What runs instead of a command that is asked of a node: that command, where /var/log is the node's.
_INSIDE = """#!/bin/sh
mount --bind {logs} /var/log || exit 1
times >{times}-$$
(eval "$SSH_ORIGINAL_COMMAND")
status=$?
times >>{times}-$$
exit $status
"""


def _seconds(rows: list[str]) -> float:
    return sum(int(minutes) * 60 + float(rest) for row in rows for minutes, rest in re.findall(r"(\d+)m([\d.]+)s", row))


class LiveCloud:
    """Nodes by name; ``show`` sets whose logs they have."""

    def __init__(self, directory: Path, nodes: tuple[Node, ...], settings: Settings) -> None:
        self.directory = directory
        self.nodes = nodes
        self.settings = settings

    def cpu(self) -> float:
        """Seconds of CPU that what was run on the nodes took, sshd itself not counted; waits until all has ended."""
        deadline = time.monotonic() + 10
        while True:
            told = [path.read_text().splitlines() for path in self.directory.glob("times-*")]
            if all(len(rows) == 4 for rows in told):
                break
            assert time.monotonic() < deadline, "something runs on"
            time.sleep(0.1)
        # Of the shell and of its children, before and after.
        return sum(_seconds(rows[2:]) - _seconds(rows[:2]) for rows in told)

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
            inside, shell = directory / f"inside-{name}", directory / f"shell-{name}"
            inside.write_text(
                _INSIDE.format(logs=directory / "tree" / name / "var/log", times=directory / f"times-{name}")
            )
            shell.write_text(f"#!/bin/sh\nexec unshare -m {inside}\n")
            inside.chmod(0o755)
            shell.chmod(0o755)
            servers.append(stack.enter_context(serve(directory, name, [f"ForceCommand {shell}"], **node)))
        nodes = tuple(server.node for server in servers)
        yield LiveCloud(directory, nodes, Settings(None, nodes, servers[0].options))


def said(diagnosis: Diagnosis, facts: bool = True) -> dict[str, object]:
    """What must be the same, wherever it was read; without ``facts`` what machines tell of themselves is left out."""
    trace = diagnosis.trace
    return {
        "verdict": diagnosis.verdict,
        "outcome": diagnosis.outcome and (diagnosis.outcome.failed, diagnosis.outcome.reason),
        "candidates": [
            (
                one.cause,
                round(one.confidence, 3) if facts else 0,
                one.reasons if facts else (),
                [(*_place(e.record), e.text) for e in one.evidence],
            )
            for one in diagnosis.candidates
        ],
        "suspects": [(one.service, one.reasons) for one in diagnosis.suspects],
        "timeline": [(*_place(record), record.message, record.body) for record in (trace.records if trace else ())],
        "notes": trace.notes if trace else (),
    }


def _place(record: Record) -> tuple[str, str, int]:
    origin = record.origin
    return origin.node, origin.path[origin.path.index("/var/log/") :], origin.line
