"""What ``trace --live`` costs the nodes against one ``grep -F``: ``python -m tests.bench.live [--gb 1]``.

Needs root, sshd and mount namespaces. The logs of the twelve nodes of the synthetic tree (generate.py) are put onto a
few nodes, each an sshd on a loopback port. CPU is that of all that ran on the nodes, sshd itself not counted; bytes are
those that ssh was given and gave. All files are in the page cache.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import haystack
from haystack.nodes.ssh import Connections
from haystack.pipeline.live import Live
from haystack.settings import Node
from tests.bench.generate import Plan, generate
from tests.live import LiveCloud, live_cloud


def grep(cloud: LiveCloud, nodes: Sequence[Node], text: str) -> float:
    """Seconds of CPU of what is done without haystack: one grep -F through the logs, on all nodes at once, over ssh."""
    before = cloud.cpu()
    with Connections(cloud.settings.ssh, {}) as connections:

        def one(node: Node) -> None:
            with connections.to(node) as connection:
                connection.run(f"grep -rF {text} /var/log | cat", timeout=600)

        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(one, nodes))
    return cloud.cpu() - before


def gathered(tree: Path, to: Path, count: int) -> Path:
    """The logs of all nodes on so many."""
    for number, node in enumerate(sorted(path for path in tree.iterdir() if path.is_dir())):
        shutil.move(node / "var" / "log", to / f"node{number % count}" / "var" / "log" / node.name)
    return to


def main() -> None:
    """Measure and print; exit code 1 where an aim is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gb", type=float, default=1.0)
    parser.add_argument("--nodes", type=int, default=3, help="that have all the logs; 12: as they were captured")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--gz", action="store_true", help="rotated files are compressed")
    given = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="haystack-bench-"))
    met = True
    try:
        report = generate(base / "logs", Plan(given.gb, gz=given.gz))
        tree = base / "logs" if given.nodes == 12 else gathered(base / "logs", base / "gathered", given.nodes)
        request = str(report["request_id"])
        size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
        local = haystack.trace([request], logs=[tree])
        with live_cloud(base, sorted(path.name for path in tree.iterdir() if path.is_dir())) as cloud:
            nodes = cloud.show(tree)
            print(f"{size / 1e6:,.0f} MB in {report['files']} files on {len(nodes)} nodes")
            for _ in range(given.runs):
                one = grep(cloud, nodes, request)
                before, began = cloud.cpu(), time.monotonic()
                found = haystack.trace([request], live=Live(nodes, cloud.settings))
                wall = time.monotonic() - began
                cpu = cloud.cpu() - before
                live = found.coverage.live
                assert live is not None
                same = [c.cause for c in found.candidates] == [c.cause for c in local.candidates]
                share = live.moved / size
                met &= same and share <= 0.01 and cpu <= 3 * one
                print(
                    f"grep -F {one:5.2f} s CPU; trace --live {cpu:5.2f} s there, {cpu / one:4.2f}x (aim: 3x), "
                    f"{live.moved / 1e6:6.2f} MB moved, {share:.2%} (aim: 1 %), {wall:.1f} s, "
                    f"{'the same causes' if same else 'OTHER CAUSES'}"
                )
    finally:
        shutil.rmtree(base, ignore_errors=True)
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
