"""What a fetch costs against the same transfer by plain rsync: ``python -m tests.bench.fetch [--nodes 20] [--mb 50]``.

Needs root, sshd and rsync. Each node is an sshd on a loopback port; its logs are captured lines, repeated and
renumbered.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from haystack.pipeline.fetch import fetch
from haystack.settings import Settings
from tests.sshd import Sshd, serve

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "neutron_down" / "controller1" / "var" / "log"


def logs(directory: Path, megabytes: int, files: int = 20) -> None:
    """So many bytes of captured lines, none of them twice."""
    lines = [line for path in sorted(FIXTURE.rglob("*.log")) for line in path.read_bytes().splitlines()]
    number = 0
    for index in range(files):
        path = directory / f"service{index % 5}" / f"log{index}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while file.tell() < megabytes * 1e6 / files:
                number += 1
                file.write(b"%s %08x\n" % (lines[number % len(lines)], number * 2654435761 % 2**32))


def plain(servers: list[Sshd], source: Path, to: Path, parallel: int) -> float:
    """Seconds of plain rsync, one a node, by xargs."""
    lines = []
    for number, server in enumerate(servers):
        ssh = f"ssh -F {server.options.config} -o UserKnownHostsFile={server.options.known_hosts} -p {server.node.port}"
        (to / str(number)).mkdir(parents=True)
        lines.append(shlex.join(["rsync", "-a", "-e", ssh, f"root@127.0.0.1:{source}/", f"{to / str(number)}/"]))
    began = time.monotonic()
    subprocess.run(
        ["xargs", "-P", str(parallel), "-d", "\n", "-n", "1", "sh", "-c"], input="\n".join(lines).encode(), check=True
    )
    return time.monotonic() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--mb", type=int, default=50)
    parser.add_argument("--parallel", type=int, default=16)
    given = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="haystack-bench-"))
    try:
        source = base / "var" / "log"
        logs(source, given.mb)
        with ExitStack() as stack:
            servers = [stack.enter_context(serve(base, f"n{number}")) for number in range(given.nodes)]
            nodes = tuple(server.node._replace(logs=(str(source),)) for server in servers)
            settings = Settings(nodes=nodes, ssh=servers[0].options)
            for _ in range(2):
                shutil.rmtree(base / "plain", ignore_errors=True)
                print(f"plain rsync   {plain(servers, source, base / 'plain', given.parallel):6.1f} s")
                for name, facts in (("fetch, logs", False), ("fetch, all", True)):
                    shutil.rmtree(base / "to", ignore_errors=True)
                    for again in ("", " again"):
                        found = fetch(nodes, settings, base / "to", parallel=given.parallel, facts=facts, journal=facts)
                        moved = sum(node.moved for node in found.nodes)
                        bad = sum(node.state != "done" for node in found.nodes)
                        print(f"{name + again:18} {found.seconds:6.1f} s, {moved / 1e6:,.1f} MB moved, {bad} not done")
    finally:
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
